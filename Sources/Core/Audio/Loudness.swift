/// Loudness after EBU R 128 (ITU-R BS.1770-4, EBU Tech 3341 and 3342).
///
/// A value that cannot be measured is `nil`, never an infinity: silence has no loudness, and JSON has no infinity.
public struct Loudness: Codable, Sendable, Hashable {
    /// Gated loudness of the whole recording in LUFS; `nil` where nothing is louder than −70 LUFS for 400 ms.
    public var integratedLUFS: Double?
    /// Loudness range in LU; `nil` below three seconds of audio or without any loud enough.
    public var rangeLU: Double?
    /// The highest peak between the samples in dBTP; `nil` for digital silence.
    public var truePeakDBTP: Double?

    /// Values that are not finite become `nil`.
    public init(integratedLUFS: Double?, rangeLU: Double?, truePeakDBTP: Double?) {
        self.integratedLUFS = integratedLUFS.flatMap { $0.isFinite ? $0 : nil }
        self.rangeLU = rangeLU.flatMap { $0.isFinite ? $0 : nil }
        self.truePeakDBTP = truePeakDBTP.flatMap { $0.isFinite ? $0 : nil }
    }

    private enum CodingKeys: String, CodingKey {
        case integratedLUFS, rangeLU, truePeakDBTP
    }

    /// Writes `null` for what could not be measured, so that the three keys are always there.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(integratedLUFS, forKey: .integratedLUFS)
        try container.encode(rangeLU, forKey: .rangeLU)
        try container.encode(truePeakDBTP, forKey: .truePeakDBTP)
    }
}
