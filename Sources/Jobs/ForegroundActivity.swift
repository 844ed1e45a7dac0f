import Synchronization

/// When somebody was last served something that background work should not be in the way of.
public final class ForegroundActivity: Sendable {
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    public init() {}

    /// Notes that somebody is being served now.
    public func touch() {
        last.withLock { $0 = .now }
    }

    /// Whether somebody was served in the last `duration`.
    public func isRecent(within duration: Duration) -> Bool {
        last.withLock { $0.map { $0 + duration > .now } ?? false }
    }
}
