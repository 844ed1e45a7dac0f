import Core

/// One recording as samples at the rate of an edit, whatever its own rate is. Used from one thread.
final class SourceReader {
    /// What every open source takes, about, in bytes: buffers, tables, the decoder.
    private static let baseBytes = 1 << 20

    private let track: SourceTrack
    private let resampled: ResampledTrack?

    /// Opens the recording; the descriptor must stay open.
    init(
        descriptor: Int32, points: [SeekIndex.Point], sampleRate: Int, limits: MediaOptions, tick: @escaping () -> Void
    ) throws(MediaError) {
        let track = try SourceTrack(descriptor: descriptor, points: points, limits: limits, tick: tick)
        self.track = track
        if Int(track.rate) == sampleRate {
            resampled = nil
        } else {
            resampled = try ResampledTrack(track, rate: Int32(clamping: sampleRate))
        }
    }

    /// 1 or 2.
    var channels: Int { track.channels }

    /// Whether the samples are those of the recording, neither resampled nor mixed down.
    var isExact: Bool { resampled == nil && track.channels == track.sourceChannels }

    /// About how many bytes it takes.
    var bytes: Int { Self.baseBytes + track.bytes + (resampled?.bytes ?? 0) }

    /// Reads exactly `count` samples of each channel, interleaved, from a position of 0 or more on; behind the end
    /// there is silence.
    func read(from start: Int64, count: Int, into samples: UnsafeMutablePointer<Double>) throws(MediaError) {
        if let resampled {
            try resampled.read(from: start, count: count, into: samples)
        } else {
            try track.read(from: start, count: count, into: samples)
        }
    }
}
