public import Core

/// How an edit was brought to its loudness: by one constant gain, so that its dynamics stay as they are.
public struct Normalization: Codable, Sendable, Hashable {
    /// Whether the target was reached.
    public enum Outcome: Codable, Sendable, Hashable {
        case reached
        /// The peaks would have exceeded the ceiling: the result is so many LU below the target.
        case heldBackBy(decibels: Double)
        /// There was nothing to measure: silence, or less than 400 ms. The gain is 0.
        case notMeasurable
    }

    /// The loudness before.
    public let measured: Loudness
    /// The gain that was applied, in dB.
    public let decibels: Double
    public let outcome: Outcome

    /// Target − measured loudness, lowered where true peak + gain would be above the ceiling.
    ///
    /// A lossy encoder may lift single peaks above the ceiling again, by some tenths of a dB.
    public init(_ target: LoudnessTarget, measured: Loudness) {
        self.measured = measured
        guard let loudness = measured.integratedLUFS, let peak = measured.truePeakDBTP else {
            decibels = 0
            outcome = .notMeasurable
            return
        }
        let wanted = target.target - loudness
        let possible = target.ceiling - peak
        decibels = min(wanted, possible)
        // Loudness is known to 0.01 LU.
        outcome = wanted - possible > 0.005 ? .heldBackBy(decibels: wanted - possible) : .reached
    }
}
