/// What `If-Match` and `If-None-Match` ask for (RFC 9110, sections 13.1.1 and 13.1.2).
public enum ETagCondition: Sendable, Hashable {
    /// `*`: any current representation.
    case any
    case tags([ETag])

    /// Reads the field's value; several lines are joined with a comma first.
    ///
    /// - Returns: nil when it is malformed, empty, or longer than `ETag` allows.
    public static func parse(_ text: String) -> ETagCondition? {
        guard text.utf8.count <= ETag.maximumListBytes else { return nil }
        var scanner = ASCIIScanner(text.utf8)
        scanner.skipBlanks()
        if scanner.skip("*") {
            scanner.skipBlanks()
            return scanner.isAtEnd ? .any : nil
        }
        var tags: [ETag] = []
        while !scanner.isAtEnd {
            // A recipient takes empty elements of a list in its stride (RFC 9110, section 5.6.1.2).
            if scanner.skip(",") {
                scanner.skipBlanks()
                continue
            }
            guard tags.count < ETag.maximumListCount, let tag = ETag.scan(&scanner) else { return nil }
            tags.append(tag)
            scanner.skipBlanks()
            guard scanner.isAtEnd || scanner.next == UInt8(ascii: ",") else { return nil }
        }
        return tags.isEmpty ? nil : .tags(tags)
    }

    func contains(where matches: (ETag) -> Bool, exists: Bool) -> Bool {
        switch self {
        case .any: exists
        case .tags(let tags): tags.contains(where: matches)
        }
    }
}
