extension HTTPDate {
    /// Reads any of the three forms that a recipient must accept (RFC 9110, section 5.6.7): IMF-fixdate and the obsolete
    /// forms of RFC 850 and `asctime`. Names are case-sensitive, and the day of the week must be the right one.
    ///
    /// - Parameters:
    ///   - text: a header's value; more than 40 bytes are never a date.
    ///   - now: decides the century of a year of two digits: a date more than 50 years ahead lies in the past.
    ///     Without it 70 to 99 are 19xx and 00 to 69 are 20xx, as POSIX has it.
    /// - Returns: nil when the text is no date; a caller then ignores the field.
    public static func parse(_ text: String, now: HTTPDate? = nil) -> HTTPDate? {
        guard text.utf8.count <= 40 else { return nil }
        var scanner = ASCIIScanner(text.utf8)
        guard let name = scanner.letters() else { return nil }
        let weekday: Int?
        let parts: Parts?
        if let long = longWeekdays.firstIndex(of: name), scanner.skip(", ") {
            (weekday, parts) = (long, rfc850(&scanner, now: now))
        } else if let short = weekdays.firstIndex(of: name) {
            weekday = short
            parts = scanner.skip(", ") ? fixdate(&scanner) : asctime(&scanner)
        } else {
            return nil
        }
        guard let parts, scanner.isAtEnd, let date = parts.date else { return nil }
        guard Self.weekday(ofDays: floorDivide(parts.startOfDay, secondsPerDay)) == weekday else { return nil }
        return date
    }

    private struct Parts {
        var year: Int64
        var month: Int64
        var day: Int64
        var secondOfDay: Int64

        var startOfDay: Int64 { HTTPDate.days(year: year, month: month, day: day) * HTTPDate.secondsPerDay }

        var date: HTTPDate? {
            guard year >= 1, day >= 1, day <= HTTPDate.daysIn(month: month, year: year) else { return nil }
            return HTTPDate(secondsSinceEpoch: startOfDay + secondOfDay)
        }
    }

    private static func fixdate(_ scanner: inout ASCIIScanner) -> Parts? {
        guard let day = scanner.number(digits: 2), scanner.skip(" "), let month = month(&scanner), scanner.skip(" "),
            let year = scanner.number(digits: 4), scanner.skip(" "), let time = time(&scanner), scanner.skip(" GMT")
        else { return nil }
        return Parts(year: year, month: month, day: day, secondOfDay: time)
    }

    private static func rfc850(_ scanner: inout ASCIIScanner, now: HTTPDate?) -> Parts? {
        guard let day = scanner.number(digits: 2), scanner.skip("-"), let month = month(&scanner), scanner.skip("-"),
            let short = scanner.number(digits: 2), scanner.skip(" "), let time = time(&scanner), scanner.skip(" GMT")
        else { return nil }
        var parts = Parts(year: (short < 70 ? 2000 : 1900) + short, month: month, day: day, secondOfDay: time)
        if let now {
            let current = civil(fromDays: floorDivide(now.secondsSinceEpoch, secondsPerDay))
            parts.year = current.year - current.year % 100 + short
            if parts.year > current.year + 50 { parts.year -= 100 }
        }
        return parts
    }

    private static func asctime(_ scanner: inout ASCIIScanner) -> Parts? {
        guard scanner.skip(" "), let month = month(&scanner), scanner.skip(" "),
            let day = scanner.skip(" ") ? scanner.number(digits: 1) : scanner.number(digits: 2), scanner.skip(" "),
            let time = time(&scanner), scanner.skip(" "), let year = scanner.number(digits: 4)
        else { return nil }
        return Parts(year: year, month: month, day: day, secondOfDay: time)
    }

    private static func month(_ scanner: inout ASCIIScanner) -> Int64? {
        scanner.letters().flatMap { months.firstIndex(of: $0) }.map { Int64($0) + 1 }
    }

    /// `hour:minute:second`; the second may be 60, a leap second, which counts as the next minute's first.
    private static func time(_ scanner: inout ASCIIScanner) -> Int64? {
        guard let hour = scanner.number(digits: 2), scanner.skip(":"), let minute = scanner.number(digits: 2),
            scanner.skip(":"), let second = scanner.number(digits: 2), hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }
}
