import Foundation

/// What a note's fields may hold.
public enum NoteRules {
    public static let title = TextRule("title", characters: 0...200)
    public static let text = TextRule("text", characters: 0...100_000, multiline: true)
    public static let tag = TextRule("tag", characters: 1...50)
    public static let folder = TextRule("folder", characters: 1...100)
    public static let fileName = TextRule("file name", characters: 0...255)
    /// How many tags a note may carry.
    public static let mostTags = 32

    /// Cleans the tags: each by its rule, no commas, duplicates folded case-insensitively (the first spelling stays).
    public static func tags(_ tags: [String]) throws(InvalidValue) -> [String] {
        guard tags.count <= mostTags else { throw InvalidValue("A note may have at most \(mostTags) tags.") }
        var seen: Set<String> = []
        var clean: [String] = []
        for tag in tags {
            let tag = try Self.tag.apply(tag)
            // By scalars: to Swift, a comma with a combining mark is another character, but not to what splits the list.
            guard !tag.unicodeScalars.contains(",") else { throw InvalidValue("A tag may not contain a comma.") }
            if seen.insert(tag.lowercased()).inserted { clean.append(tag) }
        }
        return clean
    }

    /// The tags in a comma-separated list, as form fields and queries carry them; empty entries are dropped.
    public static func splitTags(_ list: String) -> [String] {
        list.unicodeScalars.split(separator: ",").map { String($0).trimmingPrefix(while: \.isWhitespace) }
            .filter { !$0.isEmpty }.map(String.init)
    }

    /// The last component of a client's file name, without anything that could act as a path.
    public static func fileName(_ name: String) -> String? {
        // By scalars: to Swift, a slash with a combining mark is another character, but not to a file system.
        let last = name.unicodeScalars.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        let visible = String(last.unicodeScalars.filter { !$0.isControl })
        guard let clean = try? fileName.apply(String(visible.prefix(255))), !clean.isEmpty, clean != ".", clean != ".."
        else { return nil }
        return clean
    }

    /// A title from a file name: the name without its extension.
    public static func title(fromFileName name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return String(name.prefix(200)) }
        return String(name[..<dot].prefix(200))
    }
}
