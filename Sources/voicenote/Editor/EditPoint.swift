/// Where the positions of an operation are: in what the operation before left.
struct EditScope: Hashable, Sendable {
    /// Samples a second.
    let rate: Int
    /// Samples; nil where only the server knows how much is left.
    let length: Int64?

    /// The length, for what cannot do without.
    func knownLength() throws(EditTextError) -> Int64 {
        guard let length else {
            throw EditTextError(
                "how long the edit is here is known to the server only, because it removes silence before. Give "
                    + "positions from the start, or call edit twice.")
        }
        return length
    }
}

/// A position as somebody wrote it: from the start, or from the end: `-10s` is ten seconds before the end, `end` the
/// end itself.
enum EditPoint: Hashable, Sendable {
    case fromStart(EditLength)
    case fromEnd(EditLength)

    init?(_ text: some StringProtocol) {
        if text == "end" {
            self = .fromEnd(.samples(0))
        } else if text.hasPrefix("-") {
            guard let length = EditLength(text.dropFirst()) else { return nil }
            self = .fromEnd(length)
        } else {
            guard let length = EditLength(text) else { return nil }
            self = .fromStart(length)
        }
    }

    /// The position in samples, 0 to the length.
    /// - Throws: ``EditTextError`` where it lies outside.
    func position(in scope: EditScope) throws(EditTextError) -> Int64 {
        switch self {
        case .fromStart(let length):
            let position = length.samples(at: scope.rate)
            guard let end = scope.length, position > end else { return position }
            throw EditTextError(
                "\(EditClock.text(position, at: scope.rate)) lies beyond the end: the edit is "
                    + "\(EditClock.text(end, at: scope.rate)) long here (\(end) samples).")
        case .fromEnd(let length):
            let end = try scope.knownLength()
            let back = length.samples(at: scope.rate)
            guard back <= end else {
                throw EditTextError(
                    "\(EditClock.text(back, at: scope.rate)) before the end lies before the start: the edit is "
                        + "\(EditClock.text(end, at: scope.rate)) long here (\(end) samples).")
            }
            return end - back
        }
    }
}

/// Positions for people.
enum EditClock {
    /// `2:05.250`, `1:02:05.250`: to the millisecond.
    static func text(_ samples: Int64, at rate: Int) -> String {
        let rate = Int64(max(1, rate))
        let milliseconds = samples / rate * 1000 + (samples % rate * 1000 + rate / 2) / rate
        let (hours, rest) = milliseconds.quotientAndRemainder(dividingBy: 3_600_000)
        let (minutes, last) = rest.quotientAndRemainder(dividingBy: 60_000)
        let seconds = "\(padded(last / 1000, 2)).\(padded(last % 1000, 3))"
        return hours > 0 ? "\(hours):\(padded(minutes, 2)):\(seconds)" : "\(minutes):\(seconds)"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
