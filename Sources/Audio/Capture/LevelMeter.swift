import Glibc

/// Measures levels while somebody watches. Memory and time do not depend on the length.
public struct LevelMeter: Sendable {
    /// Steps of 10 ms that the mean is taken over.
    private static let meanSteps = 30
    /// Steps of 10 ms that a peak is held for.
    private static let heldSteps = 200
    /// 16 bits at their end, as well as 24 and 32.
    private static let fullScale: UInt32 = 0x7FFF_0000
    private static let clipLength = 3

    private let channels: Int
    /// Samples of one channel in 10 ms.
    private let stepFrames: Int
    private var fill = 0
    private var energy = 0.0
    private var peak: UInt32 = 0
    private var steps = 0
    private var energies = [Double](repeating: 0, count: LevelMeter.meanSteps)
    private var peaks = [UInt32](repeating: 0, count: LevelMeter.heldSteps)
    /// Samples in a row at full scale, of each channel.
    private var runs: [Int]
    private var clips = 0

    /// - Parameter rate: samples a second of one channel.
    public init(rate: Int, channels: Int) {
        self.channels = max(1, channels)
        stepFrames = max(1, rate / 100)
        runs = [Int](repeating: 0, count: max(1, channels))
    }

    /// Takes interleaved samples of 32 bits.
    public mutating func add(_ samples: [Int32]) {
        var index = 0
        while index + channels <= samples.count {
            for channel in 0..<channels { add(samples[index + channel], of: channel) }
            index += channels
            fill += 1
            if fill == stepFrames { endStep() }
        }
    }

    /// The levels now.
    public var levels: Levels {
        let known = min(steps, Self.meanSteps)
        let mean = known > 0 ? energies.reduce(0, +) / Double(known) : 0
        let highest = max(peak, peaks.max() ?? 0)
        return Levels(
            rmsDBFS: Self.decibels(mean.squareRoot()), peakDBFS: Self.decibels(Double(highest) / 0x1p31), clips: clips)
    }

    private mutating func add(_ sample: Int32, of channel: Int) {
        let magnitude = sample.magnitude
        let value = Double(sample) / 0x1p31
        energy += value * value
        peak = max(peak, magnitude)
        guard magnitude >= Self.fullScale else {
            runs[channel] = 0
            return
        }
        runs[channel] += 1
        if runs[channel] == Self.clipLength { clips += 1 }
    }

    private mutating func endStep() {
        energies[steps % Self.meanSteps] = energy / Double(stepFrames * channels)
        peaks[steps % Self.heldSteps] = peak
        steps += 1
        fill = 0
        energy = 0
        peak = 0
    }

    private static func decibels(_ share: Double) -> Double {
        share > 0 ? max(Levels.floor, 20 * log10(share)) : Levels.floor
    }
}
