/// The framing of a `multipart/byteranges` answer (RFC 9110, section 14.6): everything but the file's own bytes.
///
/// Send `partHeader(at:)` and then the bytes of `ranges[index]` for each range in turn, then `closing`.
/// Together that is exactly `contentLength` bytes.
public struct MultipartByteRanges: Sendable, Hashable {
    public let ranges: [Range<Int64>]
    /// The size of the whole file in bytes.
    public let size: Int64
    /// The media type of the file.
    public let partMediaType: String
    /// Occurs nowhere in the file: take at least 128 random bits.
    public let boundary: String

    /// - Returns: nil when a range is empty or beyond the size, when the boundary is not made of 1 to 70 letters, digits
    ///   and `'()+_,-./:=?`, or when the media type holds a control character (it would break out of its line).
    public init?(ranges: [Range<Int64>], size: Int64, partMediaType: String, boundary: String) {
        guard !ranges.isEmpty, ranges.allSatisfy({ !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= size }),
            (1...70).contains(boundary.utf8.count), boundary.utf8.allSatisfy(Self.isBoundaryCharacter),
            partMediaType.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), partMediaType.utf8.count <= 256
        else { return nil }
        self.ranges = ranges
        self.size = size
        self.partMediaType = partMediaType
        self.boundary = boundary
    }

    /// The answer's `Content-Type`.
    public var mediaType: String { "multipart/byteranges; boundary=\"\(boundary)\"" }

    /// What goes before the bytes of a range. The index must be one of `ranges.indices`.
    public func partHeader(at index: Int) -> String {
        (index == 0 ? "" : "\r\n") + "--\(boundary)\r\nContent-Type: \(partMediaType)\r\n"
            + "Content-Range: \(ByteRange.contentRange(ranges[index], size: size))\r\n\r\n"
    }

    /// What goes after the bytes of the last range.
    public var closing: String { "\r\n--\(boundary)--\r\n" }

    /// The length of the whole answer in bytes.
    public var contentLength: Int64 {
        ranges.indices.reduce(Int64(closing.utf8.count)) { length, index in
            length + Int64(partHeader(at: index).utf8.count) + Int64(ranges[index].count)
        }
    }

    private static func isBoundaryCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "'")...UInt8(ascii: ")"), UInt8(ascii: "+")...UInt8(ascii: ":"): true
        case UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
