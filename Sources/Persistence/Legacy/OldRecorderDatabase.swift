import Core
import Foundation
import GRDB
import SystemPackage

/// The database of the old recorder, in either of its shapes, read without a trace beside it.
///
/// SQLite writes beside a database even to read it, and what was written last may stand in a log only. So the file is
/// copied together with its logs, and the copy is opened. All calls block.
public struct OldRecorderDatabase: Sendable {
    private let path: String
    private let copy: String
    private static let logs = ["-wal", "-journal"]

    /// - Parameters:
    ///   - path: the database.
    ///   - temporary: a folder for the copy, which goes again.
    public init(path: String, temporary: String) {
        self.path = path
        copy = "\(temporary)/import-\(UUID().uuidString).db"
    }

    /// All rows of the table `recordings`, in the order of their keys.
    /// - Throws: ``OldRecorderError``.
    public func rows() throws(OldRecorderError) -> [OldRecorderRow] {
        defer { removeCopy() }
        do {
            try copyFiles()
            let queue = try DatabaseQueue(path: copy, configuration: Self.configuration)
            let rows = try queue.read { database in
                try check(database)
                return try Self.rows(database)
            }
            try queue.close()
            return rows
        } catch let error as OldRecorderError {
            throw error
        } catch let error as DatabaseError {
            throw .damaged(path, error.message ?? "\(error.resultCode)")
        } catch let error as Errno {
            throw .unreadable(path, error.description)
        } catch {
            throw .unreadable(path, "\(error)")
        }
    }

    // The copy

    private func copyFiles() throws {
        try Self.copyFile(path, to: copy, follows: true)
        for log in Self.logs {
            do {
                try Self.copyFile(path + log, to: copy + log, follows: false)
            } catch Errno.noSuchFileOrDirectory {
                continue
            }
        }
    }

    private static func copyFile(_ from: String, to path: String, follows: Bool) throws {
        var options: FileDescriptor.OpenOptions = [.closeOnExec, .nonBlocking]
        if !follows { options.insert(.noFollow) }
        let source = try FileDescriptor.open(FilePath(from), .readOnly, options: options)
        try source.closeAfter {
            let target = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite)
            try target.closeAfter {
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
                defer { buffer.deallocate() }
                while case let count = try source.read(into: buffer), count > 0 {
                    _ = try target.writeAll(buffer[..<count])
                }
            }
        }
    }

    private func removeCopy() {
        for suffix in [""] + Self.logs + ["-shm"] { try? FileManager.default.removeItem(atPath: copy + suffix) }
    }

    // Reading

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "voicenote.import"
        configuration.prepareDatabase { database in
            // Whoever made the file may have put anything into its schema.
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            try database.execute(sql: "PRAGMA cell_size_check = ON")
        }
        return configuration
    }

    private func check(_ database: Database) throws {
        let problems = try String.fetchAll(database, sql: "PRAGMA quick_check(3)").filter { $0 != "ok" }
        guard problems.isEmpty else {
            let lines = problems.flatMap { $0.split(separator: "\n") }
            throw OldRecorderError.damaged(path, lines.joined(separator: "; "))
        }
    }

    private static func rows(_ database: Database) throws -> [OldRecorderRow] {
        guard try database.tableExists("recordings") else { throw OldRecorderError.noRecordings }
        let columns = Set(try database.columns(in: "recordings").map { $0.name.lowercased() })
        guard columns.isSuperset(of: ["id", "filename"]) else { throw OldRecorderError.noRecordings }
        let wanted = OldRecorderColumn.allCases.filter { columns.contains($0.rawValue) }
        // As bytes, because a text ends at its first NUL for whoever reads it as text; and no more of them than may be.
        let list = wanted.map { "substr(CAST(\($0.rawValue) AS BLOB), 1, \($0.mostBytes + 1)) AS \($0.rawValue)" }
        let cursor = try Row.fetchCursor(
            database, sql: "SELECT \(list.joined(separator: ", ")) FROM recordings ORDER BY recordings.id")
        var rows: [OldRecorderRow] = []
        while let row = try cursor.next() {
            var values: [OldRecorderColumn: Data] = [:]
            for column in wanted { values[column] = row[column.rawValue] as Data? }
            rows.append(OldRecorderRow(values))
        }
        return rows
    }
}

/// Why a database is not read as the old recorder's.
public enum OldRecorderError: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(String, String)
    case damaged(String, String)
    case noRecordings

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)."
        case .damaged(let path, let reason):
            "\(path) is damaged, or no database: \(reason). Stop the old recorder, or restore the file, and try again."
        case .noRecordings:
            "This is not the old recorder's database: it has no table recordings with the columns id and filename."
        }
    }
}
