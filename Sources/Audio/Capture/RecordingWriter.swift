import Glibc

/// Writes a recording while it is being made, so that it can be read whenever the process, or the machine, dies.
///
/// Guaranteed: what ``durableBytes`` counts is on disk, can be decoded by itself, and is never changed again; only
/// ``mendHead()`` changes the first bytes. Used from one thread, and blocks it.
public final class RecordingWriter {
    public let format: RecordingFormat
    /// Samples of one channel so far.
    public private(set) var frames: Int64 = 0
    /// Bytes that are on disk, and the samples of one channel that were taken until then.
    public private(set) var durable: (bytes: Int64, frames: Int64) = (0, 0)

    private let descriptor: Int32
    private let output: OutputFile
    private let encoder: any RecordingEncoder

    /// - Parameter descriptor: an empty file, open for reading and writing. Not closed.
    /// - Throws: ``MediaError/outputFailed(errno:)``, and ``MediaError/internalFailure(stage:)`` where FFmpeg lacks the
    ///   encoder.
    public init(_ format: RecordingFormat, descriptor: Int32) throws(MediaError) {
        self.format = format
        self.descriptor = descriptor
        output = OutputFile(descriptor: descriptor)
        switch format.codec {
        case .wav: encoder = try PCMEncoder(format, output: output, descriptor: descriptor)
        case .flac, .opus: encoder = try LibavRecordingEncoder(format, output: output)
        }
    }

    /// Bytes of the file so far.
    public var bytes: Int64 { output.byteCount }

    /// Takes interleaved samples of 32 bits, whole frames of all channels.
    public func append(_ samples: ArraySlice<Int32>) throws(MediaError) {
        try encoder.encode(samples)
        frames += Int64(samples.count / format.channels)
    }

    /// Returns when everything so far is on disk, but for what the encoder needs more samples for: less than 0.1 s.
    public func sync() throws(MediaError) {
        try encoder.flush()
        let reached = (bytes: output.byteCount, frames: frames)
        guard reached.bytes > durable.bytes else { return }
        guard fdatasync(descriptor) == 0 else { throw .outputFailed(errno: errno) }
        durable = reached
    }

    /// Ends the file, and returns when it is on disk.
    public func finish() throws(MediaError) {
        try encoder.finish()
        guard fdatasync(descriptor) == 0 else { throw .outputFailed(errno: errno) }
        durable = (output.byteCount, frames)
    }

    /// Puts the length into the head of the file, after ``finish()``. Not for a file whose bytes are elsewhere already.
    public func mendHead() throws(MediaError) {
        try encoder.mendHead()
        guard fdatasync(descriptor) == 0 else { throw .outputFailed(errno: errno) }
    }
}
