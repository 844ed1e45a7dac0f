/// The `Content-Disposition` of an answer (RFC 6266), made from a name that somebody else chose.
public enum ContentDisposition {
    /// The longest name that is sent, in bytes of UTF-8.
    public static let maximumNameBytes = 200

    /// `attachment; filename="…"`, with `filename*=UTF-8''…` (RFC 8187) where ASCII does not do.
    ///
    /// The name cannot leave its quotes or its line, holds no path, no control characters and none that turn the
    /// direction of writing, does not start with a dot, and keeps its extension when it is cut.
    public static func attachment(fileName: String) -> String {
        value("attachment", fileName)
    }

    /// The same for a file that is to be shown and only saved by name.
    public static func inline(fileName: String) -> String {
        value("inline", fileName)
    }

    private static func value(_ type: String, _ fileName: String) -> String {
        let name = safe(fileName)
        let fallback = String(decoding: name.unicodeScalars.map(fallbackByte), as: UTF8.self)
        let plain = "\(type); filename=\"\(fallback)\""
        return fallback == name ? plain : plain + "; filename*=UTF-8''\(percentEncoded(name))"
    }

    /// The name as a person may find it on a disk: see `attachment(fileName:)`. Never empty.
    public static func safe(_ fileName: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in fileName.unicodeScalars.prefix(4096) {
            scalars.append(isUnsafe(scalar) ? "_" : scalar)
        }
        var name = Substring(String(scalars))
        while let first = name.first, first == " " { name.removeFirst() }
        while let last = name.last, last == " " || last == "." { name.removeLast() }
        if name.first == "." { name = "_" + name.dropFirst() }
        return name.isEmpty ? "recording" : bounded(String(name))
    }

    /// Cuts between characters, in front of the extension if there is a short one.
    private static func bounded(_ name: String) -> String {
        guard name.utf8.count > maximumNameBytes else { return name }
        var stem = Substring(name)
        var suffix = Substring()
        if let dot = name.lastIndex(of: "."), name[dot...].utf8.count <= 16 {
            (stem, suffix) = (name[..<dot], name[dot...])
        }
        // A single character may be as long as somebody likes (combining marks), so the cut is between scalars.
        var kept = String.UnicodeScalarView()
        var length = suffix.utf8.count
        for scalar in stem.unicodeScalars {
            length += scalar.utf8.count
            guard length <= maximumNameBytes else { break }
            kept.append(scalar)
        }
        return String(kept) + suffix
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "/", "\\", ":", "*", "?", "<", ">", "|", "\"": true
        case "\u{200E}", "\u{200F}", "\u{2028}", "\u{2029}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": true
        case "\u{FEFF}": true
        default: scalar.isControl
        }
    }

    /// Some browsers decode a percent sign in `filename`, so it is not put there (RFC 6266, appendix D).
    private static func fallbackByte(_ scalar: Unicode.Scalar) -> UInt8 {
        scalar.isASCII && scalar != "%" ? UInt8(scalar.value) : UInt8(ascii: "_")
    }

    private static func percentEncoded(_ name: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in name.utf8 {
            if byte.isTokenCharacter, ![0x25, 0x27, 0x2A].contains(byte) {  // % ' *
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
