import Core

/// Writes the waveform file at the base zoom: BBC audiowaveform version 2, 8 bit, one channel. Used from one thread.
///
/// A sample of the mix is the sum of the channels divided by their number; that and the division by 256 truncate
/// toward zero, as the format's own program does. The last pixel may cover fewer samples.
final class PeakWriter {
    private static let flushBytes = 16 * 1_024

    private let output: OutputFile
    private let channels: Int
    private var header: WaveformHeader
    private var bytes: [UInt8]
    private var low = Int32.max
    private var high = Int32.min
    private var filled = 0
    private let samplesPerPixel = WaveformZoom.base.samplesPerPixel

    init(rate: Int32, channels: Int32, output: OutputFile) throws(MediaError) {
        self.output = output
        self.channels = Int(channels)
        header = WaveformHeader(sampleRate: rate, samplesPerPixel: Int32(samplesPerPixel), length: 0)
        bytes = header.encoded()
    }

    /// Takes interleaved samples; `count` is of one channel.
    func add(_ samples: UnsafePointer<Int16>, count: Int) throws(MediaError) {
        var done = 0
        while done < count {
            let part = min(count - done, samplesPerPixel - filled)
            if channels == 1 {
                scan(samples + done, count: part)
            } else {
                scanMix(samples + done * channels, count: part)
            }
            done += part
            filled += part
            if filled == samplesPerPixel { try emit() }
        }
    }

    /// Writes the last pixel and the number of pixels into the header.
    func finish() throws(MediaError) {
        if filled > 0 { try emit() }
        try flush()
        try output.overwrite(header.encoded(), at: 0)
    }

    // `while` instead of `for`: without optimisation, as in tests, it is several times faster.
    private func scan(_ samples: UnsafePointer<Int16>, count: Int) {
        var low = low
        var high = high
        var index = 0
        while index < count {
            let value = Int32(samples[index])
            if value < low { low = value }
            if value > high { high = value }
            index &+= 1
        }
        self.low = low
        self.high = high
    }

    private func scanMix(_ samples: UnsafePointer<Int16>, count: Int) {
        let divisor = Int32(channels)
        var low = low
        var high = high
        var index = 0
        let end = count &* channels
        while index < end {
            var sum: Int32 = 0
            var channel = 0
            while channel < channels {
                sum &+= Int32(samples[index &+ channel])
                channel &+= 1
            }
            let value = sum / divisor
            if value < low { low = value }
            if value > high { high = value }
            index &+= channels
        }
        self.low = low
        self.high = high
    }

    private func emit() throws(MediaError) {
        bytes.append(UInt8(truncatingIfNeeded: low / 256))
        bytes.append(UInt8(truncatingIfNeeded: high / 256))
        header.length += 1
        low = .max
        high = .min
        filled = 0
        if bytes.count >= Self.flushBytes { try flush() }
    }

    private func flush() throws(MediaError) {
        let written = bytes.withUnsafeBytes { output.append($0) }
        guard written else { throw .outputFailed(errno: output.writeErrno) }
        bytes.removeAll(keepingCapacity: true)
    }
}
