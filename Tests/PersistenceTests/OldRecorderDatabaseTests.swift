import Core
import Foundation
import GRDB
import Testing

@testable import Persistence

/// The old recorder's database, as it may come.
@Suite struct OldRecorderDatabaseTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "voicenote-old-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder + "/temp", withIntermediateDirectories: true)
    }

    private var path: String { folder + "/app.db" }

    private func rows() throws -> [OldRecorderRow] {
        try OldRecorderDatabase(path: path, temporary: folder + "/temp").rows()
    }

    private func cleanUp() {
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func make(_ statements: String...) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { database in
            for statement in statements { try database.execute(sql: statement) }
        }
        try queue.close()
    }

    private static let table = """
        CREATE TABLE recordings (id INTEGER PRIMARY KEY, filename TEXT, stored_filename TEXT, title TEXT, duration REAL,
        filesize_bytes INTEGER, checksum TEXT, status TEXT, created_at)
        """

    @Test("everything that it says of a recording is read")
    func all() throws {
        defer { cleanUp() }
        try make(
            Self.table,
            """
            INSERT INTO recordings VALUES
            (2, 'b.wav', 's2.wav', 'Ein Gespräch', 12.3456, 960044, 'abc', 'ARCHIVED', '2024-05-01 10:11:12'),
            (1, 'a.wav', NULL, NULL, NULL, NULL, NULL, NULL, NULL)
            """)
        let rows = try rows()
        #expect(rows.map(\.id) == ["1", "2"])
        var first = OldRecorderRow()
        first.id = "1"
        first.fileName = "a.wav"
        #expect(rows[0] == first && rows[0].name == "a.wav")
        let second = rows[1]
        #expect(second.name == "s2.wav" && second.fileName == "b.wav" && second.title == "Ein Gespräch")
        #expect(second.duration == .milliseconds(12_346) && second.size == 960_044 && second.checksum == "abc")
        #expect(second.status == .archived && second.createdAt == Timestamp("2024-05-01T10:11:12Z"))
        #expect(second.remarks.isEmpty)
    }

    @Test("what no recorder wrote is not used, and said so")
    func strange() throws {
        defer { cleanUp() }
        try make(
            Self.table,
            """
            INSERT INTO recordings VALUES
            (1, CAST(X'61002E' AS TEXT), X'FFFE', CAST(zeroblob(1000000) AS TEXT), -1, -5, NULL, 'lost', 'yesterday'),
            (2, 'b.wav', '', '', 'long', 1e300, '', '', '')
            """)
        let rows = try rows()
        #expect(rows[0].fileName == nil && rows[0].storedName == "" && rows[0].title == nil)
        #expect(rows[0].duration == nil && rows[0].size == nil && rows[0].createdAt == nil)
        #expect(rows[0].status == .active)
        #expect(rows[0].remarks.count == 7, "\(rows[0].remarks)")
        #expect(rows[1].name == "b.wav" && rows[1].duration == nil && rows[1].size == nil)
        #expect(rows[1].remarks.count == 2, "\(rows[1].remarks)")
    }

    @Test(
        "times are read in every way in which they may be written",
        arguments: [
            ("2024-05-01 10:11:12.250999", "2024-05-01T10:11:12.250Z"),
            ("2024-05-01T10:11:12", "2024-05-01T10:11:12.000Z"),
            ("2024-05-01T12:11:12+02:00", "2024-05-01T10:11:12.000Z"),
            ("2024-05-01 10:11:12-01:30", "2024-05-01T11:41:12.000Z"),
            ("2024-05-01 10:11", "2024-05-01T10:11:00.000Z"),
            ("2024-05-01", "2024-05-01T00:00:00.000Z"),
            ("1714558272", "2024-05-01T10:11:12.000Z"),
            ("1714558272.25", "2024-05-01T10:11:12.250Z"),
            ("1714558272250", "2024-05-01T10:11:12.250Z"),
        ])
    func times(text: String, time: String) {
        #expect(OldRecorderRow.time(text)?.description == time)
    }

    @Test(
        "what is no time is none",
        arguments: ["", "0", "20240501", "inf", "nan", "2024-13-01", "10:11:12", "2024-05-01 25:00:00"])
    func noTimes(text: String) {
        #expect(OldRecorderRow.time(text) == nil)
    }

    @Test("what stands in the log only is read, and nothing is written beside the database or left of its copy")
    func log() throws {
        defer { cleanUp() }
        let pool = try DatabasePool(path: folder + "/live.db")
        try pool.write { database in
            try database.execute(sql: Self.table)
            try database.execute(sql: "INSERT INTO recordings (id, filename) VALUES (1, 'a.wav')")
        }
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: "\(folder)/live.db\(suffix)", toPath: path + suffix)
        }
        try pool.close()
        let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let content = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try rows().map(\.fileName) == ["a.wav"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/temp").isEmpty)
    }

    @Test("another database, a damaged one and none at all are refused in words, and leave no copy")
    func refused() throws {
        defer { cleanUp() }
        #expect(throws: OldRecorderError.self) { try rows() }
        try make("CREATE TABLE songs (id INTEGER)")
        #expect(throws: OldRecorderError.noRecordings) { try rows() }
        try make("CREATE TABLE recordings (id INTEGER PRIMARY KEY, song TEXT)")
        #expect(throws: OldRecorderError.noRecordings) { try rows() }
        try Data("no database, only a text that is long enough to be looked at".utf8)
            .write(to: URL(fileURLWithPath: path))
        #expect(throws: OldRecorderError.self) { try rows() }
        try FileManager.default.removeItem(atPath: path)
        try make(Self.table, "INSERT INTO recordings (filename) SELECT hex(randomblob(3000)) FROM pragma_function_list")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(bytes.count > 40_000)
        for index in stride(from: 8192, to: bytes.count, by: 4096) { bytes[index] = 77 }
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(throws: OldRecorderError.self) { try rows() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/temp").isEmpty)
    }
}
