/// Which kind of file an edit is exported as, and how good it is.
public struct ExportFormat: Sendable, Hashable {
    /// A kind of file.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case wav, flac, mp3, m4a, opus
    }

    public let kind: Kind
    /// Bits of one sample of a WAV (16, 24, 32) or FLAC (16, 24) file.
    public let bits: Int?
    /// Bits a second of an MP3, M4A or Opus file.
    public let bitRate: Int?
    /// The quality of an MP3 of variable bit rate, from 0, the best, to 9.
    public let quality: Int?

    /// - Throws: ``VoiceNoteError/Code/validationFailed`` for a number that the kind does not have.
    public init(_ kind: Kind, bits: Int? = nil, bitRate: Int? = nil, quality: Int? = nil) throws(VoiceNoteError) {
        var errors: [FieldError] = []
        func check(_ field: String, _ value: Int?, _ isPossible: (Int) -> Bool, _ message: String) {
            guard let value, !isPossible(value) else { return }
            errors.append(FieldError(field: field, message: message))
        }
        let depths = Self.depths(of: kind)
        check(
            "bits", bits, depths.contains,
            depths.isEmpty
                ? "\(kind.rawValue) has no bits per sample."
                : "One of \(depths.map(String.init).joined(separator: ", ")).")
        if let rates = Self.bitRates(of: kind) {
            check(
                "bitRate", bitRate, rates.contains, "From \(rates.lowerBound) to \(rates.upperBound) bits a second.")
        } else {
            check("bitRate", bitRate, { _ in false }, "\(kind.rawValue) has no bit rate to choose.")
        }
        check(
            "quality", quality, { kind == .mp3 && Self.qualities.contains($0) },
            kind == .mp3 ? "From 0, the best, to 9." : "Only mp3 has a quality.")
        if bitRate != nil, quality != nil {
            errors.append(FieldError(field: "quality", message: "Choose either a bit rate or a quality."))
        }
        guard errors.isEmpty else {
            throw VoiceNoteError(
                .validationFailed, "Please correct: \(errors.map(\.field).joined(separator: ", ")).", fields: errors)
        }
        self.kind = kind
        self.bits = bits
        self.bitRate = bitRate
        self.quality = quality
    }

    /// The ending of a file's name, without the dot.
    public var fileExtension: String { kind.rawValue }

    /// Which quality an MP3 of variable bit rate may have.
    public static let qualities = 0...9

    /// Which bits of one sample the kind may have; empty where that is not to choose.
    public static func depths(of kind: Kind) -> [Int] {
        switch kind {
        case .wav: [16, 24, 32]
        case .flac: [16, 24]
        case .mp3, .m4a, .opus: []
        }
    }

    /// Which bits a second the kind may have; nil where that is not to choose.
    public static func bitRates(of kind: Kind) -> ClosedRange<Int>? {
        switch kind {
        case .wav, .flac: nil
        case .mp3: 8_000...320_000
        case .m4a: 8_000...512_000
        case .opus: 6_000...510_000
        }
    }
}

extension ExportFormat: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind = "format"
        case bits, bitRate, quality
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let name = try values.decode(String.self, forKey: .kind)
        guard let kind = Kind(rawValue: name) else {
            let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw VoiceNoteError(
                .validationFailed, "Please correct: format.",
                fields: [FieldError(field: "format", message: "One of \(known).")])
        }
        try self.init(
            kind, bits: try Self.number(.bits, values), bitRate: try Self.number(.bitRate, values),
            quality: try Self.number(.quality, values))
    }

    private static func number(_ key: CodingKeys, _ values: KeyedDecodingContainer<CodingKeys>) throws -> Int? {
        do {
            return try values.decodeIfPresent(Int.self, forKey: key)
        } catch {
            // Also for a number that is none of Swift's, which is not a `DecodingError`.
            throw VoiceNoteError(
                .validationFailed, "Please correct: \(key.rawValue).",
                fields: [FieldError(field: key.rawValue, message: "A whole number.")])
        }
    }
}
