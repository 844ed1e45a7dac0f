import Glibc

/// Measures how loud the noise under a recording is, over the last ten seconds of it. A value.
///
/// Levels are those of twentieths of a second. What one in ten of them stays below is a pause, and holds nothing but
/// noise; unless there are no pauses, which shows in a small distance to the loud ones: music is no noise.
struct NoiseFloor {
    private static let framesPerSecond = 20
    private static let seconds = 10
    /// Below this, in dBFS, is the silence that was put between recordings, and no noise.
    private static let digitalSilence = -100.0
    /// By how much the floor of the filter lies above the mean level of noise, so that its peaks are below too, in dB.
    private static let margin = 6.0
    /// How far noise lies below what is to be heard, at least, in dB.
    private static let distance = 20.0
    /// Up to which level, in dBFS, what never pauses is noise.
    private static let loudestHum = -45.0

    private let channels: Int
    private let frameSamples: Int
    private var energy = 0.0
    private var filled = 0
    /// The levels, in a ring.
    private var levels: [Double] = []
    private var oldest = 0

    init(rate: Int, channels: Int) {
        self.channels = channels
        frameSamples = max(1, rate / Self.framesPerSecond)
    }

    /// The level that is noise and below, in dBFS; nil until there was any sound.
    var level: Double? {
        guard !levels.isEmpty else { return nil }
        let sorted = levels.sorted()
        let quiet = sorted[sorted.count / 10]
        let loud = sorted[sorted.count * 9 / 10]
        return min(quiet + Self.margin, max(loud - Self.distance, Self.loudestHum))
    }

    /// Takes interleaved samples; `count` is of one channel.
    mutating func add(_ samples: UnsafePointer<Double>, count: Int) {
        var done = 0
        while done < count {
            let part = min(count - done, frameSamples - filled)
            var index = done &* channels
            let end = (done &+ part) &* channels
            while index < end {
                energy += samples[index] * samples[index]
                index &+= 1
            }
            done += part
            filled += part
            if filled == frameSamples { endFrame() }
        }
    }

    private mutating func endFrame() {
        let level = 10 * log10(max(1e-30, energy / Double(frameSamples * channels)))
        energy = 0
        filled = 0
        guard level > Self.digitalSilence else { return }
        if levels.count < Self.framesPerSecond * Self.seconds {
            levels.append(level)
        } else {
            levels[oldest] = level
            oldest = (oldest + 1) % levels.count
        }
    }
}
