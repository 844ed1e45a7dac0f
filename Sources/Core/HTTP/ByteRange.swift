/// One range as a client asks for it (RFC 9110, section 14.1.2). Positions are in bytes and inclusive, as on the wire.
public enum ByteRange: Sendable, Hashable {
    /// `first-last`, with `first <= last`.
    case between(first: Int64, last: Int64)
    /// `first-`.
    case from(first: Int64)
    /// `-length`: so many bytes at the end.
    case suffix(length: Int64)

    /// The bytes of a file of this size that the range names, clamped to the file; nil when it names none.
    public func resolve(size: Int64) -> Range<Int64>? {
        switch self {
        case .between(let first, let last): first < size ? first..<(min(last, size - 1) + 1) : nil
        case .from(let first): first < size ? first..<size : nil
        case .suffix(let length): length > 0 && size > 0 ? max(0, size - length)..<size : nil
        }
    }

    /// A `Content-Range` for the answer 206: `bytes 0-1/960044`. The range must not be empty.
    public static func contentRange(_ range: Range<Int64>, size: Int64) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }

    /// The `Content-Range` for the answer 416: `bytes */960044`.
    public static func unsatisfiedContentRange(size: Int64) -> String {
        "bytes */\(size)"
    }
}
