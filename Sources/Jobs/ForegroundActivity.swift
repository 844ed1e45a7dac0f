import Synchronization

/// When somebody was last served something that background work should not be in the way of.
public final class ForegroundActivity: Sendable {
    private let start = ContinuousClock.now
    /// Nanoseconds after ``start``; negative before the first activity.
    private let last = Atomic<Int64>(-1)

    public init() {}

    /// Notes that somebody is being served now.
    public func touch() {
        last.store(Self.nanoseconds(since: start), ordering: .relaxed)
    }

    /// Whether somebody was served in the last `duration`.
    public func isRecent(within duration: Duration) -> Bool {
        let last = last.load(ordering: .relaxed)
        return last >= 0 && start + .nanoseconds(last) + duration > .now
    }

    private static func nanoseconds(since start: ContinuousClock.Instant) -> Int64 {
        let passed = start.duration(to: .now).components
        return passed.seconds * 1_000_000_000 + passed.attoseconds / 1_000_000_000
    }
}
