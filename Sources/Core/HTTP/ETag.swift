/// An entity tag (RFC 9110, section 8.8.3).
public struct ETag: Sendable, Hashable {
    /// The longest opaque text that is accepted, in bytes.
    public static let maximumBytes = 256
    /// The most tags that a list may hold, and the most bytes of such a header.
    public static let maximumListCount = 64
    public static let maximumListBytes = 8192

    /// What stands between the quotes.
    public let opaque: String
    /// Whether equality promises the same meaning only, not the same bytes.
    public let isWeak: Bool

    /// A tag; nil when the text holds a quote, a blank or a control character, or is too long.
    public init?(_ opaque: String, weak: Bool = false) {
        guard opaque.utf8.count <= Self.maximumBytes, opaque.utf8.allSatisfy(Self.isOpaqueCharacter) else { return nil }
        self.opaque = opaque
        isWeak = weak
    }

    /// The tag as a header's value.
    public var text: String { (isWeak ? "W/\"" : "\"") + opaque + "\"" }

    /// Reads exactly one tag; nil for anything else.
    public static func parse(_ text: String) -> ETag? {
        guard text.utf8.count <= maximumBytes + 16 else { return nil }
        var scanner = ASCIIScanner(text.utf8)
        scanner.skipBlanks()
        guard let tag = scan(&scanner) else { return nil }
        scanner.skipBlanks()
        return scanner.isAtEnd ? tag : nil
    }

    /// Strong comparison: the same bytes are promised. A weak tag is equal to none.
    public func stronglyMatches(_ other: ETag) -> Bool {
        !isWeak && !other.isWeak && opaque == other.opaque
    }

    /// Weak comparison: the same meaning is promised.
    public func weaklyMatches(_ other: ETag) -> Bool {
        opaque == other.opaque
    }

    static func scan(_ scanner: inout ASCIIScanner) -> ETag? {
        let weak = scanner.skip("W/")
        guard scanner.skip("\"") else { return nil }
        let opaque = scanner.take(while: isOpaqueCharacter)
        guard scanner.skip("\"") else { return nil }
        // Bytes that are not UTF-8 become a replacement character, which no tag of ours holds: they match nothing.
        return ETag(String(decoding: opaque, as: UTF8.self), weak: weak)
    }

    private static func isOpaqueCharacter(_ byte: UInt8) -> Bool {
        byte == 0x21 || (0x23...0x7E).contains(byte) || byte >= 0x80
    }
}
