extension Timestamp {
    /// Reads a time of RFC 3339: `2026-11-21T08:00:00Z`, with or without fractions of a second, with `Z` or an offset.
    /// Fractions beyond milliseconds are cut off. Nil for anything else, and for what no clock shows, such as 25:00.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (20...40).contains(bytes.count) else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            return bytes[range].reduce(Int64?(0)) { value, byte in
                guard let value, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                return value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
        }
        func has(_ character: Character, at index: Int) -> Bool {
            index < bytes.count && bytes[index] == character.asciiValue
        }
        guard has("-", at: 4), has("-", at: 7), has("T", at: 10) || has("t", at: 10), has(":", at: 13),
            has(":", at: 16),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), year >= 1, (1...12).contains(month),
            (1...HTTPDate.daysIn(month: month, year: year)).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        var index = 19
        var milliseconds: Int64 = 0
        if has(".", at: index) {
            let digits = bytes[(index + 1)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !digits.isEmpty else { return nil }
            let padded = (Array(digits) + [UInt8](repeating: UInt8(ascii: "0"), count: 3)).prefix(3)
            milliseconds = padded.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            index = digits.endIndex
        }
        var offset: Int64 = 0
        if has("Z", at: index) || has("z", at: index) {
            guard index + 1 == bytes.count else { return nil }
        } else {
            guard has("+", at: index) || has("-", at: index), has(":", at: index + 3), index + 6 == bytes.count,
                let hours = number(index + 1..<index + 3), let minutes = number(index + 4..<index + 6), hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (has("-", at: index) ? -60 : 60)
        }
        let seconds = HTTPDate.days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
        self.init(milliseconds: (seconds - offset) * 1000 + milliseconds)
    }
}
