/// The `Content-Disposition` of a part of `multipart/form-data` (RFC 7578, section 4.2).
public struct FormDataDisposition: Sendable, Hashable {
    /// The longest header that is looked at, and the longest names, in bytes.
    public static let maximumBytes = 4096
    public static let maximumNameBytes = 256
    public static let maximumFileNameBytes = 1024

    /// The field's name.
    public let name: String
    /// The file's name as the client chose it: hostile until it has gone through `ContentDisposition.safe`.
    public let fileName: String?

    /// Reads the header as browsers, curl and mobile clients send it.
    ///
    /// In quotes `\"` and `\\` stand for a quote and a backslash, any other backslash for itself (a path of Windows),
    /// and `%22`, `%0D`, `%0A` for the characters that the HTML standard has browsers escape. `filename*` wins over
    /// `filename` where it can be read, although RFC 7578 tells clients not to send it.
    public static func parse(_ text: String) throws(FormDataDispositionError) -> FormDataDisposition {
        guard text.utf8.count <= maximumBytes else { throw .tooLong(limitBytes: maximumBytes) }
        var scanner = ASCIIScanner(text.utf8)
        scanner.skipBlanks()
        guard token(&scanner) == "form-data" else { throw .notFormData }
        var values: [String: [UInt8]] = [:]
        scanner.skipBlanks()
        while !scanner.isAtEnd {
            guard scanner.skip(";") else { throw .malformed(position: scanner.position) }
            scanner.skipBlanks()
            // A semicolon at the end is common enough to be forgiven.
            if scanner.isAtEnd { break }
            guard let key = token(&scanner), scanner.skip("="), let value = value(&scanner) else {
                throw .malformed(position: scanner.position)
            }
            guard values.updateValue(value, forKey: key) == nil else { throw .repeatedParameter }
            scanner.skipBlanks()
        }
        guard let name = values["name"] else { throw .nameMissing }
        let fileName = values["filename*"].flatMap(extended) ?? values["filename"].map(unescaped)
        guard name.count <= maximumNameBytes else { throw .tooLong(limitBytes: maximumNameBytes) }
        guard fileName?.count ?? 0 <= maximumFileNameBytes else { throw .tooLong(limitBytes: maximumFileNameBytes) }
        return FormDataDisposition(
            name: String(decoding: unescaped(name), as: UTF8.self),
            fileName: fileName.map { String(decoding: $0, as: UTF8.self) })
    }

    private static func token(_ scanner: inout ASCIIScanner) -> String? {
        let token = scanner.take(while: \.isTokenCharacter)
        return token.isEmpty ? nil : String(decoding: token, as: UTF8.self).lowercased()
    }

    private static func value(_ scanner: inout ASCIIScanner) -> [UInt8]? {
        guard scanner.skip("\"") else {
            let token = scanner.take { $0 > 0x20 && $0 != UInt8(ascii: ";") && $0 != 0x22 && $0 != 0x7F }
            return token.isEmpty ? nil : Array(token)
        }
        var value: [UInt8] = []
        while let byte = scanner.take() {
            switch byte {
            case UInt8(ascii: "\""): return value
            case UInt8(ascii: "\\") where scanner.next == 0x22 || scanner.next == 0x5C:
                value.append(scanner.take() ?? byte)
            case 0, 0x0A, 0x0D: return nil
            default: value.append(byte)
            }
        }
        return nil
    }

    private static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let (value, length) = escape(rest.prefix(2)) {
                result.append(value)
                rest = rest.dropFirst(length)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    /// Only the three escapes that browsers write: any other percent sign belongs to the name.
    private static func escape(_ digits: ArraySlice<UInt8>) -> (UInt8, Int)? {
        switch String(decoding: digits, as: UTF8.self).uppercased() {
        case "22": (0x22, 2)
        case "0D": (0x0D, 2)
        case "0A": (0x0A, 2)
        default: nil
        }
    }

    /// `UTF-8'language'percent-encoded` (RFC 8187); nil for another charset or a broken text.
    private static func extended(_ bytes: [UInt8]) -> [UInt8]? {
        let parts = bytes.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, String(decoding: parts[0], as: UTF8.self).lowercased() == "utf-8" else { return nil }
        var result: [UInt8] = []
        var rest = parts[2]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                rest.prefix(2).allSatisfy({ $0 != UInt8(ascii: "+") })
            else { return nil }
            result.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: result, as: UTF8.self) == nil ? nil : result
    }
}
