import Core
import Glibc

/// Finds the stretches in which every sample of every channel stays below a threshold. A value; constant memory
/// apart from the map, which is bounded.
struct SilenceDetector {
    private let channels: Int
    private let rate: Int64
    private let minimumSamples: Int
    /// A sample beyond this, on either side, is sound.
    private let limit: Int16
    private var run = 0
    private var position: Int64 = 0
    private(set) var map: SilenceMap

    init(rate: Int32, channels: Int32, options: MediaOptions) {
        self.channels = Int(channels)
        self.rate = Int64(rate)
        let threshold = max(-96, min(0, options.silenceThresholdDBFS))
        let minimumMs = max(1, options.silenceMinimumMs)
        minimumSamples = max(1, Int(rate) * minimumMs / 1_000)
        limit = Int16(max(0, min(32_767, (32_768 * pow(10, threshold / 20)).rounded(.up) - 1)))
        map = SilenceMap(thresholdDBFS: threshold, minimumMs: minimumMs)
    }

    /// Takes interleaved samples; `count` is of one channel.
    mutating func add(_ samples: UnsafePointer<Int16>, count: Int) {
        let high = limit
        let low = -limit
        var run = run
        var index = 0
        var frame = 0
        while frame < count {
            var loud = false
            var channel = 0
            while channel < channels {
                let value = samples[index &+ channel]
                if value > high || value < low { loud = true }
                channel &+= 1
            }
            if loud {
                if run >= minimumSamples { append(run: run, endingAt: position + Int64(frame)) }
                run = 0
            } else {
                run &+= 1
            }
            index &+= channels
            frame &+= 1
        }
        self.run = run
        position += Int64(count)
    }

    /// Ends a stretch that lasts to the end.
    mutating func finish() {
        if run >= minimumSamples { append(run: run, endingAt: position) }
        run = 0
    }

    private mutating func append(run: Int, endingAt end: Int64) {
        guard map.items.count < SilenceMap.maximumItems else {
            map.complete = false
            return
        }
        map.items.append(.init(startMs: (end - Int64(run)) * 1_000 / rate, endMs: end * 1_000 / rate))
    }
}
