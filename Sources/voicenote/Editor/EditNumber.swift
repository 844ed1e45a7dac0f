/// Numbers on the command line.
enum EditNumber {
    /// `-3`, `+2.5`, `0`, with the unit behind it or without: digits and one point, and no infinity or other words that
    /// floating point knows.
    static func decimal(_ text: some StringProtocol, unit: String = "") -> Double? {
        var digits = String(text)
        if !unit.isEmpty, digits.hasSuffix(unit) { digits.removeLast(unit.count) }
        let unsigned = digits.first == "-" || digits.first == "+" ? digits.dropFirst() : digits[...]
        let parts = unsigned.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard unsigned.count <= 20,
            parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { ("0"..."9").contains($0) } })
        else { return nil }
        return Double(digits)
    }

    /// `64k` or `64000`: bits a second.
    static func bitRate(_ text: String) -> Int? {
        let isThousands = text.hasSuffix("k")
        let digits = isThousands ? text.dropLast() : text[...]
        guard (1...9).contains(digits.count), digits.allSatisfy({ ("0"..."9").contains($0) }),
            let number = Int(digits)
        else { return nil }
        return isThousands ? number * 1000 : number
    }
}
