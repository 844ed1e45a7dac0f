/// The records of a ZIP archive and their lengths in bytes (APPNOTE.TXT 6.3.10, section 4.3).
enum ZipLayout {
    /// What 32 bits cannot say, or say only as "look into the ZIP64 field" (section 4.4.1.4).
    private static let limit32 = Int64(UInt32.max)
    private static let limit16 = Int(UInt16.max)
    /// The checksum and the sizes follow the bytes (bit 3); the name is UTF-8 (bit 11).
    private static let flags: UInt16 = 1 << 3 | 1 << 11
    /// A regular file that everybody may read, as Unix says it.
    private static let attributes: UInt32 = 0o100644 << 16
    private static let madeByUnix: UInt16 = 3 << 8

    private static func isLarge(_ file: ZipFile) -> Bool { file.size >= limit32 }

    /// 4.5 means ZIP64, 2.0 the rest.
    private static func version(zip64: Bool) -> UInt16 { zip64 ? 45 : 20 }

    // MARK: Before and behind a file's bytes

    static func localHeaderLength(_ file: ZipFile) -> Int64 {
        30 + Int64(file.name.utf8.count) + timeLength + (isLarge(file) ? 20 : 0)
    }

    /// The sizes are known, but a header that leaves the checksum to the descriptor leaves them to it too
    /// (section 4.4.4).
    static func localHeader(_ file: ZipFile) -> [UInt8] {
        var record = ZipRecord(signature: 0x0403_4B50)
        record.append(version(zip64: isLarge(file)))
        appendCommon(file, checksum: 0, size: isLarge(file) ? UInt32.max : 0, to: &record)
        record.append(UInt16(timeLength + (isLarge(file) ? 20 : 0)))
        record.append(Array(file.name.utf8))
        appendTime(file, to: &record)
        if isLarge(file) {
            // Says that the descriptor has 64 bits for each size (section 4.3.9.2).
            appendZip64([0, 0], to: &record)
        }
        return record.bytes
    }

    static func descriptorLength(_ file: ZipFile) -> Int64 { isLarge(file) ? 24 : 16 }

    static func descriptor(_ file: ZipFile, checksum: UInt32) -> [UInt8] {
        var record = ZipRecord(signature: 0x0807_4B50)
        record.append(checksum)
        for _ in 0..<2 {
            if isLarge(file) { record.append(file.size) } else { record.append(UInt32(file.size)) }
        }
        return record.bytes
    }

    // MARK: The directory

    static func directoryEntryLength(_ file: ZipFile, offset: Int64) -> Int64 {
        let wide = wideValues(file, offset: offset).count
        return 46 + Int64(file.name.utf8.count) + timeLength + (wide == 0 ? 0 : 4 + 8 * Int64(wide))
    }

    static func directoryEntry(_ file: ZipFile, checksum: UInt32, offset: Int64) -> [UInt8] {
        let wide = wideValues(file, offset: offset)
        var record = ZipRecord(signature: 0x0201_4B50)
        record.append(madeByUnix | version(zip64: !wide.isEmpty))
        record.append(version(zip64: !wide.isEmpty))
        appendCommon(file, checksum: checksum, size: narrow(file.size), to: &record)
        record.append(UInt16(timeLength + (wide.isEmpty ? 0 : 4 + 8 * Int64(wide.count))))
        record.append(UInt16(0))  // no comment
        record.append(UInt16(0))  // the first disk
        record.append(UInt16(0))  // nothing known about the content
        record.append(attributes)
        record.append(narrow(offset))
        record.append(Array(file.name.utf8))
        appendTime(file, to: &record)
        if !wide.isEmpty { appendZip64(wide, to: &record) }
        return record.bytes
    }

    /// What the entry cannot say in 32 bits, in the order of section 4.5.3.
    private static func wideValues(_ file: ZipFile, offset: Int64) -> [Int64] {
        (isLarge(file) ? [file.size, file.size] : []) + (offset >= limit32 ? [offset] : [])
    }

    static func endLength(count: Int, length: Int64, offset: Int64) -> Int64 {
        22 + (needsZip64(count: count, length: length, offset: offset) ? 56 + 20 : 0)
    }

    /// The end of the directory, with the one of ZIP64 and its locator in front where it is needed.
    static func end(count: Int, length: Int64, offset: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        if needsZip64(count: count, length: length, offset: offset) {
            var record = ZipRecord(signature: 0x0606_4B50)
            record.append(UInt64(44))  // what follows of this record
            record.append(madeByUnix | version(zip64: true))
            record.append(version(zip64: true))
            record.append(UInt32(0))
            record.append(UInt32(0))
            record.append(UInt64(count))
            record.append(UInt64(count))
            record.append(length)
            record.append(offset)
            var locator = ZipRecord(signature: 0x0706_4B50)
            locator.append(UInt32(0))
            locator.append(offset + length)
            locator.append(UInt32(1))
            bytes = record.bytes + locator.bytes
        }
        var record = ZipRecord(signature: 0x0605_4B50)
        record.append(UInt16(0))
        record.append(UInt16(0))
        record.append(UInt16(min(count, limit16)))
        record.append(UInt16(min(count, limit16)))
        record.append(narrow(length))
        record.append(narrow(offset))
        record.append(UInt16(0))  // no comment
        return bytes + record.bytes
    }

    private static func needsZip64(count: Int, length: Int64, offset: Int64) -> Bool {
        count >= limit16 || length >= limit32 || offset >= limit32
    }

    // MARK: What records share

    private static func narrow(_ value: Int64) -> UInt32 { UInt32(min(value, limit32)) }

    /// From the flags to the length of the name, as both headers have it.
    private static func appendCommon(_ file: ZipFile, checksum: UInt32, size: UInt32, to record: inout ZipRecord) {
        record.append(flags)
        record.append(UInt16(0))  // stored
        let (date, time) = file.modifiedAt.dosDateAndTime
        record.append(time)
        record.append(date)
        record.append(checksum)
        record.append(size)
        record.append(size)
        record.append(UInt16(file.name.utf8.count))
    }

    private static func appendZip64(_ values: [Int64], to record: inout ZipRecord) {
        record.append(UInt16(0x0001))
        record.append(UInt16(8 * values.count))
        for value in values { record.append(value) }
    }

    private static let timeLength: Int64 = 9

    /// The seconds since 1970 (Info-ZIP's extra field "UT"): a time of DOS knows neither UTC nor odd seconds.
    private static func appendTime(_ file: ZipFile, to record: inout ZipRecord) {
        record.append(UInt16(0x5455))
        record.append(UInt16(timeLength - 4))
        record.append(UInt8(1))  // the modification time only
        record.append(Int32(clamping: HTTPDate.floorDivide(file.modifiedAt.milliseconds, 1000)))
    }
}

extension Timestamp {
    /// The date and the time of MS-DOS (APPNOTE.TXT, section 4.4.6), of UTC, in steps of two seconds; before 1980 and
    /// after 2107 the nearest that it can name.
    var dosDateAndTime: (date: UInt16, time: UInt16) {
        let seconds = min(max(HTTPDate.floorDivide(milliseconds, 1000), 315_532_800), 4_354_819_198)
        let days = seconds / 86_400
        let (year, month, day) = HTTPDate.civil(fromDays: days)
        let rest = seconds - days * 86_400
        return (
            UInt16((year - 1980) << 9 | month << 5 | day),
            UInt16((rest / 3600) << 11 | (rest / 60 % 60) << 5 | (rest % 60 / 2))
        )
    }
}
