import Core
import GRDB
import Synchronization
import Testing

@testable import Persistence

/// What shares a transaction, and what must not.
@Suite struct WriterTests {
    private struct Refused: Error {}

    @Test("what needs a transaction of its own sees only what is committed, whatever waits beside it, and runs once")
    func alone() async throws {
        let fixture = try await Fixture(migrated: false)
        try await fixture.database.change("CREATE TABLE t (n BIGINT PRIMARY KEY)")
        let runs = Counted()
        let seen = Counted()
        let database = fixture.database
        try await behindGate(
            database,
            [
                { try await database.change("INSERT INTO t (n) VALUES (1)") },
                {
                    try await database.write(.alone) { connection in
                        runs.note(0)
                        let visible = try connection.number("SELECT COUNT(*) FROM t")
                        // On another connection there is only what is committed.
                        if try Self.committed(fixture) == visible { seen.note(0) }
                    }
                },
                {
                    _ = try? await database.write { connection in
                        try connection.execute("INSERT INTO t (n) VALUES (2)")
                        throw Refused()
                    }
                },
            ])
        #expect(runs.counts == [0: 1])
        #expect(seen.counts == [0: 1])
        #expect(try Self.committed(fixture) == 1)
    }

    @Test("after a failure the next batches are careful, and nobody's body runs twice for another's mistake")
    func careful() async throws {
        let fixture = try await Fixture(migrated: false)
        try await fixture.database.change("CREATE TABLE t (n BIGINT PRIMARY KEY)")
        let database = fixture.database
        let runs = Counted()
        for round in 0..<2 {
            try await behindGate(
                database,
                (0..<20).map { number in
                    {
                        _ = try? await database.write { connection in
                            runs.note(100 * round + number)
                            try connection.execute(
                                "INSERT INTO t (n) VALUES ($1)", [.integer(Int64(100 * round + number))])
                            if number == 10 { throw Refused() }
                        }
                    }
                })
        }
        #expect(try Self.committed(fixture) == 38)
        let second = runs.counts.filter { $0.key >= 100 }
        #expect(second.count == 20 && second.values.allSatisfy { $0 == 1 })
    }

    /// The rows that another connection sees, as another process would.
    private static func committed(_ fixture: Fixture) throws -> Int64 {
        let queue = try DatabaseQueue(path: fixture.path)
        defer { try? queue.close() }
        return try queue.read { try Int64.fetchOne($0, sql: "SELECT COUNT(*) FROM t") ?? -1 }
    }

    /// Lets the tasks line up behind a write that is under way, so that they are in one batch.
    private func behindGate(
        _ database: SQLiteDatabase, _ tasks: [@Sendable () async throws -> Void]
    ) async throws {
        let gate = Gate()
        async let blocker: Void = database.write { _ in gate.pass() }
        await gate.waitUntilReached()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in tasks { group.addTask { try await task() } }
            // Long enough for all of them to stand in the queue.
            try await Task.sleep(for: .milliseconds(300))
            gate.open()
            try await group.waitForAll()
        }
        try await blocker
    }
}

/// How often each number was noted.
private final class Counted: Sendable {
    private let state = Mutex<[Int: Int]>([:])

    func note(_ number: Int) { state.withLock { $0[number, default: 0] += 1 } }

    var counts: [Int: Int] { state.withLock { $0 } }
}
