/// A recording as samples at another rate than its own. Used from one thread.
///
/// Sample n is the recording, resampled from its beginning, at n ÷ rate: it does not depend on where reading began. The
/// filter has a period, the smallest number of samples of both rates that takes the same time, and is begun anew only
/// at a multiple of it, far enough before what is wanted.
final class ResampledTrack {
    private static let reachSeconds: Int64 = 10

    private let track: SourceTrack
    private let converter: RateConverter
    private let queue: SampleQueue
    private let input: UnsafeMutablePointer<Double>
    /// The period, in samples of the recording and of the result.
    private let period: (source: Int64, result: Int64)
    /// How far ahead a position may lie to be reached by resampling what is between.
    private let reach: Int64
    /// What is read next of the recording.
    private var sourcePosition: Int64 = 0
    /// The first sample that waits.
    private var position: Int64 = 0

    init(_ track: SourceTrack, rate: Int32) throws(MediaError) {
        self.track = track
        converter = try RateConverter(from: track.rate, to: rate, channels: track.channels)
        queue = SampleQueue(channels: track.channels)
        input = .allocate(capacity: converter.chunk * track.channels)
        let divisor = Self.greatestCommonDivisor(Int64(track.rate), Int64(rate))
        period = (Int64(track.rate) / divisor, Int64(rate) / divisor)
        reach = Int64(rate) * Self.reachSeconds
    }

    deinit {
        input.deallocate()
    }

    /// About how many bytes its filter takes.
    var bytes: Int { converter.bytes }

    /// Reads exactly `count` samples of each channel, interleaved, from a position of 0 or more on.
    func read(from start: Int64, count: Int, into samples: UnsafeMutablePointer<Double>) throws(MediaError) {
        if start < position || start - position > reach { try restart(at: start) }
        while position < start {
            if queue.isEmpty { try fill() }
            let passed = min(queue.count, Int(clamping: start - position))
            queue.drop(passed)
            position += Int64(passed)
        }
        var done = 0
        while done < count {
            if queue.isEmpty { try fill() }
            let part = min(queue.count, count - done)
            queue.take(part, into: samples + done * track.channels)
            position += Int64(part)
            done += part
        }
    }

    /// Begins anew at the last multiple of the period that lies far enough before.
    private func restart(at start: Int64) throws(MediaError) {
        let wanted = start * period.source / period.result - converter.reach
        let periods = max(0, wanted) / period.source
        try converter.restart()
        queue.removeAll()
        sourcePosition = periods * period.source
        position = periods * period.result
    }

    private func fill() throws(MediaError) {
        try track.read(from: sourcePosition, count: converter.chunk, into: input)
        sourcePosition += Int64(converter.chunk)
        let (samples, count) = try converter.convert(input, count: converter.chunk)
        queue.append(samples, count)
    }

    private static func greatestCommonDivisor(_ first: Int64, _ second: Int64) -> Int64 {
        var (larger, smaller) = (first, second)
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        return larger
    }
}
