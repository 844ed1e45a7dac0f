/// Writes samples as they are, behind the head of a WAV file that says "until the end". Used from one thread.
final class PCMEncoder: RecordingEncoder {
    private let output: OutputFile
    private let descriptor: Int32
    private let bytesPerSample: Int
    private var bytes: [UInt8] = []

    /// - Parameter descriptor: the file of the output, which also has to be open for reading.
    init(_ format: RecordingFormat, output: OutputFile, descriptor: Int32) throws(MediaError) {
        self.output = output
        self.descriptor = descriptor
        bytesPerSample = format.bits / 8
        bytes = WAVHead(rate: format.rate, channels: format.channels, bits: format.bits).openEnded
        try write()
    }

    func encode(_ samples: ArraySlice<Int32>) throws(MediaError) {
        bytes.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(samples.count * bytesPerSample)
        for sample in samples {
            // The upper bytes, the lowest of them first.
            if bytesPerSample == 3 { bytes.append(UInt8(truncatingIfNeeded: sample >> 8)) }
            bytes.append(UInt8(truncatingIfNeeded: sample >> 16))
            bytes.append(UInt8(truncatingIfNeeded: sample >> 24))
        }
        try write()
    }

    func flush() throws(MediaError) {}

    func finish() throws(MediaError) {}

    func mendHead() throws(MediaError) {
        try WAVFile.mend(descriptor)
    }

    private func write() throws(MediaError) {
        _ = bytes.withUnsafeBytes { output.append($0) }
        try output.check()
    }
}
