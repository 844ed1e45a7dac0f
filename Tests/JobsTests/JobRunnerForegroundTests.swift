import Core
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Jobs

@Suite struct JobRunnerForegroundTests {
    @Test("a job waits while people are served, although the runner is woken, and runs when they are gone")
    func waits() async throws {
        let fixture = try await Fixture()
        let visitors = Visitors()
        defer { visitors.leave() }
        let begins = Begins()
        let handler = Handler { job in
            begins.note(job.subject)
            return .trace(job.subject)
        }
        let runner = fixture.runner(handler, poll: .seconds(3600), foreground: visitors.foreground)
        try await fixture.enqueue("a")
        let start = ContinuousClock.now
        try await fixture.running(runner) {
            for _ in 0..<15 {
                runner.wake()
                try await Task.sleep(for: .milliseconds(10))
            }
            visitors.leave()
            try await eventually { try await fixture.effects() == ["a"] }
        }
        let begin = try #require(begins["a"])
        #expect(begin - start >= .milliseconds(50))
    }

    @Test("jobs still run when people are served without end")
    func share() async throws {
        let fixture = try await Fixture()
        let visitors = Visitors()
        defer { visitors.leave() }
        let handler = Handler { .trace($0.subject) }
        try await fixture.enqueue("a", "b", "c", "d", "e")
        let start = ContinuousClock.now
        try await fixture.running(fixture.runner(handler, concurrency: 1, foreground: visitors.foreground)) {
            try await eventually { try await fixture.effects() == ["a", "b", "c", "d", "e"] }
        }
        #expect(ContinuousClock.now - start < .seconds(40))
    }

    @Test("a job that takes long does not keep the next one away for long")
    func longJob() async throws {
        let fixture = try await Fixture()
        let visitors = Visitors()
        defer { visitors.leave() }
        let begins = Begins()
        let handler = Handler { job in
            begins.note(job.subject)
            if job.subject == "long" { try await Task.sleep(for: .milliseconds(1200)) }
            return .trace(job.subject)
        }
        try await fixture.enqueue("long")
        try await fixture.running(fixture.runner(handler, concurrency: 1, foreground: visitors.foreground)) {
            try await eventually { begins["long"] != nil }
            try await fixture.enqueue("next")
            try await eventually { try await fixture.effects() == ["long", "next"] }
        }
        let long = try #require(begins["long"])
        let next = try #require(begins["next"])
        #expect(next - long < .seconds(8), "nine times what the long one took would be longer")
    }

    @Test("jobs run at once when people were served a while ago")
    func atOnce() async throws {
        let fixture = try await Fixture()
        let foreground = ForegroundActivity()
        foreground.touch()
        let handler = Handler { job in
            // After such a job the next one would wait for two seconds.
            try await Task.sleep(for: .milliseconds(120))
            return .trace(job.subject)
        }
        let subjects = (0..<10).map { "job \($0)" }
        for subject in subjects { try await fixture.enqueue(subject) }
        let start = ContinuousClock.now
        try await fixture.running(fixture.runner(handler, concurrency: 1, foreground: foreground)) {
            try await eventually { try await fixture.effects().count == subjects.count }
        }
        #expect(ContinuousClock.now - start < .seconds(12), "ten waits of two seconds would take longer")
    }
}

/// People who are being served all the time until they leave.
private final class Visitors: Sendable {
    let foreground = ForegroundActivity()
    private let areHere = Atomic(true)

    init() {
        foreground.touch()
        // A thread of its own, so that tests that keep the cooperative pool busy make no pause.
        Thread.detachNewThread { [self] in
            while areHere.load(ordering: .relaxed) {
                foreground.touch()
                usleep(1000)
            }
        }
    }

    func leave() { areHere.store(false, ordering: .relaxed) }
}

/// When something began.
private final class Begins: Sendable {
    private let times = Mutex<[String: ContinuousClock.Instant]>([:])

    func note(_ subject: String) {
        let now = ContinuousClock.now
        times.withLock { $0[subject] = now }
    }

    subscript(subject: String) -> ContinuousClock.Instant? { times.withLock { $0[subject] } }
}
