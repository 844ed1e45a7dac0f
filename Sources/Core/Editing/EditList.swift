/// What is heard, in order: ranges of recordings and silence. It never touches a recording.
///
/// All positions and lengths are samples of one channel at ``sampleRate``. A recording of another rate is resampled
/// when the edit is rendered. A list that exists is valid: every initialiser checks every rule, decoding included.
public struct EditList: Sendable, Hashable {
    /// Which rates an edit may have, in samples a second.
    public static let sampleRates = 8_000...768_000
    public static let maximumSources = 100
    public static let maximumSegments = 5_000
    /// The most samples that an edit or a source may have: a week at the highest rate.
    public static let maximumLength: Int64 = 768_000 * 86_400 * 7

    /// Samples a second.
    public let sampleRate: Int
    /// What segments may take ranges from; each recording once.
    public let sources: [EditSource]
    /// What is heard, one after the other; never empty.
    public let segments: [EditSegment]
    public let settings: EditSettings
    /// Samples: the lengths of the segments without their overlaps.
    public let length: Int64

    /// - Throws: ``EditError`` with the first rule that is broken.
    public init(
        sampleRate: Int, sources: [EditSource], segments: [EditSegment], settings: EditSettings = EditSettings()
    ) throws(EditError) {
        length = try Self.checkedLength(
            sampleRate: sampleRate, sources: sources, segments: segments, settings: settings)
        self.sampleRate = sampleRate
        self.sources = sources
        self.segments = segments
        self.settings = settings
    }

    /// The whole of one recording.
    /// - Throws: ``EditError`` for an impossible rate or length.
    public init(whole source: EditSource, sampleRate: Int) throws(EditError) {
        let segment = EditSegment(source: source.recording, start: 0, end: source.length)
        try self.init(sampleRate: sampleRate, sources: [source], segments: [segment])
    }

    /// The source with the id; nil where the list has none.
    public func source(_ recording: Recording.ID) -> EditSource? {
        sources.first { $0.recording == recording }
    }

    /// The list with one more source, which nothing is taken from yet. A source that is there already changes nothing.
    /// - Throws: ``EditError`` for the same recording with another length, and for too many sources.
    public func adding(source: EditSource) throws(EditError) -> EditList {
        if sources.contains(source) { return self }
        return try EditList(
            sampleRate: sampleRate, sources: sources + [source], segments: segments, settings: settings)
    }

    /// The list with adjacent segments made one where the second goes on where the first ends: the same source, the
    /// same gain, and neither a fade nor a crossfade between them. It sounds the same.
    public func coalesced() throws(EditError) -> EditList {
        var merged: [EditSegment] = []
        for segment in segments {
            if let last = merged.last, last.isContinued(by: segment) {
                merged[merged.count - 1].end += segment.length
                merged[merged.count - 1].fadeOut = segment.fadeOut
            } else {
                merged.append(segment)
            }
        }
        return try with(segments: merged)
    }

    func with(segments: [EditSegment]) throws(EditError) -> EditList {
        try EditList(sampleRate: sampleRate, sources: sources, segments: segments, settings: settings)
    }

    func with(settings: EditSettings) throws(EditError) -> EditList {
        try EditList(sampleRate: sampleRate, sources: sources, segments: segments, settings: settings)
    }
}

extension EditList: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case sampleRate, sources, segments, settings
    }

    /// Reads the fields strictly and checks every rule; `settings` may be missing.
    /// - Throws: ``EditError`` for a missing, unknown or malformed field, and for a rule that is broken.
    public init(from decoder: any Decoder) throws {
        let fields = try EditFields(decoder)
        try fields.allowOnly(CodingKeys.allCases.map(\.rawValue))
        try self.init(
            sampleRate: try fields.required("sampleRate"),
            sources: try fields.list("sources", atMost: Self.maximumSources, otherwise: Self.tooManySources),
            segments: try fields.list("segments", atMost: Self.maximumSegments, otherwise: Self.tooManySegments),
            settings: try fields.optional("settings") ?? EditSettings())
    }

    /// Writes what ``init(from:)`` reads.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(sampleRate, forKey: .sampleRate)
        try container.encode(sources, forKey: .sources)
        try container.encode(segments, forKey: .segments)
        try container.encode(settings, forKey: .settings)
    }
}
