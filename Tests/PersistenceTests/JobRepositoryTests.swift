import Core
import Testing

@testable import Persistence

@Suite struct JobRepositoryTests {
    private static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private static func claim(
        _ fixture: Fixture, as owner: String = "me", kinds: [String] = ["k"], limit: Int = 10, at now: Int64,
        until: Int64 = 1_000_000
    ) async throws -> [Job] {
        try await fixture.database.write {
            try $0.jobs.claim(kinds: kinds, owner: owner, limit: limit, now: time(now), leaseUntil: time(until))
        }
    }

    private static func enqueue(_ fixture: Fixture, _ subject: String, kind: String = "k", at: Int64) async throws {
        try await fixture.database.write {
            try $0.jobs.enqueue(kind: kind, subject: subject, mostAttempts: 3, at: time(at))
        }
    }

    private static func find(_ fixture: Fixture, _ subject: String) async throws -> Job? {
        try await fixture.database.read { try $0.jobs.find(kind: "k", subject: subject) }
    }

    @Test("due jobs are claimed in the order in which they became due, no more than asked for, of known kinds only")
    func order() async throws {
        let fixture = try await Fixture()
        for (subject, at) in [("c", 30), ("a", 10), ("d", 40), ("b", 20)] as [(String, Int64)] {
            try await Self.enqueue(fixture, subject, at: at)
        }
        try await Self.enqueue(fixture, "foreign", kind: "other", at: 1)
        #expect(try await Self.claim(fixture, limit: 2, at: 35).map(\.subject).sorted() == ["a", "b"])
        #expect(try await Self.claim(fixture, at: 35).map(\.subject) == ["c"])
        #expect(try await Self.claim(fixture, at: 35).isEmpty, "d is not due yet")
        #expect(try await Self.claim(fixture, limit: 0, at: 100).isEmpty)
        #expect(try await Self.claim(fixture, kinds: [], at: 100).isEmpty)
        let last = try #require(try await Self.claim(fixture, at: 40, until: 99).first)
        #expect(last.subject == "d" && last.state == .running && last.attempts == 1 && last.mostAttempts == 3)
        #expect(last.leaseUntil == Self.time(99))
    }

    @Test("a job whose lease ran out can be claimed again, one whose lease holds cannot")
    func expiry() async throws {
        let fixture = try await Fixture()
        try await Self.enqueue(fixture, "a", at: 1)
        let first = try #require(try await Self.claim(fixture, as: "dead", at: 10, until: 20).first)
        #expect(try await Self.claim(fixture, as: "other", at: 20).isEmpty)
        let second = try #require(try await Self.claim(fixture, as: "other", at: 21).first)
        #expect(second.id == first.id)
        #expect(second.attempts == 2)
    }

    @Test("only the owner may extend, finish, release or give back")
    func owner() async throws {
        let fixture = try await Fixture()
        try await Self.enqueue(fixture, "a", at: 1)
        let job = try #require(try await Self.claim(fixture, as: "dead", at: 10, until: 20).first)
        _ = try await Self.claim(fixture, as: "other", at: 30, until: 90)
        let before = try await Self.find(fixture, "a")
        let answers = try await fixture.database.write { connection in
            let jobs = connection.jobs
            let answers = [
                try jobs.extendLease(job.id, owner: "dead", until: Self.time(500)),
                try jobs.finish(job.id, owner: "dead"),
                try jobs.release(job.id, owner: "dead", error: "late", runAt: nil),
            ]
            try jobs.giveBack(job.id, owner: "dead", at: Self.time(1))
            return answers
        }
        #expect(answers == [false, false, false])
        #expect(try await Self.find(fixture, "a") == before)
        let owner = try await fixture.database.write { connection in
            (
                try connection.jobs.extendLease(job.id, owner: "other", until: Self.time(500)),
                try connection.jobs.find(kind: "k", subject: "a")?.leaseUntil,
                try connection.jobs.finish(job.id, owner: "other"),
                try connection.jobs.finish(job.id, owner: "other")
            )
        }
        #expect(owner == (true, Self.time(500), true, false))
        #expect(try await Self.find(fixture, "a") == nil)
    }

