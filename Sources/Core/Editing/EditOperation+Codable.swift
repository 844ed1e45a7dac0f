/// A flat object with its name in `op`: `{"op": "trim", "start": 0, "end": 48000}`.
extension EditOperation: Codable {
    private enum CodingKeys: String, CodingKey {
        case op, start, end, at, recording, to, length, decibels, segment, `in`, out, target, ceiling, strength
        case threshold, minimum, keep
    }

    /// Reads an operation strictly. Whether it is possible shows when it is applied.
    /// - Throws: ``EditError`` for an unknown operation, and for a missing, unknown or malformed field.
    public init(from decoder: any Decoder) throws {
        let fields = try EditFields(decoder)
        let text: String = try fields.required("op")
        guard let name = Name(rawValue: text) else {
            let names = Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw EditError(
                .operation, "There is no such operation; use one of \(names).", field: fields.path(to: "op"))
        }
        try fields.allowOnly(["op"] + name.fields)
        self = try Self.operation(name, fields)
    }

    private static func operation(_ name: Name, _ fields: EditFields) throws(EditError) -> EditOperation {
        switch name {
        case .trim: .trim(start: try fields.required("start"), end: try fields.required("end"))
        case .cut: .cut(start: try fields.required("start"), end: try fields.required("end"))
        case .split: .split(at: try fields.required("at"))
        case .join:
            .join(
                recording: try fields.required("recording"), start: try fields.optional("start"),
                end: try fields.optional("end"), at: try fields.optional("at"))
        case .move:
            .move(
                start: try fields.required("start"), end: try fields.required("end"), to: try fields.required("to"))
        case .insertSilence: .insertSilence(at: try fields.required("at"), length: try fields.required("length"))
        case .gain:
            .gain(
                start: try fields.required("start"), end: try fields.required("end"),
                decibels: try fields.required("decibels"))
        case .fadeIn: .fadeIn(length: try fields.required("length"))
        case .fadeOut: .fadeOut(length: try fields.required("length"))
        case .fade:
            .fade(
                segment: try fields.required("segment"), in: try fields.optional("in"),
                out: try fields.optional("out"))
        case .crossfade: .crossfade(at: try fields.required("at"), length: try fields.required("length"))
        case .normalize: .normalize(try loudness(fields))
        case .noiseReduction: .noiseReduction(strength: try fields.required("strength"))
        case .removeSilence:
            .removeSilence(
                threshold: try fields.optional("threshold"), minimum: try fields.required("minimum"),
                keep: try fields.required("keep"))
        }
    }

    /// `target` must be there; `null` turns it off.
    private static func loudness(_ fields: EditFields) throws(EditError) -> LoudnessTarget? {
        try fields.require("target")
        let target: Double? = try fields.optional("target")
        let ceiling: Double? = try fields.optional("ceiling")
        guard let target else {
            guard ceiling == nil else {
                throw EditError(
                    .field, "A ceiling needs a target; leave it out to turn the normalisation off.",
                    field: fields.path(to: "ceiling"))
            }
            return nil
        }
        return LoudnessTarget(target: target, ceiling: ceiling ?? LoudnessTarget.recommendedCeiling)
    }

    /// Writes what ``init(from:)`` reads; what is nil is left out, apart from the target of a normalisation.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name.rawValue, forKey: .op)
        for (key, value) in values {
            if let value { try container.encode(value, forKey: key) }
        }
        if self == .normalize(nil) { try container.encodeNil(forKey: .target) }
    }

    private var values: [(CodingKeys, (any Encodable)?)] {
        switch self {
        case .trim(let start, let end), .cut(let start, let end): [(.start, start), (.end, end)]
        case .split(let position): [(.at, position)]
        case .join(let recording, let start, let end, let position):
            [(.recording, recording), (.start, start), (.end, end), (.at, position)]
        case .move(let start, let end, let position): [(.start, start), (.end, end), (.to, position)]
        case .insertSilence(let position, let length), .crossfade(let position, let length):
            [(.at, position), (.length, length)]
        case .gain(let start, let end, let decibels): [(.start, start), (.end, end), (.decibels, decibels)]
        case .fadeIn(let length), .fadeOut(let length): [(.length, length)]
        case .fade(let segment, let fadeIn, let fadeOut): [(.segment, segment), (.in, fadeIn), (.out, fadeOut)]
        case .normalize(let loudness): [(.target, loudness?.target), (.ceiling, loudness?.ceiling)]
        case .noiseReduction(let strength): [(.strength, strength)]
        case .removeSilence(let threshold, let minimum, let keep):
            [(.threshold, threshold), (.minimum, minimum), (.keep, keep)]
        }
    }
}

extension EditOperation.Name {
    /// The fields that may stand beside `op`.
    fileprivate var fields: [String] {
        switch self {
        case .trim, .cut: ["start", "end"]
        case .split: ["at"]
        case .join: ["recording", "start", "end", "at"]
        case .move: ["start", "end", "to"]
        case .insertSilence, .crossfade: ["at", "length"]
        case .gain: ["start", "end", "decibels"]
        case .fadeIn, .fadeOut: ["length"]
        case .fade: ["segment", "in", "out"]
        case .normalize: ["target", "ceiling"]
        case .noiseReduction: ["strength"]
        case .removeSilence: ["threshold", "minimum", "keep"]
        }
    }
}
