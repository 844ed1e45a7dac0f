/// What is done to an edit as a whole when it is rendered.
public struct EditSettings: Sendable, Hashable {
    /// Which noise reduction is possible.
    public static let strengths = 0.0...1.0

    /// How loud the result is made; nil leaves it as it is.
    public var normalize: LoudnessTarget?
    /// How much noise is taken out: 0 for none, 1 for the most.
    public var noiseReduction: Double

    /// Settings; the ``EditList`` that they become a part of checks them.
    public init(normalize: LoudnessTarget? = nil, noiseReduction: Double = 0) {
        self.normalize = normalize
        self.noiseReduction = noiseReduction
    }

    /// Checks the bounds.
    func validate() throws(EditError) {
        if let normalize {
            do throws(EditError) { try normalize.validate() } catch { throw error.within("normalize") }
        }
        guard Self.strengths.contains(noiseReduction) else {
            throw EditError(
                .settings, "The strength of the noise reduction goes from 0, which is off, to 1.",
                field: "noiseReduction")
        }
    }
}

/// How loud something should be, after EBU R 128.
public struct LoudnessTarget: Sendable, Hashable {
    /// Which loudness may be asked for, in LUFS.
    public static let targets = -70.0...(-5.0)
    /// Which true peak may be asked for, in dBTP.
    public static let ceilings = -20.0...0.0
    /// The true peak that EBU R 128 recommends as the highest, in dBTP.
    public static let recommendedCeiling = -1.0

    /// Integrated loudness in LUFS, one of ``targets``.
    public var target: Double
    /// The highest true peak in dBTP, one of ``ceilings``.
    public var ceiling: Double

    /// A target; the ``EditList`` that it becomes a part of checks it.
    public init(target: Double, ceiling: Double = Self.recommendedCeiling) {
        self.target = target
        self.ceiling = ceiling
    }

    /// Checks the bounds.
    func validate() throws(EditError) {
        guard Self.targets.contains(target) else {
            throw EditError(.settings, "Choose a loudness from −70 to −5 LUFS, such as −16.", field: "target")
        }
        guard Self.ceilings.contains(ceiling) else {
            throw EditError(.settings, "Choose a true peak from −20 to 0 dBTP, such as −1.", field: "ceiling")
        }
    }
}

extension EditSettings: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case normalize, noiseReduction
    }

    /// Reads the fields strictly; each may be missing.
    /// - Throws: ``EditError`` for an unknown or malformed field.
    public init(from decoder: any Decoder) throws {
        let fields = try EditFields(decoder)
        try fields.allowOnly(CodingKeys.allCases.map(\.rawValue))
        self.init(
            normalize: try fields.optional("normalize"), noiseReduction: try fields.optional("noiseReduction") ?? 0)
    }

    /// Writes every field; `normalize` is `null` where the loudness stays.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(normalize, forKey: .normalize)
        try container.encode(noiseReduction, forKey: .noiseReduction)
    }
}

extension LoudnessTarget: Codable {
    /// Reads the fields strictly; without a ceiling, it is ``recommendedCeiling``.
    /// - Throws: ``EditError`` for a missing, unknown or malformed field.
    public init(from decoder: any Decoder) throws {
        let fields = try EditFields(decoder)
        try fields.allowOnly(["target", "ceiling"])
        self.init(
            target: try fields.required("target"),
            ceiling: try fields.optional("ceiling") ?? Self.recommendedCeiling)
    }
}
