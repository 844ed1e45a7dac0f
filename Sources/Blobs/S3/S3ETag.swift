import Core
import Crypto

/// The entity tag that an S3 store gives an object or a part, without its quotes.
///
/// For an object that was put at once it mostly is the MD5 of its bytes; for one of parts the MD5 of the parts' MD5s
/// and the number of parts. With some kinds of encryption (SSE-KMS, SSE-C) it is neither: then it says nothing of the
/// bytes.
public struct S3ETag: Sendable, Hashable {
    /// The longest tag that is believed, in bytes.
    public static let maximumBytes = 256
    /// The most parts that an object may have.
    public static let maximumParts = 10_000

    /// What stands between the quotes, as the store wrote it.
    public let text: String

    /// The tag of an object that was put at once, or of a part, from its MD5; nil for other than 16 bytes.
    public init?(md5: some Sequence<UInt8>) {
        let bytes = Array(md5)
        guard bytes.count == 16 else { return nil }
        text = Hexadecimal.encode(bytes)
    }

    /// The tag of an object of parts, from their MD5s in the order of the parts.
    ///
    /// - Returns: nil for no part, for more than 10 000, and for an MD5 of other than 16 bytes.
    public init?(partMD5s parts: [[UInt8]]) {
        guard (1...Self.maximumParts).contains(parts.count), parts.allSatisfy({ $0.count == 16 }) else { return nil }
        text = Hexadecimal.encode(Insecure.MD5.hash(data: Array(parts.joined()))) + "-\(parts.count)"
    }

    /// Reads a header's or a document's value, with or without quotes and the mark of a weak tag; nil for one that is
    /// empty, too long, or holds a quote, a blank or a control character.
    public init?(_ value: String) {
        var text = Substring(value)
        if text.hasPrefix("W/") { text.removeFirst(2) }
        if text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2 { text = text.dropFirst().dropLast() }
        guard (1...Self.maximumBytes).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") })
        else { return nil }
        self.text = String(text)
    }

    /// With its quotes, as headers and documents want it.
    public var quoted: String { "\"\(text)\"" }

    /// The 16 bytes of the MD5, if the tag looks like one of an object that was put at once.
    public var md5: [UInt8]? {
        text.utf8.count == 32 ? Hexadecimal.decode(text) : nil
    }

    /// The number of parts, if the tag looks like one of an object of parts.
    public var partCount: Int? {
        let halves = text.split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count == 2, halves[0].utf8.count == 32, Hexadecimal.decode(halves[0]) != nil,
            halves[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let count = Int(halves[1]), (1...Self.maximumParts).contains(count)
        else { return nil }
        return count
    }

    /// Whether both name the same bytes in the same parts. Hexadecimal digits are compared whatever their case.
    public func matches(_ other: S3ETag) -> Bool {
        text.lowercased() == other.text.lowercased()
    }
}
