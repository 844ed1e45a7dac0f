import Core
import Foundation
import Testing

@testable import Persistence

/// What ``SQLDatabase`` promises: durable commits, writes that share them without sharing failures, snapshots.
@Suite struct DatabaseTests {
    private struct Refused: Error {}

    @Test("the connection that writes syncs every commit, in WAL mode, with foreign keys")
    func durable() async throws {
        let fixture = try await Fixture()
        let settings = try await fixture.database.write { connection in
            (
                try connection.number("PRAGMA synchronous"), try connection.query("PRAGMA journal_mode")[0].values[0],
                try connection.number("PRAGMA foreign_keys")
            )
        }
        #expect(settings.0 == 2, "2 is FULL")
        #expect(settings.1 == .text("wal"))
        #expect(settings.2 == 1)
    }

    @Test("many concurrent writes all land")
    func concurrent() async throws {
        let fixture = try await Fixture(migrated: false)
        try await fixture.database.change("CREATE TABLE t (n BIGINT PRIMARY KEY)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    try await fixture.database.change("INSERT INTO t (n) VALUES ($1)", [.integer(Int64(number))])
                }
            }
            try await group.waitForAll()
        }
        #expect(try await fixture.database.read { try $0.number("SELECT COUNT(*) FROM t") } == 1000)
    }

    @Test("a write that is acknowledged is in the log on disk, for a process that opens the file anew")
    func acknowledged() async throws {
        let fixture = try await Fixture(migrated: false)
        try await fixture.database.change("CREATE TABLE t (n BIGINT PRIMARY KEY)")
        for number in 0..<5 {
            let before = try fixture.commits()
            try await fixture.database.change("INSERT INTO t (n) VALUES ($1)", [.integer(Int64(number))])
            #expect(try fixture.commits() == before + 1)
            let other = try SQLiteDatabase(path: fixture.path)
            #expect(try await other.read { try $0.number("SELECT COUNT(*) FROM t") } == Int64(number + 1))
            try await other.close()
        }
    }

    @Test("writes that wait for the writer share the next commit")
    func groupCommit() async throws {
        let fixture = try await Fixture(migrated: false)
        try await fixture.database.change("CREATE TABLE t (n BIGINT PRIMARY KEY)")
        let before = try fixture.commits()
        try await Self.behindGate(fixture.database, count: 100) { number, connection in
            try connection.execute("INSERT INTO t (n) VALUES ($1)", [.integer(Int64(number))])
        }
        #expect(try await fixture.database.read { try $0.number("SELECT COUNT(*) FROM t") } == 100)
        #expect(try fixture.commits() - before <= 3, "a hundred writes took this many commits")
    }

    @Test("a write that throws takes back its own change and nobody else's")
    func ownChange() async throws {
        let fixture = try await Fixture(migrated: false)
        try await fixture.database.change("CREATE TABLE t (n BIGINT PRIMARY KEY)")
        let outcomes = try await Self.behindGate(fixture.database, count: 90) { number, connection in
            try connection.execute("INSERT INTO t (n) VALUES ($1)", [.integer(Int64(number))])
            if number.isMultiple(of: 3) { throw Refused() }
            if number % 3 == 1 { try connection.execute("INSERT INTO t (n) VALUES ($1)", [.integer(Int64(number))]) }
        }
        for (number, error) in outcomes {
            switch number % 3 {
            case 0: #expect(error is Refused)
            case 1: #expect(error as? PersistenceError == .uniqueViolation("UNIQUE constraint failed: t.n"))
            default: #expect(error == nil)
            }
        }
        let kept = try await fixture.database.read { connection in
            try connection.query("SELECT n FROM t ORDER BY n").map { try $0.integer("n") }
        }
        #expect(kept == stride(from: 2, to: 90, by: 3).map(Int64.init))
    }

    @Test("when the disk is full, who was told of success is there and who was told of failure is not")
    func full() async throws {
        let fixture = try await Fixture(migrated: false)
        try await fixture.database.write { connection in
            try connection.execute("CREATE TABLE t (n BIGINT PRIMARY KEY, text TEXT)")
            let pages = try connection.number("PRAGMA page_count")
            _ = try connection.query("PRAGMA max_page_count = \(pages + 20)")
        }
        let outcomes = try await Self.behindGate(fixture.database, count: 40) { number, connection in
            let text = String(repeating: "x", count: number.isMultiple(of: 2) ? 10 : 40_000)
            try connection.execute("INSERT INTO t (n, text) VALUES ($1, $2)", [.integer(Int64(number)), .text(text)])
        }
        let kept = Set(
            try await fixture.database.read { connection in
                try connection.query("SELECT n FROM t").map { Int(try $0.integer("n")) }
            })
        for (number, error) in outcomes {
            #expect(kept.contains(number) == (error == nil))
            if let error { #expect(error as? PersistenceError == .full) }
        }
        #expect(outcomes.contains { $0.error != nil })
        // The database goes on when there is space again.
        try await fixture.database.write { connection in
            _ = try connection.query("PRAGMA max_page_count = 100000")
            try connection.execute("INSERT INTO t (n) VALUES (1000)")
        }
    }

    @Test("a read sees one state, whatever is written meanwhile")
    func snapshot() async throws {
        let fixture = try await Fixture(migrated: false)
        try await fixture.database.change("CREATE TABLE t (n BIGINT PRIMARY KEY)")
        let gate = Gate()
        async let counts = fixture.database.read { connection in
            let before = try connection.number("SELECT COUNT(*) FROM t")
            gate.pass()
            return (before, try connection.number("SELECT COUNT(*) FROM t"))
        }
        await gate.waitUntilReached()
        try await fixture.database.change("INSERT INTO t (n) VALUES (1)")
        gate.open()
        #expect(try await counts == (0, 0))
        #expect(try await fixture.database.read { try $0.number("SELECT COUNT(*) FROM t") } == 1)
    }

    @Test("a read cannot write")
    func readOnly() async throws {
        let fixture = try await Fixture()
        await #expect(throws: (any Error).self) {
            try await fixture.database.read { try $0.execute("DELETE FROM accounts") }
        }
    }

    @Test("a backup is a database that can be opened, with everything in it")
    func backup() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let copy = fixture.folder + "/copy.sqlite"
        try await fixture.database.backup(to: copy)
        let opened = try SQLiteDatabase(path: copy)
        #expect(try await opened.read { try $0.accounts.find(account.id) } == account)
        #expect(try await opened.integrityProblems() == [])
        #expect(try await Migrator(opened).version() == Migrator.migrations.count)
        try await opened.close()
    }

    @Test("a damaged file does not pass the check")
    func damaged() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.database.integrityProblems() == [])
        for _ in 0..<50 { _ = try await fixture.account() }
        let copy = fixture.folder + "/copy.sqlite"
        try await fixture.database.backup(to: copy)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
        try #require(bytes.count > 8192)
        for index in 4096..<bytes.count { bytes[index] ^= 0x5A }
        try bytes.write(to: URL(fileURLWithPath: copy))
        let isSound: Bool
        do {
            let opened = try SQLiteDatabase(path: copy)
            isSound = try await opened.integrityProblems().isEmpty
        } catch {
            isSound = false
        }
        #expect(!isSound)
    }

    /// Runs the writes while another one keeps the writer busy, so that they wait together; what each threw.
    @discardableResult
    private static func behindGate(
        _ database: SQLiteDatabase, count: Int, _ body: @escaping @Sendable (Int, any SQLConnection) throws -> Void
    ) async throws -> [(number: Int, error: (any Error)?)] {
        let gate = Gate()
        async let blocker: Void = database.write { _ in gate.pass() }
        await gate.waitUntilReached()
        let outcomes = await withTaskGroup(of: (number: Int, error: (any Error)?).self) { group in
            for number in 0..<count {
                group.addTask {
                    do {
                        try await database.write { try body(number, $0) }
                        return (number, nil)
                    } catch {
                        return (number, error)
                    }
                }
            }
            // Long enough for all of them to stand in the queue; a straggler makes one more commit, not a failure.
            try? await Task.sleep(for: .milliseconds(300))
            gate.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        try await blocker
        return outcomes
    }
}
