import Blobs
import Core
import Foundation

@testable import Persistence
@testable import Services

/// Makes databases like the old recorder's.
enum OldRecorder {
    struct Row {
        var id: Int64
        var filename: String
        var storedName: String?
        var title: String?
        var duration: Double?
        var size: Int64?
        var checksum: String?
        var status = "active"
        var createdAt: String? = "2024-05-01 10:11:12.250000"
    }

    /// With and without what its last migration added.
    enum Shape: CaseIterable {
        case first, last

        fileprivate var table: String {
            switch self {
            case .first:
                """
                CREATE TABLE recordings (id INTEGER PRIMARY KEY, filename TEXT UNIQUE, title TEXT, duration REAL,
                status TEXT, created_at TEXT)
                """
            case .last:
                """
                CREATE TABLE recordings (id INTEGER PRIMARY KEY, filename TEXT, stored_filename TEXT UNIQUE, title TEXT,
                duration REAL, filesize_bytes INTEGER, mime_type TEXT, checksum TEXT, status TEXT, sync_status TEXT,
                last_synced_at TEXT, created_at TEXT, modified_at TEXT)
                """
            }
        }
    }

    /// - Parameter more: statements that follow.
    /// - Returns: the database; as long as it is open, what was written last may stand in its log only.
    static func make(
        _ path: String, _ shape: Shape = .last, _ rows: [Row], more: [String] = []
    ) async throws -> SQLiteDatabase {
        let database = try SQLiteDatabase(path: path)
        try await database.write { connection in
            try connection.execute(shape.table)
            for row in rows { try insert(row, shape, connection) }
            for statement in more { try connection.execute(statement) }
        }
        return database
    }

    private static func insert(_ row: Row, _ shape: Shape, _ connection: any SQLConnection) throws {
        let common: [SQLValue] = [
            .integer(row.id), .text(row.filename), .optionalText(row.title), row.duration.map(SQLValue.real) ?? .null,
            .text(row.status), .optionalText(row.createdAt),
        ]
        switch shape {
        case .first:
            try connection.execute("INSERT INTO recordings VALUES ($1, $2, $3, $4, $5, $6)", common)
        case .last:
            try connection.execute(
                """
                INSERT INTO recordings (id, filename, title, duration, status, created_at, stored_filename,
                filesize_bytes, checksum) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """,
                common + [.optionalText(row.storedName), .optionalInteger(row.size), .optionalText(row.checksum)])
        }
    }
}

extension ImportPlace {
    /// An old recorder in the folder.
    func oldRecorder(
        _ shape: OldRecorder.Shape = .last, _ rows: [OldRecorder.Row], more: [String] = []
    ) async throws -> OldRecorderSource {
        let path = "\(folder)/app.db"
        try await OldRecorder.make(path, shape, rows, more: more).close()
        return OldRecorderSource(path, temporary: fixture.folder.path(.temp))
    }

    /// A row for real speech in `raw` or `edited`, with everything as it is.
    func row(
        _ id: Int64, _ recording: String, in room: String = "raw", as name: String
    ) throws -> OldRecorder.Row {
        let path = try speech(recording, as: "recordings/\(room)/\(name)")
        let (sha256, size) = try SourceFile(path).digest()
        return OldRecorder.Row(
            id: id, filename: "original \(name)", storedName: name, title: "Talk \(id)", duration: 10, size: size,
            checksum: sha256.description)
    }
}
