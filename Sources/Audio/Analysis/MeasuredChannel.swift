/// One channel on its way to loudness and true peak. Used from one thread.
final class MeasuredChannel {
    /// The channel's share in the energy, 0 for one that has none, such as the one of low-frequency effects.
    private let weight: Double
    private var weighting: KWeighting
    private let peakMeter: TruePeakMeter
    /// The last samples of before, then those at work.
    private let samples: UnsafeMutablePointer<Float>

    /// - Parameter room: the most samples that `add` may be given.
    init(rate: Int32, weight: Double, room: Int) {
        self.weight = weight
        weighting = KWeighting(rate: rate)
        peakMeter = TruePeakMeter(rate: rate)
        samples = .allocate(capacity: TruePeakMeter.historySamples + room)
        samples.initialize(repeating: 0, count: TruePeakMeter.historySamples + room)
    }

    deinit {
        samples.deallocate()
    }

    /// The largest absolute value so far, between samples too, relative to full scale.
    var truePeak: Double {
        // libebur128 says it in single precision.
        Double(Float(peakMeter.peak))
    }

    /// Takes every `stride`-th sample of 16 bit and answers their weighted energy, which is a sum.
    func add(_ source: UnsafePointer<Int16>, stride: Int, count: Int) -> Double {
        let fresh = samples + TruePeakMeter.historySamples
        var index = 0
        if stride == 1 {
            while index < count {
                fresh[index] = Float(source[index]) * (1 / 32_768)
                index &+= 1
            }
        } else {
            while index < count {
                fresh[index] = Float(source[index &* stride]) * (1 / 32_768)
                index &+= 1
            }
        }
        return measure(count)
    }

    /// Takes every `stride`-th sample in floating point and answers their weighted energy, which is a sum.
    func add(_ source: UnsafePointer<Float>, stride: Int, count: Int) -> Double {
        let fresh = samples + TruePeakMeter.historySamples
        var index = 0
        while index < count {
            fresh[index] = source[index &* stride]
            index &+= 1
        }
        return measure(count)
    }

    private func measure(_ count: Int) -> Double {
        let history = TruePeakMeter.historySamples
        peakMeter.add(samples + history, count: count)
        let energy = weight > 0 ? weight * weighting.energy(samples + history, count: count) : 0
        samples.update(from: samples + count, count: history)
        return energy
    }
}
