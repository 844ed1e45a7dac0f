import GRDB
import Synchronization

/// Commits batches of writes, each in one transaction.
final class SQLiteWriter: Sendable {
    private let pool: DatabasePool
    private let count = Atomic(0)

    init(pool: DatabasePool) {
        self.pool = pool
    }

    /// How many transactions were committed.
    var commits: Int { count.load(ordering: .acquiring) }

    /// Commits the batch; what is returned tells everybody in it.
    ///
    /// Failures are rare, so the writes follow each other without savepoints first. When one fails, all is taken back
    /// and done again, each in a savepoint of its own, which takes back only the failing ones.
    func commit(_ batch: [PendingWrite]) -> () -> Void {
        do {
            let outcomes: [@Sendable () -> Void]
            do {
                outcomes = try transaction { database in
                    try batch.map { try $0.run(SQLiteConnection(database: database)) }
                }
            } catch  where batch.count > 1 {
                outcomes = try transaction { database in try batch.map { try run($0, in: database) } }
            }
            count.add(1, ordering: .acquiringAndReleasing)
            return { for outcome in outcomes { outcome() } }
        } catch {
            let error = (error as? DatabaseError)?.asPersistenceError ?? error
            return { for write in batch { write.fail(error) } }
        }
    }

    private func transaction<Value>(_ body: (GRDB.Database) throws -> Value) throws -> Value {
        try pool.writeWithoutTransaction { database in
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
}
