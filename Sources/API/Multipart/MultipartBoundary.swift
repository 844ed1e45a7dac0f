/// The text that separates the parts of a form (RFC 2046, section 5.1.1): 1 to 70 legal characters, no blank at the end.
public struct MultipartBoundary: Sendable, Hashable {
    /// The longest `Content-Type` that is looked at, in bytes.
    static let maximumContentTypeBytes = 1024

    public let text: String

    /// - Throws: `MultipartError.boundaryInvalid`.
    public init(_ text: String) throws(MultipartError) {
        guard (1...70).contains(text.utf8.count), text.utf8.allSatisfy(Self.isLegal), text.utf8.last != 0x20 else {
            throw .boundaryInvalid
        }
        self.text = text
    }

    /// Takes the boundary from the `Content-Type` of a request. Besides a token and a quoted string an unquoted text of
    /// legal characters is taken, as several clients send it.
    ///
    /// - Throws: `.notFormData`, `.boundaryMissing`, `.boundaryInvalid`.
    public static func parse(contentType: String) throws(MultipartError) -> MultipartBoundary {
        guard contentType.utf8.count <= maximumContentTypeBytes else { throw .boundaryInvalid }
        var rest = Substring(contentType).utf8
        let type = rest.prefix { $0 != UInt8(ascii: ";") }
        guard trimmed(type).lowercased() == "multipart/form-data" else { throw .notFormData }
        rest = rest.dropFirst(type.count)
        var found: String?
        while rest.popFirst() != nil {
            let key = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
            rest = rest.dropFirst(key.count)
            // A semicolon with nothing behind it.
            if trimmed(key).isEmpty, rest.first != UInt8(ascii: "=") { continue }
            guard rest.popFirst() == UInt8(ascii: "="), let value = value(&rest) else { throw .boundaryInvalid }
            guard trimmed(key).lowercased() == "boundary" else { continue }
            guard found == nil else { throw .boundaryInvalid }
            found = value
        }
        guard let found else { throw .boundaryMissing }
        return try MultipartBoundary(found)
    }

    /// Reads up to the next semicolon or the end; nil when quotes are open or something follows them.
    private static func value(_ rest: inout Substring.UTF8View) -> String? {
        guard rest.first == UInt8(ascii: "\"") else {
            let value = rest.prefix { $0 != UInt8(ascii: ";") }
            rest = rest.dropFirst(value.count)
            return trimmed(value)
        }
        rest = rest.dropFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") {
                rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
                let ended = rest.isEmpty || rest.first == UInt8(ascii: ";")
                return ended ? String(decoding: value, as: UTF8.self) : nil
            }
            guard let literal = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte else { return nil }
            value.append(literal)
        }
        return nil
    }

    private static func trimmed(_ text: Substring.UTF8View) -> String {
        var text = text.drop { $0 == 0x20 || $0 == 0x09 }
        while text.last == 0x20 || text.last == 0x09 { text.removeLast() }
        return String(Substring(text))
    }

    private static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "'")...UInt8(ascii: ")"), UInt8(ascii: "+")...UInt8(ascii: ":"): true
        case UInt8(ascii: " "), UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