    @Test("two owners who claim at the same time never get the same job")
    func parallel() async throws {
        let fixture = try await Fixture()
        let second = try SQLiteDatabase(path: fixture.path)
        try await fixture.database.write { connection in
            for number in 0..<300 {
                try connection.jobs.enqueue(
                    kind: "k", subject: "\(number)", mostAttempts: 3, at: Self.time(Int64(number)))
            }
        }
        let claimed = try await withThrowingTaskGroup(of: [Job].self) { group in
            for number in 0..<4 {
                let database = number.isMultiple(of: 2) ? fixture.database : second
                group.addTask {
                    var mine: [Job] = []
                    while true {
                        let jobs = try await database.write {
                            try $0.jobs.claim(
                                kinds: ["k"], owner: "owner \(number)", limit: 3, now: Self.time(1000),
                                leaseUntil: Self.time(100_000))
                        }
                        if jobs.isEmpty { return mine }
                        mine += jobs
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claimed.count == 300)
        #expect(Set(claimed.map(\.id)).count == 300)
        #expect(claimed.allSatisfy { $0.attempts == 1 })
        try await second.close()
    }

    @Test("to enqueue twice is to enqueue once, while the job waits and while it runs")
    func idempotent() async throws {
        let fixture = try await Fixture()
        try await Self.enqueue(fixture, "a", at: 10)
        try await Self.enqueue(fixture, "a", at: 5)
        #expect(try await Self.find(fixture, "a")?.runAt == Self.time(10))
        let job = try #require(try await Self.claim(fixture, at: 20).first)
        try await Self.enqueue(fixture, "a", at: 30)
        let running = try await Self.find(fixture, "a")
        #expect(running?.state == .running)
        #expect(running?.id == job.id)
        #expect(try await fixture.database.read { try $0.jobs.counts() } == [.running: 1])
    }

    @Test("a job that was given up starts anew when it is enqueued")
    func anew() async throws {
        let fixture = try await Fixture()
        try await Self.enqueue(fixture, "a", at: 10)
        let job = try #require(try await Self.claim(fixture, at: 20).first)
        #expect(
            try await fixture.database.write {
                try $0.jobs.release(job.id, owner: "me", error: "broken", runAt: nil)
            })
        let failed = try await Self.find(fixture, "a")
        #expect(failed?.state == .failed)
        #expect(failed?.lastError == "broken")
        #expect(try await Self.claim(fixture, at: 1_000_000_000).isEmpty, "one that gave up is left alone")
        try await Self.enqueue(fixture, "a", at: 40)
        let again = try #require(try await Self.claim(fixture, at: 40).first)
        #expect(again.attempts == 1)
        #expect(again.lastError == nil)
    }

    @Test("a released job waits until its time and keeps its attempts and its reason")
    func release() async throws {
        let fixture = try await Fixture()
        try await Self.enqueue(fixture, "a", at: 10)
        let job = try #require(try await Self.claim(fixture, at: 20).first)
        _ = try await fixture.database.write {
            try $0.jobs.release(job.id, owner: "me", error: "busy", runAt: Self.time(50))
        }
        let waiting = try #require(try await Self.find(fixture, "a"))
        #expect(waiting.state == .waiting && waiting.lastError == "busy" && waiting.leaseUntil == nil)
        #expect(try await Self.claim(fixture, at: 49).isEmpty)
        #expect(try await Self.claim(fixture, at: 50).map(\.attempts) == [2])
    }

    @Test("a job that is given back has lost no attempt")
    func giveBack() async throws {
        let fixture = try await Fixture()
        try await Self.enqueue(fixture, "a", at: 10)
        for round in 0..<5 {
            let job = try #require(try await Self.claim(fixture, as: "owner \(round)", at: 20).first)
            #expect(job.attempts == 1)
            try await fixture.database.write {
                try $0.jobs.giveBack(job.id, owner: "owner \(round)", at: Self.time(15))
            }
        }
        let job = try #require(try await Self.find(fixture, "a"))
        #expect(job.state == .waiting && job.attempts == 0 && job.leaseUntil == nil && job.runAt == Self.time(15))
    }

    @Test("freeing every lease lets interrupted work begin at once, its attempt counted, and touches nothing else")
    func freeLeases() async throws {
        let fixture = try await Fixture()
        for subject in ["running", "waiting", "failed"] { try await Self.enqueue(fixture, subject, at: 1) }
        for job in try await Self.claim(fixture, as: "dead", at: 10) where job.subject != "running" {
            let retryAt = job.subject == "waiting" ? Self.time(500) : nil
            _ = try await fixture.database.write {
                try $0.jobs.release(job.id, owner: "dead", error: "why", runAt: retryAt)
            }
        }
        #expect(try await fixture.database.write { try $0.jobs.freeLeases(at: Self.time(20)) } == 1)
        #expect(try await Self.claim(fixture, as: "new", at: 20).map(\.subject) == ["running"])
        #expect(try await Self.find(fixture, "running")?.attempts == 2)
        #expect(try await Self.find(fixture, "waiting")?.runAt == Self.time(500))
        #expect(try await Self.find(fixture, "failed")?.state == .failed)
    }

    @Test("deleting takes the job of the subject and no other")
    func delete() async throws {
        let fixture = try await Fixture()
        try await Self.enqueue(fixture, "a", at: 1)
        try await Self.enqueue(fixture, "b", at: 1)
        try await Self.enqueue(fixture, "a", kind: "other", at: 1)
        try await fixture.database.write { try $0.jobs.delete(kind: "k", subject: "a") }
        #expect(try await Self.find(fixture, "a") == nil)
        #expect(try await fixture.database.read { try $0.jobs.counts() } == [.waiting: 2])
    }
}
