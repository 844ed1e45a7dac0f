import Core

/// An element of a store's answer: its name without prefix, its text and what it holds. Attributes are not kept.
struct S3Element: Sendable {
    let name: String
    var text = ""
    var children: [S3Element] = []

    init(name: String) {
        self.name = name
    }

    func elements(_ name: String) -> [S3Element] {
        children.filter { $0.name == name }
    }

    /// The text of the first element of this name, without white space around it; nil when there is none or an
    /// empty one.
    func value(_ name: String) -> String? {
        guard let text = children.first(where: { $0.name == name })?.text else { return nil }
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\r" || $0 == "\r\n" || $0 == "\t" }
        let value = text.drop(while: isBlank)
        let end = value.lastIndex { !isBlank($0) }.map { value.index(after: $0) } ?? value.startIndex
        return value.isEmpty ? nil : String(value[..<end])
    }

    func required(_ name: String) throws(S3DocumentError) -> String {
        guard let value = value(name) else { throw .missing(name) }
        return value
    }

    /// A key, which may have white space at its ends; decoded where the store says that it encoded it.
    func key(_ name: String, encoded: Bool) throws(S3DocumentError) -> String {
        guard let text = children.first(where: { $0.name == name })?.text, !text.isEmpty else { throw .missing(name) }
        guard encoded else { return text }
        let bytes = PercentText.decode(text.utf8, plusIsSpace: true)
        guard let key = String(validating: bytes, as: UTF8.self) else { throw .invalid(name) }
        return key
    }

    /// A number that is not negative.
    func number(_ name: String) throws(S3DocumentError) -> Int64 {
        guard let number = Int64(try required(name)), number >= 0 else { throw .invalid(name) }
        return number
    }

    /// False when it is not there.
    func flag(_ name: String) throws(S3DocumentError) -> Bool {
        switch value(name)?.lowercased() {
        case nil, "false": false
        case "true": true
        default: throw .invalid(name)
        }
    }

    func tag(_ name: String) throws(S3DocumentError) -> S3ETag {
        guard let tag = S3ETag(try required(name)) else { throw .invalid(name) }
        return tag
    }

    /// A time of ISO 8601; nil when it is not there.
    func time(_ name: String) throws(S3DocumentError) -> Timestamp? {
        guard let text = value(name) else { return nil }
        guard let time = Timestamp(text) else { throw .invalid(name) }
        return time
    }
}
