import Core
import Glibc

/// Finds the stretches in which every sample of every channel stays below a threshold. A value; constant memory
/// apart from the map, which is bounded.
struct SilenceDetector {
    private static let blockFrames = 128

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
    ///
    /// Goes by blocks no longer than the shortest silence that counts: between two loud samples of one block there is
    /// none, so that its first and its last loud sample are all that matters.
    mutating func add(_ samples: UnsafePointer<Int16>, count: Int) {
        let room = min(Self.blockFrames, minimumSamples)
        var done = 0
        while done < count {
            let frames = min(room, count - done)
            let block = samples + done * channels
            if isSilent(block, count: frames * channels) {
                run += frames
            } else {
                var first = 0
                while isSilent(frame: first, of: block) { first &+= 1 }
                var last = frames - 1
                while isSilent(frame: last, of: block) { last &-= 1 }
                run += first
                if run >= minimumSamples { append(run: run, endingAt: position + Int64(done + first)) }
                run = frames - 1 - last
            }
            done += frames
        }
        position += Int64(count)
    }

    /// Ends a stretch that lasts to the end.
    mutating func finish() {
        if run >= minimumSamples { append(run: run, endingAt: position) }
        run = 0
    }

    private func isSilent(frame: Int, of block: UnsafePointer<Int16>) -> Bool {
        var index = frame &* channels
        let end = index &+ channels
        while index < end {
            let value = block[index]
            if value > limit || value < -limit { return false }
            index &+= 1
        }
        return true
    }

    private func isSilent(_ samples: UnsafePointer<Int16>, count: Int) -> Bool {
        let bytes = UnsafeRawPointer(samples)
        var high = SIMD8<Int16>()
        var low = SIMD8<Int16>()
        var index = 0
        while index &+ 8 <= count {
            let values = bytes.loadUnaligned(fromByteOffset: index &* 2, as: SIMD8<Int16>.self)
            high.replace(with: values, where: values .> high)
            low.replace(with: values, where: values .< low)
            index &+= 8
        }
        guard high.max() <= limit, low.min() >= -limit else { return false }
        while index < count {
            if samples[index] > limit || samples[index] < -limit { return false }
            index &+= 1
        }
        return true
    }

    private mutating func append(run: Int, endingAt end: Int64) {
        guard map.items.count < SilenceMap.maximumItems else {
            map.complete = false
            return
        }
        map.items.append(.init(startMs: (end - Int64(run)) * 1_000 / rate, endMs: end * 1_000 / rate))
    }
}
