import Core
import Foundation

/// The columns that are read, where the table has them.
enum OldRecorderColumn: String, CaseIterable {
    case id, filename, title, duration, checksum, status
    case storedName = "stored_filename"
    case size = "filesize_bytes"
    case createdAt = "created_at"

    /// More than that is nothing that the old recorder wrote.
    var mostBytes: Int {
        switch self {
        case .id, .duration, .size, .createdAt, .status: 64
        case .checksum: 200
        case .filename, .storedName: 1024
        case .title: 4096
        }
    }
}

extension OldRecorderRow {
    init(_ values: [OldRecorderColumn: Data]) {
        self.init()
        id = text(values, .id)
        fileName = text(values, .filename)
        storedName = text(values, .storedName)
        // What could not be used must not be taken for a name that was never there.
        if storedName == nil, values[.storedName]?.isEmpty == false { storedName = "" }
        title = text(values, .title)
        checksum = text(values, .checksum)
        duration = value(values, .duration, Self.duration)
        size = value(values, .size) { Int64($0).flatMap { $0 >= 0 ? $0 : nil } }
        createdAt = value(values, .createdAt, Self.time)
        status = value(values, .status) { Status(rawValue: $0.lowercased()) } ?? .active
    }

    /// The column's text, or nil with a remark. An empty one is none.
    private mutating func text(_ values: [OldRecorderColumn: Data], _ column: OldRecorderColumn) -> String? {
        guard let data = values[column], !data.isEmpty else { return nil }
        guard data.count <= column.mostBytes else {
            remarks.append("Its \(column.rawValue) is longer than \(column.mostBytes) bytes and was not used.")
            return nil
        }
        guard !data.contains(0), let text = String(validating: data, as: UTF8.self) else {
            remarks.append("Its \(column.rawValue) is no proper text and was not used.")
            return nil
        }
        return text
    }

    private mutating func value<Value>(
        _ values: [OldRecorderColumn: Data], _ column: OldRecorderColumn, _ read: (String) -> Value?
    ) -> Value? {
        guard let text = text(values, column)?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return nil }
        if let value = read(text) { return value }
        remarks.append("Its \(column.rawValue) is not understood and was not used.")
        return nil
    }

    /// Seconds with fractions; a year at most.
    private static func duration(_ text: String) -> Duration? {
        guard let seconds = Double(text), seconds.isFinite, (0...31_557_600).contains(seconds) else { return nil }
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }

    /// ISO 8601 with a blank or a `T`, with or without seconds, fractions and offset; or seconds or milliseconds since 1970,
    /// of 1973 or later, so that no date written together is taken for them. A time without an offset is taken for UTC.
    static func time(_ text: String) -> Timestamp? {
        if let number = Double(text) {
            guard (100_000_000..<253_402_300_800_000).contains(number) else { return nil }
            // Seconds reach this number in the year 5138, milliseconds had passed it in 1973.
            return Timestamp(milliseconds: Int64(number < 100_000_000_000 ? number * 1000 : number))
        }
        var text = text
        if text.utf8.count == 10 { text += "T00:00:00" }
        if let blank = text.firstIndex(of: " "), text.utf8.distance(from: text.startIndex, to: blank) == 10 {
            text.replaceSubrange(blank...blank, with: "T")
        }
        if text.utf8.count == 16 { text += ":00" }
        let zone = text.utf8.dropFirst(19)
        let hasZone = zone.contains { $0 == UInt8(ascii: "Z") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
        return Timestamp(hasZone ? text : text + "Z")
    }
}
