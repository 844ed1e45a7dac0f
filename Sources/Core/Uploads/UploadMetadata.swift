/// `Upload-Metadata` of tus 1.0: `key base64,key base64,flag`.
public struct UploadMetadata: Sendable, Hashable {
    /// The longest value that is looked at, in bytes, and the most keys that one may hold.
    public static let maximumBytes = 8192
    public static let maximumKeys = 64

    /// The decoded values; a key without one has an empty value. What is in there is the client's word: it may hold
    /// anything, line breaks and path separators included.
    public let values: [String: String]

    /// Reads the header.
    /// - Throws: ``InvalidValue`` for a repeated or malformed key, a value that is no Base64 or no UTF-8.
    public init(_ text: String) throws(InvalidValue) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw InvalidValue("Upload-Metadata may have at most \(Self.maximumBytes) bytes.")
        }
        var values: [String: String] = [:]
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let (key, value) = try Self.pair(pair)
            guard values.updateValue(value, forKey: key) == nil else {
                throw InvalidValue("Upload-Metadata names \"\(key)\" twice.")
            }
        }
        guard values.count <= Self.maximumKeys else {
            throw InvalidValue("Upload-Metadata may have at most \(Self.maximumKeys) keys.")
        }
        self.values = values
    }

    /// The first of the keys that is there and not empty.
    public func first(_ keys: String...) -> String? {
        keys.lazy.compactMap { values[$0] }.first { !$0.isEmpty }
    }

    private static func pair(_ text: Substring) throws(InvalidValue) -> (String, String) {
        // Clients put a blank behind the comma, though the specification does not.
        let words = text.trimmingBlanks.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let key = words.first, !key.isEmpty, key.utf8.count <= 100,
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw InvalidValue("Upload-Metadata needs keys of visible ASCII characters.") }
        guard words.count == 2, !words[1].isEmpty else { return (String(key), "") }
        guard let bytes = Base64Text.decodeStrictly(words[1].utf8), let value = String(validating: bytes, as: UTF8.self)
        else {
            throw InvalidValue("Upload-Metadata needs Base64 of UTF-8 behind \"\(key)\".")
        }
        return (String(key), value)
    }
}

extension Substring {
    /// Without spaces and tabs at both ends (OWS of RFC 9110, section 5.6.3).
    public var trimmingBlanks: Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
