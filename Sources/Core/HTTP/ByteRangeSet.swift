/// The value of a `Range` header (RFC 9110, section 14.2), read but not yet held against a file.
public struct ByteRangeSet: Sendable, Hashable {
    /// The most ranges that are taken seriously. A header with more is ignored, which the RFC allows, so that nobody can
    /// make the server send a file many times over with one small request.
    public static let maximumCount = 16
    /// The longest header that is looked at, in bytes.
    public static let maximumBytes = 2048

    /// In the order of the header; never empty.
    public let ranges: [ByteRange]

    /// Reads the header.
    ///
    /// - Returns: nil when it must or may be ignored, so that the answer is 200 with everything: another unit than
    ///   `bytes`, a syntax error, a range that ends before it begins, too many ranges, too long a header.
    public static func parse(_ header: String) -> ByteRangeSet? {
        guard header.utf8.count <= maximumBytes else { return nil }
        var scanner = ASCIIScanner(header.utf8)
        scanner.skipBlanks()
        guard scanner.letters()?.lowercased() == "bytes", scanner.skip("=") else { return nil }
        var ranges: [ByteRange] = []
        scanner.skipBlanks()
        while !scanner.isAtEnd {
            if scanner.skip(",") {
                scanner.skipBlanks()
                continue
            }
            guard ranges.count < maximumCount, let range = scan(&scanner) else { return nil }
            ranges.append(range)
            scanner.skipBlanks()
            guard scanner.isAtEnd || scanner.next == UInt8(ascii: ",") else { return nil }
        }
        return ranges.isEmpty ? nil : ByteRangeSet(ranges: ranges)
    }

    /// Holds the ranges against a file of this size.
    ///
    /// Ranges that overlap or touch become one. What is left stands in the order of the request, a joined range where
    /// the first of its members stood (RFC 9110, section 15.3.7.2). So no byte is sent twice, and the sum of the
    /// lengths never exceeds the size. Of an empty file everything is sent, with 200.
    public func resolve(size: Int64) -> ByteRangeResolution {
        guard size > 0 else { return .full }
        let named = ranges.enumerated().compactMap { place, range in
            range.resolve(size: size).map { (place: place, range: $0) }
        }
        var joined: [(place: Int, range: Range<Int64>)] = []
        for next in named.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            guard let last = joined.last, next.range.lowerBound <= last.range.upperBound else {
                joined.append(next)
                continue
            }
            let upper = max(last.range.upperBound, next.range.upperBound)
            joined[joined.count - 1] = (min(last.place, next.place), last.range.lowerBound..<upper)
        }
        switch joined.count {
        case 0: return .unsatisfiable
        case 1: return .single(joined[0].range)
        default: return .multiple(joined.sorted { $0.place < $1.place }.map(\.range))
        }
    }

    private static func scan(_ scanner: inout ASCIIScanner) -> ByteRange? {
        if scanner.skip("-") {
            return scanner.saturatingNumber().map { .suffix(length: $0) }
        }
        guard let first = scanner.saturatingNumber(), scanner.skip("-") else { return nil }
        guard scanner.next?.isASCIIDigit == true else { return .from(first: first) }
        guard let last = scanner.saturatingNumber(), first <= last else { return nil }
        return .between(first: first, last: last)
    }
}
