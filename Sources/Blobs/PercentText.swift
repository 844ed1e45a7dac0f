/// Percent-encoded text (RFC 3986, section 2.1), written and read.
enum PercentText {
    /// A component of a URL: everything but `A-Z a-z 0-9 - _ . ~` becomes `%XX` with upper-case digits.
    static func component(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the text in the same way; a path keeps its slashes.
    static func append(_ text: String, keepingSlashes: Bool = false, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { source in
            // What stays is copied in whole runs: most of a key stays.
            var start = 0
            for index in source.indices {
                let byte = source[index]
                if isUnreserved(byte) || (keepingSlashes && byte == UInt8(ascii: "/")) { continue }
                bytes.append(contentsOf: source[start..<index])
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digit(byte >> 4))
                bytes.append(digit(byte & 0xF))
                start = index + 1
            }
            bytes.append(contentsOf: source[start...])
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"): true
        default: false
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }

    /// The bytes that the text stands for. A percent sign without two digits behind it stands for itself.
    ///
    /// - Parameter plusIsSpace: as in forms (`application/x-www-form-urlencoded`).
    static func decode(_ text: some Sequence<UInt8>, plusIsSpace: Bool = false) -> [UInt8] {
        let source = Array(text)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.count)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
                let high = value(of: source[index + 1]), let low = value(of: source[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(plusIsSpace && source[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : source[index])
                index += 1
            }
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
