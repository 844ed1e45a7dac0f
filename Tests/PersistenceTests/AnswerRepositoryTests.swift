import Core
import Testing

@testable import Persistence

@Suite struct AnswerRepositoryTests {
    private static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    /// The answer `a` to the request `r`, with a number behind each.
    private static func keep(
        _ number: Int, under key: String, of account: Account, at milliseconds: Int64,
        replacingBefore expiry: Int64 = 0, in database: SQLiteDatabase
    ) async throws -> Bool {
        try await database.write { connection in
            try connection.answers.insert(
                key, of: account.id, request: "r\(number)", answer: "a\(number)", at: time(milliseconds),
                replacingBefore: time(expiry))
        }
    }

    private static func found(
        _ key: String, of account: Account, since milliseconds: Int64 = 0, in database: SQLiteDatabase
    ) async throws -> [String]? {
        try await database.read { connection in
            try connection.answers.find(key, of: account.id, since: time(milliseconds)).map { [$0.request, $0.answer] }
        }
    }

    @Test("an answer is found by its account and key, and by no other")
    func find() async throws {
        let fixture = try await Fixture()
        let database = fixture.database
        let (ada, bob) = (try await fixture.account(), try await fixture.account())
        #expect(try await Self.keep(1, under: "k", of: ada, at: 1000, in: database))
        #expect(try await Self.keep(2, under: "k", of: bob, at: 1000, in: database))
        #expect(try await Self.found("k", of: ada, in: database) == ["r1", "a1"])
        #expect(try await Self.found("k", of: bob, in: database) == ["r2", "a2"])
        #expect(try await Self.found("K", of: ada, in: database) == nil)
        #expect(try await Self.found("", of: ada, in: database) == nil)
    }

    @Test("an answer counts up to its age", arguments: [(1000, true), (1001, false), (0, true)])
    func age(since: Int64, isFound: Bool) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        #expect(try await Self.keep(1, under: "k", of: account, at: 1000, in: fixture.database))
        let found = try await Self.found("k", of: account, since: since, in: fixture.database)
        #expect((found != nil) == isFound)
    }

    @Test("the first answer under a key stays until it is too old")
    func first() async throws {
        let fixture = try await Fixture()
        let database = fixture.database
        let account = try await fixture.account()
        #expect(try await Self.keep(1, under: "k", of: account, at: 1000, in: database))
        #expect(try await !Self.keep(2, under: "k", of: account, at: 1500, replacingBefore: 1000, in: database))
        #expect(try await Self.found("k", of: account, in: database) == ["r1", "a1"])
        #expect(try await Self.keep(3, under: "k", of: account, at: 3000, replacingBefore: 1001, in: database))
        #expect(try await Self.found("k", of: account, since: 3000, in: database) == ["r3", "a3"])
    }

    @Test("the oldest are forgotten first, no more at a time than was said, and none that still counts")
    func expire() async throws {
        let fixture = try await Fixture()
        let database = fixture.database
        let account = try await fixture.account()
        for number in [5, 1, 4, 2, 3] {
            #expect(try await Self.keep(number, under: "k\(number)", of: account, at: Int64(number), in: database))
        }
        func forget() async throws -> Int {
            try await database.write { try $0.answers.expire(before: Self.time(5), limit: 3) }
        }
        #expect(try await forget() == 3)
        for number in 1...3 { #expect(try await Self.found("k\(number)", of: account, in: database) == nil) }
        #expect(try await Self.found("k4", of: account, in: database) != nil)
        #expect(try await forget() == 1)
        #expect(try await forget() == 0)
        #expect(try await Self.found("k5", of: account, in: database) != nil)
    }

    @Test("answers go with their account, and none is kept for an account that is not there")
    func account() async throws {
        let fixture = try await Fixture()
        let database = fixture.database
        let account = try await fixture.account()
        #expect(try await Self.keep(1, under: "k", of: account, at: 1000, in: database))
        try await database.change("DELETE FROM accounts")
        #expect(try await Self.found("k", of: account, in: database) == nil)
        await #expect(throws: (any Error).self) {
            _ = try await Self.keep(1, under: "k", of: account, at: 1000, in: database)
        }
    }
}
