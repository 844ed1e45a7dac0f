/// When a failed attempt is repeated: exponential back-off with full jitter, so that many do not come back at once.
public struct RetryPolicy: Sendable, Hashable {
    public let mostAttempts: Int
    public let base: Duration
    public let cap: Duration

    /// - Parameters:
    ///   - mostAttempts: how often in all, the first time included.
    ///   - base: the longest wait before the second attempt; doubles with each further one.
    ///   - cap: no wait is longer.
    public init(mostAttempts: Int = 3, base: Duration = .seconds(2), cap: Duration = .seconds(300)) {
        self.mostAttempts = mostAttempts
        self.base = base
        self.cap = cap
    }

    /// The wait before the attempt after number `attempt` (from 1); nil when that was the last one.
    /// At least half of the full back-off, so that a retry never follows at once.
    public func delay(afterAttempt attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration? {
        guard attempt < mostAttempts else { return nil }
        let doublings = min(max(attempt - 1, 0), 30)
        let full = min(base * (1 << doublings), cap)
        return full * Double.random(in: 0.5...1, using: &generator)
    }
}
