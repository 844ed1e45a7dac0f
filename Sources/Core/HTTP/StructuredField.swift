/// The parts of RFC 9651 that digests and uploads need: keys, bare items and parameters. Inner lists are refused.
enum StructuredField {
    enum Value {
        case bytes([UInt8])
        case integer(Int64)
        case boolean(Bool)
        /// Any other item: read over, not kept.
        case other
    }

    static func key(_ scanner: inout ASCIIScanner) -> String? {
        guard let first = scanner.next, isLowercase(first) || first == UInt8(ascii: "*") else { return nil }
        let key = scanner.take { byte in
            isLowercase(byte) || byte.isASCIIDigit || [0x5F, 0x2D, 0x2E, 0x2A].contains(byte)  // _ - . *
        }
        return String(decoding: key, as: UTF8.self)
    }

    /// `;name` or `;name=item`, any number of them.
    static func skipParameters(_ scanner: inout ASCIIScanner) -> Bool {
        while scanner.skip(";") {
            _ = scanner.take { $0 == UInt8(ascii: " ") }
            guard key(&scanner) != nil else { return false }
            if scanner.skip("="), value(&scanner) == nil { return false }
        }
        return true
    }

    static func value(_ scanner: inout ASCIIScanner) -> Value? {
        guard let first = scanner.next else { return nil }
        switch first {
        case UInt8(ascii: ":"): return bytes(&scanner)
        case UInt8(ascii: "\""): return string(&scanner)
        case UInt8(ascii: "?"): return scanner.skip("?0") ? .boolean(false) : scanner.skip("?1") ? .boolean(true) : nil
        case UInt8(ascii: "@"):
            guard scanner.skip("@"), case .integer? = number(&scanner) else { return nil }
            return .other
        case UInt8(ascii: "-"): return number(&scanner)
        case _ where first.isASCIIDigit: return number(&scanner)
        case _ where isLowercase(first | 0x20) || first == UInt8(ascii: "*"):
            _ = scanner.take { $0.isTokenCharacter || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") }
            return .other
        default: return nil
        }
    }

    private static func bytes(_ scanner: inout ASCIIScanner) -> Value? {
        guard scanner.skip(":") else { return nil }
        let text = scanner.take { $0 != UInt8(ascii: ":") }
        guard scanner.skip(":"), let bytes = Base64Text.decode(text) else { return nil }
        return .bytes(bytes)
    }

    private static func string(_ scanner: inout ASCIIScanner) -> Value? {
        _ = scanner.take()
        while let byte = scanner.take() {
            switch byte {
            case UInt8(ascii: "\""): return .other
            case UInt8(ascii: "\\"):
                guard let escaped = scanner.take(), escaped == 0x22 || escaped == 0x5C else { return nil }
            case 0x20...0x7E: continue
            default: return nil
            }
        }
        return nil
    }

    private static func number(_ scanner: inout ASCIIScanner) -> Value? {
        let isNegative = scanner.skip("-")
        let whole = scanner.take(while: \.isASCIIDigit)
        guard (1...15).contains(whole.count) else { return nil }
        guard scanner.skip(".") else {
            let value = whole.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            return .integer(isNegative ? -value : value)
        }
        let fraction = scanner.take(while: \.isASCIIDigit)
        return whole.count <= 12 && (1...3).contains(fraction.count) ? .other : nil
    }

    private static func isLowercase(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
    }
}
