import GRDB
import Synchronization

/// Commits batches of writes, each in one transaction.
final class SQLiteWriter: Sendable {
    private let pool: DatabasePool
    private let count = Atomic(0)
    /// Batches that are still to go with savepoints. Only the thread that commits changes it.
    private let careful = Atomic(0)
    private static let carefulBatches = 32
    /// How the writing connection is set. Only the thread that commits changes it; the database opens it with FULL.
    private let isSynced = Atomic(true)

    init(pool: DatabasePool) {
        self.pool = pool
    }

    /// How many transactions were committed.
    var commits: Int { count.load(ordering: .acquiring) }

    /// Commits the batch; what is returned tells everybody in it.
    func commit(_ batch: [PendingWrite]) -> () -> Void {
        var tell: [@Sendable () -> Void] = []
        var together: [PendingWrite] = []
        for write in batch {
            guard write.isAlone else {
                together.append(write)
                continue
            }
            tell += commitTogether(together) + commitTogether([write])
            together = []
        }
        tell += commitTogether(together)
        return { for outcome in tell { outcome() } }
    }

    /// One transaction; what tells everybody in it.
    ///
    /// Most batches go well, so the writes follow each other without savepoints first. When a body throws, all is taken
    /// back and done again, each in a savepoint of its own, which takes back only the failing ones; and so are the next
    /// batches, because who makes one error makes more.
    private func commitTogether(_ batch: [PendingWrite]) -> [@Sendable () -> Void] {
        if batch.isEmpty { return [] }
        do {
            let outcomes: [@Sendable () -> Void]
            let mustLast = batch.contains(where: \.mustLast)
            do {
                outcomes = try transaction(mustLast: mustLast) { database in try run(batch, in: database) }
            } catch is BodyFailed {
                careful.store(Self.carefulBatches, ordering: .relaxed)
                outcomes = try transaction(mustLast: mustLast) { database in try run(batch, in: database) }
            }
            count.add(1, ordering: .acquiringAndReleasing)
            return outcomes
        } catch {
            let error = (error as? DatabaseError)?.asPersistenceError ?? error
            return batch.map { write in { write.fail(error) } }
        }
    }

    /// A body of several threw; nothing of the transaction happened.
    private struct BodyFailed: Error {}

    private func run(_ batch: [PendingWrite], in database: GRDB.Database) throws -> [@Sendable () -> Void] {
        if batch.count == 1 { return [try batch[0].run(SQLiteConnection(database: database))] }
        let isCareful = careful.load(ordering: .relaxed) > 0
        if isCareful { careful.subtract(1, ordering: .relaxed) }
        return try batch.map { write in
            if isCareful { return try run(write, in: database) }
            do { return try write.run(SQLiteConnection(database: database)) } catch { throw BodyFailed() }
        }
    }

    private func transaction<Value>(
        mustLast: Bool, _ body: (GRDB.Database) throws -> Value
    ) throws -> Value {
        try pool.writeWithoutTransaction { database in
            try setSynced(mustLast, database)
            try database.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
            do {
                let value = try body(database)
                try database.cachedStatement(sql: "COMMIT").execute()
                return value
            } catch {
                if database.isInsideTransaction { try? database.execute(sql: "ROLLBACK") }
                throw error
            }
        }
    }

    /// Whether the commits that follow wait for the disk. What one of them syncs is the log, with all that stands before it.
    private func setSynced(_ isSynced: Bool, _ database: GRDB.Database) throws {
        guard self.isSynced.load(ordering: .relaxed) != isSynced else { return }
        try database.execute(sql: "PRAGMA synchronous = \(isSynced ? "FULL" : "NORMAL")")
        self.isSynced.store(isSynced, ordering: .relaxed)
    }

    /// The body in a savepoint; what is to be called after the commit. Throws only when the whole transaction is gone.
    private func run(_ write: PendingWrite, in database: GRDB.Database) throws -> @Sendable () -> Void {
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
struct PendingWrite: Sendable {
    let run: @Sendable (any SQLConnection) throws -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
    /// Whether it needs a transaction of its own.
    let isAlone: Bool
    /// Whether it must be on disk before anybody is told.
    let mustLast: Bool
}
