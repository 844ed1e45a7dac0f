import Core
import Synchronization
import Testing

@testable import Jobs
@testable import Persistence

@Suite struct JobRunnerCleanUpTests {
    @Test("an effect that cannot be recorded is cleaned up after before the job is tried again")
    func effectFails() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue("a")
        let events = Mutex<[String]>([])
        let handler = Handler { job in
            events.withLock { $0.append("run") }
            guard job.attempts == 1 else { return .trace("done") }
            return JobEffect(
                apply: { _ in throw JobFailure("gone meanwhile", isTransient: true) },
                afterCommit: { events.withLock { $0.append("committed") } },
                ifNotOurs: { events.withLock { $0.append("cleaned up") } })
        }
        try await fixture.running(fixture.runner(handler)) {
            try await eventually { try await fixture.effects() == ["done"] }
        }
        #expect(events.withLock { $0 } == ["run", "cleaned up", "run"])
    }
}
