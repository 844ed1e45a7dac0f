import Foundation

/// What an account's fields may hold.
public enum AccountRules {
    public static let name = TextRule("name", characters: 2...255)
    public static let jargon = TextRule("jargon", characters: 1...100)
    public static let systemPrompt = TextRule("system prompt", characters: 0...2000, multiline: true)
    public static let tokenName = TextRule("name", characters: 1...100)
    public static let mostJargons = 50
    /// Characters. Long enough for a passphrase, short enough that hashing it cannot be abused.
    public static let password = 10...256

    /// The address in the form in which it is stored and compared: trimmed, NFC, lower case.
    ///
    /// Only the shape is checked (one `@`, a dot in the domain, no spaces); whether it can receive mail, nobody knows
    /// without sending one.
    public static func email(_ text: String) throws(InvalidValue) -> String {
        let clean = text.trimmingCharacters(in: .whitespacesAndNewlines).precomposedStringWithCanonicalMapping
            .lowercased()
        let parts = clean.unicodeScalars.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard clean.utf8.count <= 254, parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 64,
            parts[1].contains("."), !parts[1].hasPrefix("."), !parts[1].hasSuffix("."),
            clean.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && !$0.isControl }
            )
        else { throw InvalidValue("This is not an e-mail address, such as ada@example.org.") }
        return clean
    }

    /// The name without markup characters, 2 to 255 characters.
    public static func name(_ text: String) throws(InvalidValue) -> String {
        try name.apply(String(text.unicodeScalars.filter { $0 != "<" && $0 != ">" }))
    }

    public static func password(_ text: String) throws(InvalidValue) -> String {
        guard text.utf8.count <= password.upperBound * 4, text.count <= password.upperBound else {
            throw InvalidValue("A password may have at most \(password.upperBound) characters.")
        }
        guard text.count >= password.lowerBound else {
            throw InvalidValue("A password needs at least \(password.lowerBound) characters.")
        }
        return text
    }

    /// ISO weekdays, sorted, each once.
    public static func workDays(_ days: [Int]) throws(InvalidValue) -> [Int] {
        guard days.count <= 7, days.allSatisfy({ (1...7).contains($0) }), Set(days).count == days.count else {
            throw InvalidValue("Work days are different numbers from 1 (Monday) to 7 (Sunday).")
        }
        return days.sorted()
    }

    public static func workHours(_ hours: Account.WorkHours) throws(InvalidValue) -> Account.WorkHours {
        guard let start = minutes(hours.start), let end = minutes(hours.end), start < end else {
            throw InvalidValue("Work hours are two times such as 09:00 and 17:30, the start before the end.")
        }
        return hours
    }

    /// Each by its rule; duplicates fold case-insensitively and the first spelling stays.
    public static func jargons(_ words: [String]) throws(InvalidValue) -> [String] {
        guard words.count <= mostJargons * 4 else { throw tooMany }
        var seen: Set<String> = []
        var clean: [String] = []
        for word in words {
            let word = try jargon.apply(word)
            if seen.insert(word.lowercased()).inserted { clean.append(word) }
        }
        guard clean.count <= mostJargons else { throw tooMany }
        return clean
    }

    private static var tooMany: InvalidValue { InvalidValue("At most \(mostJargons) jargons are possible.") }

    private static func minutes(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"),
            let hours = Int(text.prefix(2)), let minutes = Int(text.suffix(2)),
            (0...23).contains(hours), (0...59).contains(minutes), bytes[0] != UInt8(ascii: "+"),
            bytes[3] != UInt8(ascii: "+"), bytes[0] != UInt8(ascii: "-"), bytes[3] != UInt8(ascii: "-")
        else { return nil }
        return hours * 60 + minutes
    }
}
