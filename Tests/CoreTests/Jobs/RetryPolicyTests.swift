import TestSupport
import Testing

@testable import Core

@Suite struct RetryPolicyTests {
    @Test("the wait doubles, is at least half of the full one, and never above the cap")
    func bounds() throws {
        var generator = SeededGenerator(seed: 51)
        let policy = RetryPolicy(mostAttempts: 100, base: .seconds(2), cap: .seconds(60))
        for attempt in 1..<100 {
            let full = attempt < 6 ? Duration.seconds(2 << (attempt - 1)) : .seconds(60)
            for _ in 0..<50 {
                let delay = try #require(policy.delay(afterAttempt: attempt, using: &generator))
                #expect(delay >= full / 2 && delay <= full)
            }
        }
    }

    @Test("two jobs that fail together do not come back together")
    func jitter() {
        var generator = SeededGenerator(seed: 52)
        let policy = RetryPolicy()
        let delays = (0..<100).compactMap { _ in policy.delay(afterAttempt: 1, using: &generator) }
        #expect(Set(delays).count > 90)
    }

    @Test("after the last attempt there is no other", arguments: [1, 2, 3, 10])
    func last(most: Int) {
        var generator = SeededGenerator(seed: 53)
        let policy = RetryPolicy(mostAttempts: most)
        for attempt in 1..<most { #expect(policy.delay(afterAttempt: attempt, using: &generator) != nil) }
        for attempt in most...most + 3 { #expect(policy.delay(afterAttempt: attempt, using: &generator) == nil) }
    }

    @Test("an absurd attempt overflows nothing", arguments: [0, -5, 63, 64, 1_000_000])
    func overflow(attempt: Int) throws {
        var generator = SeededGenerator(seed: 54)
        let policy = RetryPolicy(mostAttempts: .max, base: .seconds(3600), cap: .seconds(7200))
        let delay = try #require(policy.delay(afterAttempt: attempt, using: &generator))
        #expect(delay > .zero && delay <= .seconds(7200))
    }
}
