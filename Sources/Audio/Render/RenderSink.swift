import Glibc

/// Where a rendered edit goes. Used from one thread.
protocol RenderSink: AnyObject {
    /// Takes interleaved samples in double precision; `count` is of one channel.
    func append(_ samples: UnsafePointer<Double>, count: Int) throws(MediaError)
    /// Ends the file.
    func finish() throws(MediaError)
    /// Bytes of the file so far.
    var byteCount: Int64 { get }
    /// Samples of one channel in the file so far, at its rate.
    var sampleCount: Int64 { get }
}

/// A WAV file, written from its start to its end.
final class WAVSink: RenderSink {
    private let header: WAVHeader
    private let output: OutputFile
    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var sampleCount: Int64 = 0

    /// - Throws: `outputFailed` where the file would have more than `maximumBytes`, which is known before.
    init(_ header: WAVHeader, output descriptor: Int32, maximumBytes: Int64) throws(MediaError) {
        self.header = header
        output = OutputFile(descriptor: descriptor)
        buffer = .allocate(byteCount: EditMixer.maximumBlock * header.bytesPerFrame, alignment: 16)
        let start = header.bytes
        guard Int64(start.count) + header.dataBytes + header.paddingBytes <= maximumBytes else {
            throw .outputFailed(errno: EFBIG)
        }
        try write(start)
    }

    deinit {
        buffer.deallocate()
    }

    var byteCount: Int64 { output.byteCount }

    func append(_ samples: UnsafePointer<Double>, count: Int) throws(MediaError) {
        var done = 0
        while done < count {
            let part = min(EditMixer.maximumBlock, count - done)
            convert(samples + done * header.channels, part * header.channels)
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<(part * header.bytesPerFrame)])
            guard output.append(bytes) else { return try output.check() }
            done += part
        }
        sampleCount += Int64(count)
    }

    func finish() throws(MediaError) {
        if header.paddingBytes > 0 { try write([0]) }
    }

    private func write(_ bytes: [UInt8]) throws(MediaError) {
        _ = bytes.withUnsafeBytes { output.append($0) }
        try output.check()
    }

    private func convert(_ samples: UnsafePointer<Double>, _ count: Int) {
        guard let start = buffer.baseAddress else { return }
        switch header.sample {
        case .int16: Quantizer.toInt16(samples, count: count, into: start.assumingMemoryBound(to: Int16.self))
        case .int24: Quantizer.toInt24(samples, count: count, into: start.assumingMemoryBound(to: UInt8.self))
        case .int32: Quantizer.toInt32(samples, count: count, into: start.assumingMemoryBound(to: Int32.self))
        case .float32: Quantizer.toFloat(samples, count: count, into: start.assumingMemoryBound(to: Float.self))
        }
    }
}
