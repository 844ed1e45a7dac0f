import Dispatch
import Foundation
import GRDB
import Synchronization

/// SQLite in WAL mode with `synchronous=FULL`: a commit is on disk when it returns.
///
/// One writer, many readers. Writes that wait while another commit is under way share the next transaction (group
/// commit): each in a savepoint of its own, so that one that throws takes back only its own change.
public final class SQLiteDatabase: SQLDatabase {
    private let pool: DatabasePool
    private let queue = DispatchQueue(label: "voicenote.sqlite.writer")
    private let waiting = Mutex(Waiting())
    private let commits = Atomic(0)
    /// Writes in one transaction, so that no one waits for an endless batch.
    private static let mostWritesTogether = 256
    /// How long a relaxed write waits for company.
    private static let patience = DispatchTimeInterval.milliseconds(10)

    private struct Waiting {
        var writes: [PendingWrite] = []
        var isDraining = false
        /// Whether a drain is set for the relaxed writes.
        var isTimed = false
    }

    /// Opens or creates the file. Its folder must be there.
    public init(path: String, readers: Int = 4) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(10)
        configuration.label = "voicenote"
        pool = try DatabasePool(path: path, configuration: configuration)
        // The pool asks for NORMAL, which in WAL mode may lose the last commits in a power cut.
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // What a savepoint may have to take back is kept in memory: in a file it costs more than the write itself.
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
        }
    }

    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await pool.read { try body(SQLiteConnection(database: $0)) }
    }

    public func write<Value: Sendable>(
        _ urgency: WriteUrgency, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let write = PendingWrite(
                run: { connection in
                    let value = try body(connection)
                    return { continuation.resume(returning: value) }
                },
                fail: { continuation.resume(throwing: $0) })
            switch add(write, urgency) {
            case .now: queue.async { self.drain() }
            case .soon: queue.asyncAfter(deadline: .now() + Self.patience) { self.drainRelaxed() }
            case .underWay: break
            }
        }
    }

    private enum Drain {
        case now, soon, underWay
    }

    private func add(_ write: PendingWrite, _ urgency: WriteUrgency) -> Drain {
        waiting.withLock { waiting in
            waiting.writes.append(write)
            switch urgency {
            case _ where waiting.isDraining: return .underWay
            case .prompt:
                waiting.isDraining = true
                return .now
            case .relaxed where waiting.isTimed: return .underWay
            case .relaxed:
                waiting.isTimed = true
                return .soon
            }
        }
    }

    /// Writes what nobody took along in the meantime.
    private func drainRelaxed() {
        let mustDrain = waiting.withLock { waiting in
            waiting.isTimed = false
            guard !waiting.isDraining, !waiting.writes.isEmpty else { return false }
            waiting.isDraining = true
            return true
        }
        if mustDrain { drain() }
    }

    public var generation: Int { commits.load(ordering: .acquiring) }

    public func backup(to path: String) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { [pool] in
                continuation.resume(
                    with: Result {
                        let copy = try DatabaseQueue(path: path)
                        try pool.backup(to: copy)
                        try copy.close()
                    })
            }
        }
    }

    public func integrityProblems() async throws -> [String] {
        let rows = try await read { try $0.query("PRAGMA quick_check") }
        return try rows.map { try $0.text("quick_check") }.filter { $0 != "ok" }
    }

    public func close() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { [pool] in continuation.resume(with: Result { try pool.close() }) }
        }
    }

    /// Runs on the writer's queue until nobody waits any more.
    private func drain() {
        while true {
            let batch: [PendingWrite] = waiting.withLock { waiting in
                let count = min(waiting.writes.count, Self.mostWritesTogether)
                guard count > 0 else {
                    waiting.isDraining = false
                    return []
                }
                let batch = Array(waiting.writes.prefix(count))
                waiting.writes.removeFirst(count)
                return batch
            }
            if batch.isEmpty { return }
            commit(batch)
        }
    }

    private func commit(_ batch: [PendingWrite]) {
        var outcomes: [() -> Void] = []
        do {
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "BEGIN IMMEDIATE")
                do {
                    if batch.count == 1 {
                        outcomes.append(try batch[0].run(SQLiteConnection(database: database)))
                    } else {
                        for write in batch { outcomes.append(try run(write, in: database)) }
                    }
                    try database.execute(sql: "COMMIT")
                } catch {
                    if database.isInsideTransaction { try? database.execute(sql: "ROLLBACK") }
                    throw error
                }
            }
        } catch {
            let error = (error as? DatabaseError)?.asPersistenceError ?? error
            for write in batch { write.fail(error) }
            return
        }
        commits.add(1, ordering: .acquiringAndReleasing)
        for outcome in outcomes { outcome() }
    }

    /// The body in a savepoint; what is to be called after the commit. Throws only when the whole transaction is gone.
    private func run(_ write: PendingWrite, in database: GRDB.Database) throws -> () -> Void {
        try database.cachedStatement(sql: "SAVEPOINT one_write").execute()
        do {
            let succeed = try write.run(SQLiteConnection(database: database))
            try database.cachedStatement(sql: "RELEASE one_write").execute()
            return succeed
        } catch {
            // A full disk or an I/O error ends the transaction itself: then nothing of the batch may report success.
            guard database.isInsideTransaction else { throw error }
            try database.cachedStatement(sql: "ROLLBACK TO one_write").execute()
            try database.cachedStatement(sql: "RELEASE one_write").execute()
            return { write.fail(error) }
        }
    }
}

/// A write that waits for its transaction. Exactly one of the closures that it leads to is called, once.
private struct PendingWrite: Sendable {
    let run: @Sendable (any SQLConnection) throws -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
}
