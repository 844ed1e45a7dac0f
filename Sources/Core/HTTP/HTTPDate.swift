/// A moment of HTTP, in whole seconds of UTC (RFC 9110, section 5.6.7).
///
/// Formatting and parsing use integers only: no locale, no time zone database, no shared formatter.
public struct HTTPDate: Sendable, Hashable, Comparable {
    /// The first moment that an HTTP date can name: `Mon, 01 Jan 0001 00:00:00 GMT`.
    public static let earliest = HTTPDate(clampingSeconds: .min)
    /// The last moment that an HTTP date can name: `Fri, 31 Dec 9999 23:59:59 GMT`.
    public static let latest = HTTPDate(clampingSeconds: .max)

    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
    public let secondsSinceEpoch: Int64

    /// A moment within the years 1 to 9999, which four digits can name; nil outside them.
    public init?(secondsSinceEpoch: Int64) {
        guard Self.range.contains(secondsSinceEpoch) else { return nil }
        self.secondsSinceEpoch = secondsSinceEpoch
    }

    /// The moment, or the nearest one that an HTTP date can name.
    public init(clampingSeconds seconds: Int64) {
        secondsSinceEpoch = min(max(seconds, Self.range.lowerBound), Self.range.upperBound)
    }

    public static func < (left: HTTPDate, right: HTTPDate) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }

    private static let range = Int64(-62_135_596_800)...253_402_300_799
    static let secondsPerDay: Int64 = 86_400
    static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let longWeekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The IMF-fixdate form, the only one that may be sent: `Sun, 06 Nov 1994 08:49:37 GMT`.
    public var text: String {
        let second = secondsSinceEpoch - Self.floorDivide(secondsSinceEpoch, Self.secondsPerDay) * Self.secondsPerDay
        let days = Self.floorDivide(secondsSinceEpoch, Self.secondsPerDay)
        let (year, month, day) = Self.civil(fromDays: days)
        let date = "\(Self.padded(day, 2)) \(Self.months[Int(month) - 1]) \(Self.padded(year, 4))"
        let time = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        return "\(Self.weekdays[Self.weekday(ofDays: days)]), \(date) \(time) GMT"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
