import Glibc

/// Puts right what a WAV file says of its own length.
public enum WAVFile {
    /// Writes the length into the head of a file that ``RecordingWriter`` made, and cuts off a sample of which a part
    /// is missing. A file that was mended before stays as it is.
    ///
    /// - Parameter descriptor: open for reading and writing. Not closed; `fsync` is the caller's.
    /// - Returns: whether it is such a file.
    /// - Throws: ``MediaError/inputUnreadable(errno:)``, ``MediaError/outputFailed(errno:)``.
    @discardableResult
    public static func mend(_ descriptor: Int32) throws(MediaError) -> Bool {
        var bytes = [UInt8](repeating: 0, count: WAVHead.byteCount)
        let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        let size = Int64(lseek(descriptor, 0, SEEK_END))
        guard got >= 0, size >= 0 else { throw .inputUnreadable(errno: errno) }
        guard got == WAVHead.byteCount, let head = WAVHead(bytes) else { return false }
        let samples = size - Int64(WAVHead.byteCount)
        let whole = samples - samples % Int64(head.frameBytes)
        let mended = head.mended(dataBytes: whole)
        guard mended != bytes else { return true }
        // A chunk of odd length has a byte behind it that does not count (RIFF); growing a file fills it with zeros.
        guard ftruncate(descriptor, off_t(size - samples + whole + whole % 2)) == 0 else {
            throw .outputFailed(errno: errno)
        }
        try OutputFile(descriptor: descriptor).overwrite(mended, at: 0)
        return true
    }
}
