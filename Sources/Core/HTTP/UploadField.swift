/// The fields of resumable uploads (draft-ietf-httpbis-resumable-upload): one item each, parameters read over.
public enum UploadField {
    /// The longest value that is looked at, in bytes.
    private static let maximumBytes = 256

    /// An integer of RFC 9651, not negative; nil for anything else.
    public static func count(_ text: String) -> Int64? {
        guard case .integer(let value)? = item(text), value >= 0 else { return nil }
        return value
    }

    /// A boolean of RFC 9651; nil for anything else.
    public static func truth(_ text: String) -> Bool? {
        guard case .boolean(let value)? = item(text) else { return nil }
        return value
    }

    public static func text(_ value: Bool) -> String { value ? "?1" : "?0" }

    private static func item(_ text: String) -> StructuredField.Value? {
        guard text.utf8.count <= maximumBytes else { return nil }
        var scanner = ASCIIScanner(text.utf8)
        _ = scanner.take { $0 == UInt8(ascii: " ") }
        guard let value = StructuredField.value(&scanner), StructuredField.skipParameters(&scanner) else { return nil }
        _ = scanner.take { $0 == UInt8(ascii: " ") }
        return scanner.isAtEnd ? value : nil
    }
}
