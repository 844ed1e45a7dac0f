/// A range of a source, or silence, with its gain and fades.
///
/// A value without rules of its own: the ``EditList`` that it becomes a part of checks it.
public struct EditSegment: Sendable, Hashable {
    /// What a segment's gain may be, in dB.
    public static let gains = -120.0...60.0

    /// The recording; nil for silence.
    public var source: Recording.ID?
    /// The first sample of the source, at the rate of the edit; 0 for silence.
    public var start: Int64
    /// The sample behind the last one.
    public var end: Int64
    /// In dB, one of ``gains``.
    public var gain: Double
    /// Over how many samples the beginning rises linearly from nothing.
    public var fadeIn: Int64
    /// Over how many samples the end falls linearly to nothing. With ``fadeIn`` at most ``length``.
    public var fadeOut: Int64
    /// By how many samples it begins before the segment before it ends: a crossfade of equal power, which comes on top
    /// of ``fadeIn`` and ``fadeOut``. 0 for the first segment.
    public var overlap: Int64

    public init(
        source: Recording.ID?, start: Int64, end: Int64, gain: Double = 0, fadeIn: Int64 = 0, fadeOut: Int64 = 0,
        overlap: Int64 = 0
    ) {
        self.source = source
        self.start = start
        self.end = end
        self.gain = gain
        self.fadeIn = fadeIn
        self.fadeOut = fadeOut
        self.overlap = overlap
    }

    /// Silence of so many samples.
    public static func silence(_ length: Int64) -> EditSegment {
        EditSegment(source: nil, start: 0, end: length)
    }

    /// Samples; 0 where the end does not lie behind the start, and never more than 64 bits can say.
    public var length: Int64 {
        let (length, overflow) = end.subtractingReportingOverflow(start)
        guard end > start else { return 0 }
        return overflow ? .max : length
    }

    /// The part between two offsets from its beginning. Of a fade, it keeps as many samples as lie in the part; the
    /// overlap belongs to the part that has the beginning.
    ///
    /// The segment must be valid, and the range not empty and within it.
    func part(_ range: Range<Int64>) -> EditSegment {
        let origin = source == nil ? -range.lowerBound : start
        return EditSegment(
            source: source, start: origin + range.lowerBound, end: origin + range.upperBound, gain: gain,
            fadeIn: max(0, min(fadeIn, range.upperBound) - range.lowerBound),
            fadeOut: max(0, range.upperBound - max(length - fadeOut, range.lowerBound)),
            overlap: range.lowerBound == 0 ? overlap : 0)
    }

    /// Whether the offset divides one of the fades.
    func isFading(at offset: Int64) -> Bool {
        (offset > 0 && offset < fadeIn) || (offset > length - fadeOut && offset < length)
    }

    /// Whether the other one goes on where this one ends, so that both sound as one would.
    func isContinued(by next: EditSegment) -> Bool {
        source == next.source && gain == next.gain && (source == nil || end == next.start) && next.overlap == 0
            && fadeOut == 0 && next.fadeIn == 0
    }
}

extension EditSegment: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case source, start, end, gain, fadeIn, fadeOut, overlap
    }

    /// Reads the fields strictly: `source` (null for silence), `start` and `end` are needed, the others are 0 where
    /// they are missing.
    /// - Throws: ``EditError`` for a missing, unknown or malformed field.
    public init(from decoder: any Decoder) throws {
        let fields = try EditFields(decoder)
        try fields.allowOnly(CodingKeys.allCases.map(\.rawValue))
        try fields.require("source")
        self.init(
            source: try fields.optional("source"), start: try fields.required("start"), end: try fields.required("end"),
            gain: try fields.optional("gain") ?? 0, fadeIn: try fields.optional("fadeIn") ?? 0,
            fadeOut: try fields.optional("fadeOut") ?? 0, overlap: try fields.optional("overlap") ?? 0)
    }

    /// Writes every field; silence has the source `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(source, forKey: .source)
        try container.encode(start, forKey: .start)
        try container.encode(end, forKey: .end)
        try container.encode(gain, forKey: .gain)
        try container.encode(fadeIn, forKey: .fadeIn)
        try container.encode(fadeOut, forKey: .fadeOut)
        try container.encode(overlap, forKey: .overlap)
    }
}
