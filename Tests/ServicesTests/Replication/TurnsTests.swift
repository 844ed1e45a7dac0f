import Synchronization
import Testing

@testable import Services

@Suite struct TurnsTests {
    /// How many are at work, and the most that were at once.
    private final class Gauge: Sendable {
        private let state = Mutex((now: 0, most: 0))

        func enter() {
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
        }

        func leave() { state.withLock { $0.now -= 1 } }
        var most: Int { state.withLock { $0.most } }
    }

    @Test(arguments: [1, 3]) func noMoreThanSoManyAreAtWork(count: Int) async throws {
        let turns = Turns(count)
        let gauge = Gauge()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await turns.take {
                        gauge.enter()
                        defer { gauge.leave() }
                        try await Task.sleep(for: .milliseconds(1))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(gauge.most == count)
    }

    @Test func aFailureGivesTheTurnOn() async throws {
        struct Failure: Error {}
        let turns = Turns(1)
        await #expect(throws: Failure.self) { try await turns.take { throw Failure() } }
        #expect(try await turns.take { 7 } == 7)
    }

    @Test func whoeverIsCancelledWhileWaitingLeavesTheQueue() async throws {
        let turns = Turns(1)
        let (isHeld, held) = AsyncStream<Void>.makeStream()
        let (mayGo, letGo) = AsyncStream<Void>.makeStream()
        let first = Task {
            try await turns.take {
                held.finish()
                for await _ in mayGo {}
            }
        }
        for await _ in isHeld {}
        let second = Task { try await turns.take { 2 } }
        let third = Task { try await turns.take { 3 } }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        letGo.finish()
        try await first.value
        #expect(try await third.value == 3)
        #expect(try await turns.take { 4 } == 4)
    }

    @Test func whoeverIsCancelledBeforeDoesNotBegin() async throws {
        let turns = Turns(1)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await turns.take { true }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await turns.take { true })
    }
}
