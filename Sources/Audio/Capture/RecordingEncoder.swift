/// Turns samples into the bytes of a file that is only appended to while it grows. Used from one thread.
protocol RecordingEncoder: AnyObject {
    /// Takes interleaved samples of 32 bits, whole frames of all channels.
    func encode(_ samples: ArraySlice<Int32>) throws(MediaError)

    /// Hands over what a decoder can use by itself, but is still held back.
    func flush() throws(MediaError)

    /// Ends the file.
    func finish() throws(MediaError)

    /// Puts the length and the like into the head of the file, after ``finish()``.
    func mendHead() throws(MediaError)
}
