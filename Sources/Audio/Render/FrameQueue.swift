import CLibAV

/// Decoded frames as interleaved samples in double precision, at the rate of the first frame. Used from one thread.
///
/// One channel and two stay as they are; more are mixed down to two. Integers of up to 32 bits and floating point in
/// single precision come through unchanged, so that they can be written as they were.
final class FrameQueue {
    /// Floating point beyond this is no sound: 120 dB above full scale. It counts as 0, as does what is not a number.
    private static let largest = 1_048_576.0

    /// Samples a second.
    let rate: Int32
    /// 1 or 2.
    let channels: Int
    /// What the recording has.
    let sourceChannels: Int
    private let converter: SampleConverter
    private let queue: SampleQueue

    /// - Throws: `tooManyChannels` and `sampleRateOutOfRange` for a frame beyond the limits.
    init(first frame: UnsafeMutablePointer<AVFrame>, limits: MediaOptions) throws(MediaError) {
        rate = frame.pointee.sample_rate
        sourceChannels = Int(frame.pointee.ch_layout.nb_channels)
        guard sourceChannels <= limits.maximumChannels else {
            throw .tooManyChannels(channels: Int64(sourceChannels), limit: limits.maximumChannels)
        }
        guard rate >= 1_000, Int(rate) <= limits.maximumSampleRate else {
            throw .sampleRateOutOfRange(hertz: Int64(rate), limit: limits.maximumSampleRate)
        }
        channels = min(2, sourceChannels)
        let shape: AudioShape
        if sourceChannels <= 2 {
            // The same layout, so that nothing is mixed.
            shape = try AudioShape(of: frame)
        } else {
            shape = AudioShape(rate: rate, channels: 2)
        }
        converter = SampleConverter(to: shape, format: AV_SAMPLE_FMT_DBL, isLimited: true)
        queue = SampleQueue(channels: channels)
    }

    /// Samples of one channel that wait.
    var count: Int { queue.count }

    var isEmpty: Bool { queue.isEmpty }

    /// Puts the samples of a frame behind what waits, and answers how many they are.
    @discardableResult
    func append(_ frame: UnsafeMutablePointer<AVFrame>) throws(MediaError) -> Int {
        let (samples, count) = try converter.convert(frame)
        guard let samples, count > 0 else { return 0 }
        queue.append(samples.assumingMemoryBound(to: Double.self), count)
        if isFloatingPoint(frame) { clean(queue.last(count)) }
        return count
    }

    /// Takes samples out; there must be as many.
    func take(_ count: Int, into samples: UnsafeMutablePointer<Double>) {
        queue.take(count, into: samples)
    }

    /// Passes over samples; at most as many as there are.
    func drop(_ count: Int) {
        queue.drop(count)
    }

    func removeAll() {
        queue.removeAll()
    }

    private func isFloatingPoint(_ frame: UnsafePointer<AVFrame>) -> Bool {
        let packed = av_get_packed_sample_fmt(AVSampleFormat(rawValue: frame.pointee.format))
        return packed == AV_SAMPLE_FMT_FLT || packed == AV_SAMPLE_FMT_DBL
    }

    private func clean(_ samples: UnsafeMutableBufferPointer<Double>) {
        guard let values = samples.baseAddress else { return }
        var index = 0
        while index < samples.count {
            let value = values[index]
            // What is not a number compares as false.
            if !(value > -Self.largest && value < Self.largest) { values[index] = 0 }
            index &+= 1
        }
    }
}
