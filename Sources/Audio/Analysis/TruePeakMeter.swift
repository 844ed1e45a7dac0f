import Glibc

/// The true peak of one channel (ITU-R BS.1770-4, annex 2): the highest value between the samples, too, by
/// interpolation. Used from one thread.
///
/// The filter is libebur128's, so that readings agree: a sinc of 49 taps under a Hann window, for four times the rate
/// below 96 kHz and twice below 192 kHz; above, samples are close enough. No output can exceed the largest input in
/// reach times the sum of a phase's absolute taps: where that is not beyond the peak so far, nothing is interpolated.
final class TruePeakMeter {
    /// Samples that must precede what is added: what the longest phase reaches back to, and one vector more.
    static let historySamples = 32

    private static let taps = 49
    /// Samples that are looked at together to decide whether interpolating them can matter.
    private static let blockSamples = 64

    /// The phases after the first, one after the other, the newest sample's tap first. The first has one tap of 1.
    private let phases: [Double]
    private let phaseTaps: Int
    /// The most that interpolation can amplify, a trifle up for rounding.
    private let gain: Double
    /// One block and what its outputs reach back to, in double precision.
    private let scratch: UnsafeMutablePointer<Double>
    /// The largest absolute value so far, relative to full scale; not below any sample's.
    private(set) var peak = 0.0

    init(rate: Int32) {
        let factor = rate < 96_000 ? 4 : rate < 192_000 ? 2 : 1
        phaseTaps = Self.taps / factor
        var phases: [Double] = []
        var gain = 0.0
        for phase in 1..<max(1, factor) {
            let taps = (0..<phaseTaps).map { Self.tap(phase + $0 * factor, factor: factor) }
            gain = max(gain, taps.reduce(0) { $0 + abs($1) })
            phases += taps
        }
        self.phases = phases
        self.gain = gain * (1 + 1e-12)
        scratch = .allocate(capacity: Self.historySamples + Self.blockSamples)
    }

    deinit {
        scratch.deallocate()
    }

    /// Takes what follows.
    ///
    /// - Parameter samples: `count` samples, and `historySamples` before them: those that were added before, or zeros.
    func add(_ samples: UnsafePointer<Float>, count: Int) {
        let largest = Self.largest(samples, count: count)
        peak = max(peak, Double(largest))
        guard !phases.isEmpty else { return }
        let before = Self.largest(samples - Self.historySamples, count: Self.historySamples)
        guard mayExceed(max(largest, before)) else { return }
        var done = 0
        while done < count {
            let part = min(count - done, Self.blockSamples)
            let reach = samples + done - Self.historySamples
            if mayExceed(Self.largest(reach, count: Self.historySamples + part)) {
                interpolate(samples + done, count: part)
            }
            done += part
        }
    }

    private func mayExceed(_ largest: Float) -> Bool { Double(largest) * gain > peak }

    private func interpolate(_ samples: UnsafePointer<Float>, count: Int) {
        let history = Self.historySamples
        var index = 0
        while index < count &+ history {
            scratch[index] = Double(samples[index &- history])
            index &+= 1
        }
        var high = SIMD8<Double>()
        var low = SIMD8<Double>()
        phases.withUnsafeBufferPointer { phases in
            var output = 0
            while output < count {
                // The last vector may repeat outputs, of this block or the one before, which changes no maximum.
                let newest = UnsafeRawPointer(scratch + history + min(output, count &- 8))
                var tap = 0
                while tap < phases.count {
                    var sum = SIMD8<Double>()
                    var delay = 0
                    while delay < phaseTaps {
                        let input = (newest - delay &* 8).loadUnaligned(as: SIMD8<Double>.self)
                        sum += input * SIMD8(repeating: phases[tap &+ delay])
                        delay &+= 1
                    }
                    // What is not a number compares as false and stays out.
                    high.replace(with: sum, where: sum .> high)
                    low.replace(with: sum, where: sum .< low)
                    tap &+= phaseTaps
                }
                output &+= 8
            }
        }
        peak = max(peak, high.max(), -low.min())
    }

    /// The largest absolute value.
    private static func largest(_ samples: UnsafePointer<Float>, count: Int) -> Float {
        let bytes = UnsafeRawPointer(samples)
        var high = SIMD8<Float>()
        var low = SIMD8<Float>()
        var index = 0
        while index &+ 8 <= count {
            let values = bytes.loadUnaligned(fromByteOffset: index &* 4, as: SIMD8<Float>.self)
            high.replace(with: values, where: values .> high)
            low.replace(with: values, where: values .< low)
            index &+= 8
        }
        var largest = max(high.max(), -low.min())
        while index < count {
            let value = abs(samples[index])
            if value > largest { largest = value }
            index &+= 1
        }
        return largest
    }

    private static func tap(_ index: Int, factor: Int) -> Double {
        let angle = Double(index - taps / 2) * .pi / Double(factor)
        let sinc = angle == 0 ? 1 : sin(angle) / angle
        return sinc * 0.5 * (1 - cos(2 * .pi * Double(index) / Double(taps - 1)))
    }
}
