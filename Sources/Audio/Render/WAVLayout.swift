public import Core

/// The shape of the WAV file of an edit in 16 bits, known before anything is rendered: for the `Content-Length` and the
/// ranges of a preview. It needs no file.
public struct WAVLayout: Sendable, Hashable {
    /// What stands before the samples: 44 bytes, or 80 in RF64, for 4 GiB and more.
    public let header: [UInt8]
    /// Bytes of the whole file.
    public let length: Int64
    /// Bytes of one sample of all channels.
    public let bytesPerFrame: Int
    /// Bytes of all samples.
    let dataBytes: Int64

    /// - Parameter channels: 1 or 2, as ``EditRenderer/channels`` says: those of the first recording that is heard, at
    ///   most 2, and 1 where none is.
    public init(_ list: EditList, channels: Int) {
        let wav = WAVHeader(
            sample: .int16, rate: list.sampleRate, channels: max(1, min(2, channels)), frames: list.length)
        header = wav.bytes
        bytesPerFrame = wav.bytesPerFrame
        dataBytes = wav.dataBytes
        // 16 bits are an even number of bytes: nothing has to be filled up.
        length = Int64(header.count) + wav.dataBytes
    }

    /// Which samples a range of bytes needs, clamped to those that there are; empty for bytes of the header only.
    public func frames(of bytes: Range<Int64>) -> Range<Int64> {
        let start = Int64(header.count)
        let data = bytes.clamped(to: start..<length)
        guard !data.isEmpty else { return 0..<0 }
        let size = Int64(bytesPerFrame)
        return ((data.lowerBound - start) / size)..<((data.upperBound - start + size - 1) / size)
    }
}
