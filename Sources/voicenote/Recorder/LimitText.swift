import Core

/// Reads the limits that a person types.
enum LimitText {
    /// `45` and `45s` are seconds, `90m` minutes, `1h30m` both; also `1:30:00` and `2:05`.
    static func duration(_ text: String) throws(InvalidValue) -> Duration {
        guard let seconds = text.contains(":") ? clock(text) : units(text), (1...604_800).contains(seconds) else {
            throw InvalidValue("\(text) is no length of time such as 45s, 90m, 1h30m or 1:30:00, of a week at most.")
        }
        return .seconds(seconds)
    }

    /// `5000000`, `500kB`, `20MB` or `2GB`, in powers of ten.
    static func bytes(_ text: String) throws(InvalidValue) -> Int64 {
        let number = text.prefix(while: \.isNumber)
        let factor: Int64 =
            switch text.dropFirst(number.count).lowercased() {
            case "", "b": 1
            case "k", "kb": 1_000
            case "m", "mb": 1_000_000
            case "g", "gb": 1_000_000_000
            default: 0
            }
        let (bytes, isOverflow) = (Int64(number) ?? 0).multipliedReportingOverflow(by: factor)
        guard !isOverflow, (100_000...1_000_000_000_000).contains(bytes) else {
            throw InvalidValue("\(text) is no size such as 500kB, 20MB or 2GB, of 100 kB at least.")
        }
        return bytes
    }

    /// Bits a second: `32000` or `32k`.
    static func bitRate(_ text: String) throws(InvalidValue) -> Int {
        let isThousands = text.lowercased().hasSuffix("k")
        guard let number = Int(isThousands ? text.dropLast() : text[...]), (1...1_000_000).contains(number) else {
            throw InvalidValue("\(text) is no bit rate such as 32k or 32000.")
        }
        return isThousands ? number * 1_000 : number
    }

    private static func clock(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard (2...3).contains(parts.count) else { return nil }
        var seconds = 0
        for (index, part) in parts.enumerated() {
            guard let part, (0...(index == 0 ? 1_000 : 59)).contains(part) else { return nil }
            seconds = seconds * 60 + part
        }
        return seconds
    }

    private static func units(_ text: String) -> Int? {
        var rest = text[...]
        var seconds = 0
        for (unit, length) in [("h", 3_600), ("m", 60), ("s", 1)] {
            let digits = rest.prefix(while: \.isNumber)
            let behind = rest.dropFirst(digits.count)
            // A number alone is seconds.
            let isNamed = behind.hasPrefix(unit) || (digits.count == text.count && unit == "s")
            guard !digits.isEmpty, isNamed else { continue }
            guard let number = Int(digits), number <= 1_000_000 else { return nil }
            seconds += number * length
            rest = behind.dropFirst()
        }
        return rest.isEmpty && !text.isEmpty ? seconds : nil
    }
}
