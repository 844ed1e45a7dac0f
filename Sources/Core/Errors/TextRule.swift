import Foundation

/// The rule for a text field: how long it may be and which characters it may hold.
///
/// Control characters are refused (line breaks and tabs are allowed where `multiline`), white space at the ends is
/// cut, and the text is normalised to NFC so that equal-looking titles, tags and folders are equal.
public struct TextRule: Sendable {
    public let name: String
    public let characters: ClosedRange<Int>
    public let multiline: Bool

    public init(_ name: String, characters: ClosedRange<Int>, multiline: Bool = false) {
        self.name = name
        self.characters = characters
        self.multiline = multiline
    }

    /// The cleaned text.
    public func apply(_ text: String) throws(InvalidValue) -> String {
        // A character may hold many scalars: bound the bytes before counting characters.
        guard text.utf8.count <= characters.upperBound * 16 else { throw tooLong }
        let clean = text.isPlain ? text : Self.normalised(text)
        for scalar in clean.unicodeScalars where scalar.isControl {
            guard multiline, scalar == "\n" || scalar == "\r" || scalar == "\t" else {
                throw InvalidValue("The \(name) may not contain control characters.")
            }
        }
        guard clean.count <= characters.upperBound else { throw tooLong }
        guard clean.count >= characters.lowerBound else {
            throw InvalidValue(
                characters.lowerBound == 1
                    ? "The \(name) may not be empty."
                    : "The \(name) needs at least \(characters.lowerBound) characters.")
        }
        return clean
    }

    private static func normalised(_ text: String) -> String {
        text.trimmingCharacters(in: .whitespacesAndNewlines).precomposedStringWithCanonicalMapping
    }

    private var tooLong: InvalidValue {
        InvalidValue("The \(name) may have at most \(characters.upperBound) characters.")
    }
}

extension String {
    /// Visible ASCII without blanks at its ends, as most names are: there is nothing to trim or to compose.
    fileprivate var isPlain: Bool {
        utf8.first != 0x20 && utf8.last != 0x20 && utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}

extension Unicode.Scalar {
    /// Whether the general category is Cc.
    var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}
