import Core
import Dispatch
import GRDB
import Glibc
import SystemPackage

/// SQLite in WAL mode with `synchronous=FULL`: a commit is on disk when it returns, unless all of it can be repeated.
///
/// One writer, many readers. Writes that wait while another commit is under way share the next transaction (group
/// commit), and one that throws takes back only its own change.
public final class SQLiteDatabase: SQLDatabase {
    private let pool: DatabasePool
    /// For what is rare and long.
    private let maintenance = DispatchQueue(label: "voicenote.sqlite.maintenance")
    private let writes: BatchQueue<PendingWrite>
    private let writer: SQLiteWriter
    /// Writes in one transaction, so that no one waits for an endless batch.
    private static let mostWritesTogether = 256
    /// How long a relaxed write waits for company.
    private static let patience = DispatchTimeInterval.milliseconds(10)

    /// Opens or creates the file. Its folder must be there.
    public init(path: String, readers: Int = 4) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(10)
        configuration.label = "voicenote"
        let pool = try DatabasePool(path: path, configuration: configuration)
        // The pool asks for NORMAL, which in WAL mode may lose the last commits in a power cut.
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // What a savepoint may have to take back is kept in memory: in a file it costs more than the write itself.
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            // Digests come in no order, so that each upload touches pages of its own. Pages that stay in memory need not
            // be read again, and those that change often are written to the database once for many commits.
            try database.execute(sql: "PRAGMA cache_size = -16384")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 8000")
        }
        self.pool = pool
        let writer = SQLiteWriter(pool: pool)
        self.writer = writer
        writes = BatchQueue(
            label: "voicenote.sqlite.writer", mostTogether: Self.mostWritesTogether, patience: Self.patience
        ) { batch in
            let tell = writer.commit(batch)
            return { _ in tell() }
        }
    }

    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await pool.read { try body(SQLiteConnection(database: $0)) }
    }

    public func submit<Value: Sendable>(
        _ urgency: WriteUrgency, _ body: @escaping @Sendable (any SQLConnection) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let write = PendingWrite(
            run: { connection in
                let value = try body(connection)
                return { completion(.success(value)) }
            },
            fail: { completion(.failure($0)) }, isAlone: urgency == .alone, mustLast: urgency != .repeatable)
        switch urgency {
        case .prompt, .alone: writes.add(write, .prompt)
        case .onThisThread, .repeatable: writes.add(write, .onThisThread)
        case .relaxed: writes.add(write, .relaxed)
        }
    }

    public var generation: Int { writer.commits }

    public func sync() async throws {
        let path = pool.path
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            // Not on the queue of what is long.
            DispatchQueue(label: "voicenote.sqlite.sync").async {
                // What is in the file itself was synced before the log began anew.
                continuation.resume(with: Result { try Self.syncData(path + "-wal") })
            }
        }
    }

    private static func syncData(_ path: String) throws {
        let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        try file.closeAfter {
            guard fdatasync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
    }

    public func backup(to path: String) async throws {
        try await blocking { pool in
            let copy = try DatabaseQueue(path: path)
            try pool.backup(to: copy)
            try copy.close()
        }
    }

    public func integrityProblems() async throws -> [String] {
        let rows = try await read { try $0.query("PRAGMA quick_check") }
        return try rows.map { try $0.text("quick_check") }.filter { $0 != "ok" }
    }

    public func close() async throws {
        try await blocking { try $0.close() }
    }

    private func blocking(_ body: @escaping @Sendable (DatabasePool) throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            maintenance.async { [pool] in continuation.resume(with: Result { try body(pool) }) }
        }
    }
}
