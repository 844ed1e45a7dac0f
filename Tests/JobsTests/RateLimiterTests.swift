import Core
import TestSupport
import Testing

@testable import Jobs

@Suite struct RateLimiterTests {
    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test("as many as the capacity go at once, and then one has to wait")
    func capacity() throws {
        let limiter = RateLimiter(capacity: 3, period: .seconds(30))
        for _ in 0..<3 { #expect(limiter.take("a", at: Self.at(0)) == nil) }
        let wait = try #require(limiter.take("a", at: Self.at(0)))
        #expect(abs(wait.seconds - 10) < 0.01)
    }

    @Test("asking how long to wait takes nothing (known mistake 2)")
    func asking() {
        let limiter = RateLimiter(capacity: 1, period: .seconds(10))
        for _ in 0..<1000 { #expect(limiter.wait("a", at: Self.at(0)) == .zero) }
        #expect(limiter.take("a", at: Self.at(0)) == nil)
        for _ in 0..<1000 { #expect(limiter.wait("a", at: Self.at(0)) > .seconds(9)) }
        #expect(limiter.wait("a", at: Self.at(10_001)) == .zero)
        #expect(limiter.take("a", at: Self.at(10_001)) == nil)
    }

    @Test("a refused attempt takes nothing either, so that hammering does not lengthen the wait")
    func refused() {
        let limiter = RateLimiter(capacity: 1, period: .seconds(10))
        #expect(limiter.take("a", at: Self.at(0)) == nil)
        for time in 1...1000 { #expect(limiter.take("a", at: Self.at(Int64(time))) != nil) }
        #expect(limiter.take("a", at: Self.at(10_001)) == nil)
    }

    @Test("the wait that is told is enough")
    func enough() {
        var generator = SeededGenerator(seed: 61)
        let limiter = RateLimiter(capacity: 5, period: .seconds(7))
        var now = Self.at(0)
        for _ in 0..<2000 {
            if let wait = limiter.take("a", at: now) {
                #expect(limiter.wait("a", at: now) == wait)
                now = now + wait + .milliseconds(1)
                #expect(limiter.take("a", at: now) == nil)
            }
            now = now + .milliseconds(Int64.random(in: 0...2000, using: &generator))
        }
    }

    @Test("in a period no more go through than the capacity twice over: the bucket, and what flows in")
    func rate() {
        let limiter = RateLimiter(capacity: 10, period: .seconds(100))
        let passed = (0..<100_000).filter { limiter.take("a", at: Self.at(Int64($0))) == nil }.count
        #expect((19...20).contains(passed))
    }

    @Test("a bucket never holds more than its capacity, however long it rests")
    func full() {
        let limiter = RateLimiter(capacity: 2, period: .seconds(1))
        #expect(limiter.take("a", at: Self.at(0)) == nil)
        let passed = (0..<100).filter { _ in limiter.take("a", at: Self.at(1_000_000_000)) == nil }.count
        #expect(passed == 2)
    }

    @Test("what is given back can be taken again, and never makes more than the capacity")
    func giveBack() {
        let limiter = RateLimiter(capacity: 2, period: .seconds(1000))
        limiter.giveBack("a", at: Self.at(0))
        for _ in 0..<50 {
            #expect(limiter.take("a", at: Self.at(0)) == nil)
            limiter.giveBack("a", at: Self.at(0))
        }
        for _ in 0..<5 { limiter.giveBack("a", at: Self.at(0)) }
        #expect((0..<10).filter { _ in limiter.take("a", at: Self.at(0)) == nil }.count == 2)
    }

    @Test("one key's bucket is not another's")
    func keys() {
        let limiter = RateLimiter(capacity: 1, period: .seconds(10))
        #expect(limiter.take("a", at: Self.at(0)) == nil)
        #expect(limiter.take("b", at: Self.at(0)) == nil)
        #expect(limiter.take("a", at: Self.at(0)) != nil)
    }

    @Test("with too many keys the emptiest buckets are remembered, and the number stays bounded")
    func bounded() {
        let limiter = RateLimiter(capacity: 3, period: .seconds(1000), mostKeys: 100)
        for _ in 0..<3 { #expect(limiter.take("guesser", at: Self.at(0)) == nil) }
        for number in 0..<10_000 { _ = limiter.take("passer-by \(number)", at: Self.at(0)) }
        #expect(limiter.take("guesser", at: Self.at(0)) != nil, "whoever is limited stays limited")
        var fresh = 0
        for number in 0..<10_000 {
            // A forgotten bucket is full: three go through; a remembered one has two left.
            let key = "passer-by \(number)"
            let taken = (0..<3).filter { _ in limiter.take(key, at: Self.at(0)) == nil }.count
            if taken == 3 { fresh += 1 }
        }
        #expect(fresh >= 9_800)
    }

    @Test("a clock that steps back gives nothing away")
    func clock() {
        let limiter = RateLimiter(capacity: 1, period: .seconds(10))
        #expect(limiter.take("a", at: Self.at(100_000)) == nil)
        #expect(limiter.take("a", at: Self.at(0)) != nil)
        #expect(limiter.take("a", at: Self.at(100_000)) != nil)
    }
}
