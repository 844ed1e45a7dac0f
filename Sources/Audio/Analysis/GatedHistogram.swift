import Glibc

/// Block loudness in constant memory, for gating that needs to look twice (ITU-R BS.1770-4, EBU Tech 3342).
///
/// Blocks are sorted into bins of 0.01 LU from the absolute gate at −70 LUFS upwards. A bin keeps the sum of its
/// blocks' energies, so means are exact; only which side of a relative gate a block falls on, and a percentile, are
/// exact to 0.01 LU. An hour or a day costs the same 200 KB.
struct GatedHistogram {
    private static let lowest = -70.0
    private static let binsPerLU = 100.0
    private static let binCount = 12_000

    private var counts = [UInt64](repeating: 0, count: binCount)
    private var energies = [Double](repeating: 0, count: binCount)
    private var count: UInt64 = 0
    private var energy = 0.0

    /// Loudness of a mean square after K-weighting.
    static func loudness(ofEnergy energy: Double) -> Double { -0.691 + 10 * log10(energy) }

    static func energy(ofLoudness loudness: Double) -> Double { pow(10, (loudness + 0.691) / 10) }

    mutating func add(energy block: Double) {
        // Nothing real is 120 dB beyond full scale; the sums of what is must stay finite.
        guard block > 0, block < 1e12 else { return }
        let loudness = Self.loudness(ofEnergy: block)
        guard loudness >= Self.lowest else { return }
        let bin = min(Self.binCount - 1, Int((loudness - Self.lowest) * Self.binsPerLU))
        counts[bin] += 1
        energies[bin] += block
        count += 1
        energy += block
    }

    /// Mean loudness of the blocks above `gate` LU relative to the mean of all above the absolute gate.
    func gatedLoudness(relativeGate gate: Double) -> Double? {
        guard let first = firstBin(relativeGate: gate) else { return nil }
        let number = counts[first...].reduce(0, +)
        guard number > 0 else { return nil }
        return Self.loudness(ofEnergy: energies[first...].reduce(0, +) / Double(number))
    }

    /// The distance between two percentiles (0 to 1) of the blocks above the relative gate, in LU.
    func range(relativeGate gate: Double, low: Double, high: Double) -> Double? {
        guard let first = firstBin(relativeGate: gate) else { return nil }
        let number = counts[first...].reduce(0, +)
        guard number > 0 else { return nil }
        func bin(_ percentile: Double) -> Int {
            let rank = UInt64(Double(number - 1) * percentile + 0.5)
            var seen: UInt64 = 0
            for index in first..<Self.binCount {
                seen += counts[index]
                if seen > rank { return index }
            }
            return Self.binCount - 1
        }
        return Double(bin(high) - bin(low)) / Self.binsPerLU
    }

    private func firstBin(relativeGate gate: Double) -> Int? {
        guard count > 0 else { return nil }
        let threshold = Self.loudness(ofEnergy: energy / Double(count)) + gate
        return max(0, min(Self.binCount - 1, Int((threshold - Self.lowest) * Self.binsPerLU)))
    }
}
