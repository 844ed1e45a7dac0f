/// A length of time as somebody wrote it: exact, in whole nanoseconds or in samples.
///
/// Written as `90`, `90s`, `1m30s`, `1h2m3.5s`, `250ms`, `1:30`, `01:02:03.250` or `44100samples`. Only the last number
/// may have a fraction. All arithmetic is in integers, so that nothing drifts.
enum EditLength: Hashable, Sendable {
    case nanoseconds(Int64)
    case samples(Int64)

    /// What a person should write.
    static let forms = "such as 90, 90s, 1m30s, 1:30, 01:02:03.250, 250ms or 44100samples"

    /// The longest that may be written, in seconds; beyond what any recording can have.
    private static let maximumSeconds: Int64 = 10_000_000
    private static let maximumSamples: Int64 = 10_000_000_000_000
    private static let nanosecondsASecond: Int64 = 1_000_000_000

    /// The units in the order in which they may stand, with their nanoseconds.
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
    ]

    /// Reads one of the forms; nil for anything else, for more than nine digits behind the point, and for what is
    /// longer than any recording.
    init?(_ text: some StringProtocol) {
        let text = String(text)
        if text.hasSuffix("samples") {
            guard let count = Self.whole(text.dropLast(7)), count <= Self.maximumSamples else { return nil }
            self = .samples(count)
            return
        }
        let found = text.contains(":") ? Self.clock(text) : Self.united(text)
        guard let found, found <= Self.maximumSeconds * Self.nanosecondsASecond else { return nil }
        self = .nanoseconds(found)
    }

    /// The length in samples, rounded to the nearest; what lies in the middle is rounded up.
    /// - Parameter rate: samples a second, up to a few millions.
    func samples(at rate: Int) -> Int64 {
        switch self {
        case .samples(let count): return count
        case .nanoseconds(let count):
            // Whole seconds and the rest apart, so that no product needs more than 64 bits.
            let seconds = count / Self.nanosecondsASecond
            let rest = count % Self.nanosecondsASecond
            return seconds * Int64(rate)
                + (rest * Int64(rate) + Self.nanosecondsASecond / 2) / Self.nanosecondsASecond
        }
    }

    var isZero: Bool { self == .nanoseconds(0) || self == .samples(0) }

    /// `1:30`, `01:02:03.250`: the parts behind the first one are below 60.
    private static func clock(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let last = parts.last else { return nil }
        var minutes: Int64 = 0
        for (index, part) in parts.dropLast().enumerated() {
            guard let number = whole(part), index == 0 || number < 60 else { return nil }
            minutes = minutes * 60 + number
        }
        guard let seconds = decimal(last, of: nanosecondsASecond), seconds < 60 * nanosecondsASecond,
            minutes <= maximumSeconds / 60
        else { return nil }
        return minutes * 60 * nanosecondsASecond + seconds
    }

    /// `90`, `1h2m3.5s`: each unit at most once, the larger ones first; a single number without a unit is seconds.
    private static func united(_ text: String) -> Int64? {
        if let seconds = decimal(text[...], of: nanosecondsASecond) { return seconds }
        var rest = text[...]
        var sum: Int64 = 0
        var next = 0
        while !rest.isEmpty {
            let number = rest.prefix { isDigit($0) || $0 == "." }
            let name = rest[number.endIndex...].prefix { !isDigit($0) && $0 != "." }
            guard let index = units.firstIndex(where: { $0.name == name }), index >= next else { return nil }
            rest = rest[name.endIndex...]
            guard rest.isEmpty || !number.contains("."), let part = decimal(number, of: units[index].nanoseconds) else {
                return nil
            }
            let (total, overflow) = sum.addingReportingOverflow(part)
            guard !overflow else { return nil }
            sum = total
            next = index + 1
        }
        return next == 0 ? nil : sum
    }

    /// So many units in nanoseconds; nil where that is not a whole number of them.
    private static func decimal(_ text: Substring, of unit: Int64) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let integer = whole(first) else { return nil }
        var sum = Int128(integer) * Int128(unit)
        if parts.count == 2 {
            guard let fraction = whole(parts[1]), parts[1].count <= 9 else { return nil }
            let scale = (0..<parts[1].count).reduce(Int128(1)) { power, _ in power * 10 }
            let (quotient, remainder) = (Int128(fraction) * Int128(unit)).quotientAndRemainder(dividingBy: scale)
            guard remainder == 0 else { return nil }
            sum += quotient
        }
        return Int64(exactly: sum)
    }

    /// Digits and nothing else.
    private static func whole(_ text: some StringProtocol) -> Int64? {
        guard (1...15).contains(text.count), text.allSatisfy({ isDigit($0) }) else { return nil }
        return Int64(text)
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}
