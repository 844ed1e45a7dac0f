import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs
@testable import Persistence

@Suite struct JobRunnerTests {
    private struct Unforeseen: Error {}

    @Test("a job is run, its effect is recorded, and then it is gone")
    func runs() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a", "b")
        try await fixture.running(fixture.runner(Handler { .trace("done \($0.subject)") })) {
            try await eventually { try await fixture.effects().count == 2 }
        }
        #expect(try await fixture.effects() == ["done a", "done b"])
        #expect(try await fixture.job("a") == nil)
    }

    @Test("what follows a job's end sees its effect")
    func afterCommit() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        let seen = Mutex<[String]>([])
        let handler = Handler { _ in
            let trace = JobEffect.trace("done")
            return JobEffect(apply: trace.apply) {
                let effects = (try? await fixture.effects()) ?? []
                seen.withLock { $0 = effects }
            }
        }
        try await fixture.running(fixture.runner(handler)) {
            try await eventually { seen.withLock { $0 == ["done"] } }
        }
    }

    @Test("a transient failure is tried again after a wait, a real second call each time (known mistake 2)")
    func retries() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        let times = Mutex<[ContinuousClock.Instant]>([])
        let handler = Handler { job in
            times.withLock { $0.append(.now) }
            // The failure comes out of an asynchronous call, as it does in real work.
            try await Task.sleep(for: .milliseconds(5))
            if job.attempts == 1 { throw JobFailure("busy", isTransient: true) }
            if job.attempts == 2 { throw Unforeseen() }
            return .trace("done after \(job.attempts)")
        }
        try await fixture.running(fixture.runner(handler)) {
            try await eventually { try await fixture.effects().count == 1 }
        }
        #expect(try await fixture.effects() == ["done after 3"])
        let attempts = times.withLock { $0 }
        try #require(attempts.count == 3)
        #expect(attempts[1] - attempts[0] >= .milliseconds(20), "half of the base")
        #expect(attempts[2] - attempts[1] >= .milliseconds(40), "half of the doubled base")
    }

    @Test("after the last attempt a job is given up: the reason stays, its effect is recorded")
    func givesUp() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        let calls = Counter()
        let handler = Handler { job in
            throw JobFailure("busy \(calls.increase())", isTransient: true)
        }
        try await fixture.running(fixture.runner(handler)) {
            try await eventually { try await fixture.job("a")?.state == .failed }
            try await Task.sleep(for: .milliseconds(300))
        }
        #expect(calls.value == 3, "and not once more")
        #expect(try await fixture.effects() == ["a lost: busy 3"])
        #expect(try await fixture.job("a")?.lastError == "busy 3")
    }

    @Test("a permanent failure is not tried again")
    func permanent() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        let calls = Counter()
        let handler = Handler { _ in
            calls.increase()
            throw JobFailure("not audio", isTransient: false)
        }
        try await fixture.running(fixture.runner(handler)) {
            try await eventually { try await fixture.job("a")?.state == .failed }
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(calls.value == 1)
        #expect(try await fixture.effects() == ["a lost: not audio"])
    }

    @Test("giving up and its effect happen together or not at all")
    func giveUpTogether() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        let tries = Counter()
        let states = Mutex<[Job.State]>([])
        let handler = Handler(
            work: { _ in throw JobFailure("no", isTransient: false) },
            lost: { _, _ in
                JobEffect(apply: { connection in
                    _ = try connection.execute("INSERT INTO effects (text) VALUES ('lost')", [])
                    if tries.increase() == 1 { throw Unforeseen() }
                })
            })
        try await fixture.running(fixture.runner(handler, lease: .milliseconds(200))) {
            try await eventually {
                let state = try await fixture.job("a")?.state
                let effects = try await fixture.effects().count
                if effects == 0, let state { states.withLock { $0.append(state) } }
                return state == .failed && effects == 1
            }
        }
        #expect(!states.withLock { $0 }.contains(.failed), "given up, and its effect was missing")
        #expect(tries.value == 2)
    }

    @Test("an effect that fails takes the job's end back with it, and the work is done again")
    func failedEffect() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        let handler = Handler { job in
            JobEffect(apply: { connection in
                _ = try connection.execute("INSERT INTO effects (text) VALUES ($1)", [.text("\(job.attempts)")])
                if job.attempts == 1 { throw Unforeseen() }
            })
        }
        try await fixture.running(fixture.runner(handler)) {
            try await eventually { try await fixture.job("a") == nil }
        }
        #expect(try await fixture.effects() == ["2"])
    }

    @Test("the input of a job is there for every attempt and after the last one (known mistake 1)")
    func inputStays() async throws {
        let fixture = try await Fixture()
        let input = fixture.folder + "/input.wav"
        try Data("audio".utf8).write(to: URL(fileURLWithPath: input))
        try await fixture.enqueue(input)
        let reads = Mutex<[String]>([])
        let handler = Handler { job in
            let text = try String(contentsOfFile: job.subject, encoding: .utf8)
            reads.withLock { $0.append(text) }
            throw JobFailure("busy", isTransient: true)
        }
        try await fixture.running(fixture.runner(handler)) {
            try await eventually { try await fixture.job(input)?.state == .failed }
        }
        #expect(reads.withLock { $0 } == ["audio", "audio", "audio"])
        #expect(FileManager.default.fileExists(atPath: input))
    }

    @Test("a job whose process died is run by another, and has its effect once")
    func takeOver() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        try await fixture.database.write { connection in
            let now = Timestamp.now()
            let jobs = try connection.jobs.claim(
                kinds: ["k"], owner: "dead", limit: 1, now: now, leaseUntil: now + .milliseconds(300))
            #expect(jobs.count == 1)
        }
        let start = ContinuousClock.now
        try await fixture.running(
            fixture.runner(Handler { .trace("attempt \($0.attempts)") }),
            fixture.runner(Handler { .trace("attempt \($0.attempts)") })
        ) {
            try await eventually { try await fixture.job("a") == nil }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(ContinuousClock.now - start >= .milliseconds(250), "the lease was not waited for")
        #expect(try await fixture.effects() == ["attempt 2"])
    }

    @Test("a runner that lost its lease is told to stop, and what it made has no effect")
    func lostLease() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        let started = Counter()
        let cancelled = Counter()
        let followed = Counter()
        let stubborn = Handler { _ in
            started.increase()
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
            cancelled.increase()
            return JobEffect(apply: JobEffect.trace("stale").apply) { followed.increase() }
        }
        try await fixture.running(fixture.runner(stubborn, lease: .milliseconds(4500))) {
            try await eventually { started.value == 1 }
            try await fixture.database.write { connection in
                _ = try connection.execute(
                    "UPDATE jobs SET lease_owner = 'other', lease_until = $1",
                    [
                        .integer((Timestamp.now() + .seconds(60)).milliseconds)
                    ])
            }
            try await eventually { cancelled.value == 1 }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await fixture.effects() == [])
        #expect(followed.value == 0)
        let job = try await fixture.job("a")
        #expect(job?.state == .running && job?.attempts == 1, "it is the other's now")
    }

    @Test("work that ends after another took the job over has no effect, and nothing follows it")
    func tooLate() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        let started = Counter()
        let mayEnd = Counter()
        let ended = Counter()
        let followed = Counter()
        let handler = Handler { _ in
            started.increase()
            while mayEnd.value == 0 { try await Task.sleep(for: .milliseconds(5)) }
            ended.increase()
            return JobEffect(apply: JobEffect.trace("stale").apply) { followed.increase() }
        }
        try await fixture.running(fixture.runner(handler)) {
            try await eventually { started.value == 1 }
            try await fixture.database.write { connection in
                _ = try connection.execute("UPDATE jobs SET lease_owner = 'other'", [])
            }
            mayEnd.increase()
            try await eventually { ended.value == 1 }
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(try await fixture.effects() == [])
        #expect(followed.value == 0)
        #expect(try await fixture.job("a")?.state == .running, "it is the other's now")
    }

    @Test("a heartbeat keeps the lease of work that takes longer, so that nobody else begins it")
    func heartbeat() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        let calls = Counter()
        let slow = Handler { _ in
            calls.increase()
            try await Task.sleep(for: .seconds(16))
            return .trace("done")
        }
        // Long enough for a busy machine to be late with a heartbeat.
        let lease = Duration.seconds(10)
        try await fixture.running(fixture.runner(slow, lease: lease), fixture.runner(slow, lease: lease)) {
            try await eventually(within: .seconds(30)) { try await fixture.job("a") == nil }
        }
        #expect(calls.value == 1)
        #expect(try await fixture.effects() == ["done"])
    }

    @Test("a job that ends its process again and again is given up without being run")
    func poison() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        for _ in 0..<3 {
            try await fixture.database.write { connection in
                _ = try connection.jobs.claim(
                    kinds: ["k"], owner: "dead", limit: 1, now: .now(), leaseUntil: Timestamp(milliseconds: 1))
            }
        }
        let calls = Counter()
        let handler = Handler { _ in
            calls.increase()
            return JobEffect()
        }
        try await fixture.running(fixture.runner(handler)) {
            try await eventually { try await fixture.job("a")?.state == .failed }
        }
        #expect(calls.value == 0)
        #expect(try await fixture.effects() == ["a lost: The work was interrupted 3 times."])
    }

    @Test("a stop gives unfinished jobs back unharmed")
    func stop() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a", "b")
        let started = Counter()
        let handler = Handler { _ in
            started.increase()
            try await Task.sleep(for: .seconds(60))
            return .trace("never")
        }
        let clock = ContinuousClock()
        let time = try await clock.measure {
            try await fixture.running(fixture.runner(handler)) {
                try await eventually { started.value == 2 }
            }
        }
        #expect(time < .seconds(20))
        for subject in ["a", "b"] {
            let job = try #require(try await fixture.job(subject))
            #expect(job.state == .waiting && job.attempts == 0 && job.leaseUntil == nil && job.lastError == nil)
        }
        try await fixture.running(fixture.runner(Handler { .trace($0.subject) })) {
            try await eventually { try await fixture.effects() == ["a", "b"] }
        }
    }

    @Test("no more jobs run at a time than are allowed", arguments: [1, 3])
    func bound(concurrency: Int) async throws {
        let fixture = try await Fixture()
        for number in 0..<20 { try await fixture.enqueue("\(number)") }
        let now = Counter()
        let most = Mutex(0)
        let handler = Handler { job in
            let count = now.increase()
            most.withLock { $0 = max($0, count) }
            try await Task.sleep(for: .milliseconds(20))
            now.increase(by: -1)
            return .trace(job.subject)
        }
        try await fixture.running(fixture.runner(handler, concurrency: concurrency)) {
            try await eventually { try await fixture.effects().count == 20 }
        }
        #expect(most.withLock { $0 } == concurrency)
    }

    @Test("of a batch of jobs none is left behind (known mistake 3)")
    func batch() async throws {
        let fixture = try await Fixture()
        try await fixture.database.write { connection in
            for number in 0..<100 {
                try connection.jobs.enqueue(kind: "k", subject: "\(number)", mostAttempts: 3, at: .now())
            }
        }
        let handler = Handler { .trace($0.subject) }
        try await fixture.running(fixture.runner(handler, concurrency: 5), fixture.runner(handler, concurrency: 5)) {
            try await eventually { try await fixture.effects().count == 100 }
        }
        #expect(Set(try await fixture.effects()).count == 100)
    }

    @Test("a runner that is woken does not wait for its next look")
    func wake() async throws {
        let fixture = try await Fixture()
        let runner = fixture.runner(Handler { .trace($0.subject) }, poll: .seconds(3600))
        try await fixture.running(runner) {
            try await Task.sleep(for: .milliseconds(100))
            try await fixture.enqueue("a")
            runner.wake()
            try await eventually { try await fixture.effects() == ["a"] }
        }
    }

    @Test("jobs of a kind that nobody handles are left alone")
    func foreign() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a", kind: "transcribe")
        try await fixture.enqueue("b")
        try await fixture.running(fixture.runner(Handler { .trace($0.subject) })) {
            try await eventually { try await fixture.effects() == ["b"] }
        }
        let job = try await fixture.job("a", kind: "transcribe")
        #expect(job?.state == .waiting && job?.attempts == 0)
    }
}
