public import Core

/// What an exported file says about itself.
public struct RenderMetadata: Codable, Sendable, Hashable {
    /// The most characters of a text; more are cut off.
    static let maximumCharacters = 4_000

    public var title: String?
    /// When it was recorded.
    public var date: Timestamp?
    public var comment: String?

    public init(title: String? = nil, date: Timestamp? = nil, comment: String? = nil) {
        self.title = title
        self.date = date
        self.comment = comment
    }

    /// The tags as libav names them, without those that are empty.
    var tags: [(name: String, value: String)] {
        Self.present([("title", Self.cleaned(title)), ("date", dateTime), ("comment", Self.cleaned(comment))])
    }

    /// The chunks of a WAV file's LIST INFO, by their names (RIFF Multimedia Programming Interface 1.0).
    var chunks: [(name: String, value: String)] {
        Self.present([("INAM", Self.cleaned(title)), ("ICRD", day), ("ICMT", Self.cleaned(comment))])
    }

    /// `2026-11-21T08:00:00`, in UTC: the longest form that ID3v2.4 has.
    private var dateTime: String? { date.map { String($0.description.prefix(19)) } }

    /// `2026-11-21`, in UTC.
    private var day: String? { date.map { String($0.description.prefix(10)) } }

    private static func present(_ pairs: [(String, String?)]) -> [(name: String, value: String)] {
        pairs.compactMap { pair in pair.1.map { (name: pair.0, value: $0) } }
    }

    /// The text without what a tag cannot hold; nil where nothing is left.
    private static func cleaned(_ text: String?) -> String? {
        guard let text else { return nil }
        let scalars = text.unicodeScalars.lazy.filter { $0.value >= 0x20 && $0.value != 0x7F || $0 == "\n" }
        let cleaned = String(String.UnicodeScalarView(scalars.prefix(maximumCharacters)))
        return cleaned.isEmpty ? nil : cleaned
    }
}
