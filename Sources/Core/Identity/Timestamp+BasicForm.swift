extension Timestamp {
    /// The day of UTC: so many days after 1970-01-01, within the years 1 to 9999.
    public var dayOfEpoch: Int64 { HTTPDate.floorDivide(namable, 86_400_000) }

    /// Appends the basic form of ISO 8601 in whole seconds, 16 bytes of ASCII: `20261121T080000Z`.
    ///
    /// Outside the years 1 to 9999, it is the nearest time that four digits can name. No text is made on the way: this
    /// stands in every signed URL.
    public func appendBasicForm(to bytes: inout [UInt8]) {
        let days = dayOfEpoch
        let seconds = (namable - days * 86_400_000) / 1000
        let (year, month, day) = HTTPDate.civil(fromDays: days)
        bytes.appendTwoDigits(year / 100)
        bytes.appendTwoDigits(year % 100)
        bytes.appendTwoDigits(month)
        bytes.appendTwoDigits(day)
        bytes.append(UInt8(ascii: "T"))
        bytes.appendTwoDigits(seconds / 3600)
        bytes.appendTwoDigits(seconds / 60 % 60)
        bytes.appendTwoDigits(seconds % 60)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// The milliseconds of the nearest time that four digits of a year can name.
    private var namable: Int64 { min(max(milliseconds, -62_135_596_800_000), 253_402_300_799_999) }
}

extension [UInt8] {
    fileprivate mutating func appendTwoDigits(_ number: Int64) {
        append(UInt8(ascii: "0") + UInt8(number / 10))
        append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
