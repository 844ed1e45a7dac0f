public import Core
import Synchronization

/// Token buckets by key, in memory, bounded in number: at most `capacity` at once, refilled evenly over `period`.
///
/// Asking how long to wait takes nothing out of a bucket; only ``take(_:at:)`` does.
public final class RateLimiter: Sendable {
    private let capacity: Double
    private let period: Duration
    private let mostKeys: Int
    private let buckets = Mutex<[String: Bucket]>([:])

    private struct Bucket {
        var tokens: Double
        var at: Timestamp
    }

    /// - Parameters:
    ///   - capacity: how many at once.
    ///   - period: how long an empty bucket takes to be full again.
    ///   - mostKeys: beyond that the fullest buckets are forgotten, which are those that matter least.
    public init(capacity: Int, period: Duration, mostKeys: Int = 10_000) {
        self.capacity = Double(capacity)
        self.period = period
        self.mostKeys = mostKeys
    }

    /// Takes one token; nil when there was one, else how long until there is. Nothing is taken then.
    public func take(_ key: String, at now: Timestamp = .now()) -> Duration? {
        buckets.withLock { buckets in
            var bucket = refilled(buckets[key], at: now)
            defer { buckets[key] = bucket }
            if buckets.count > mostKeys { forgetFullest(&buckets, at: now) }
            guard bucket.tokens >= 1 else { return wait(for: bucket) }
            bucket.tokens -= 1
            return nil
        }
    }

    /// How long until a token is there; zero when one is. Takes nothing.
    public func wait(_ key: String, at now: Timestamp = .now()) -> Duration {
        buckets.withLock { wait(for: refilled($0[key], at: now)) }
    }

    /// Puts a token back, for an attempt that turned out well.
    public func giveBack(_ key: String, at now: Timestamp = .now()) {
        buckets.withLock { buckets in
            guard buckets[key] != nil else { return }
            var bucket = refilled(buckets[key], at: now)
            bucket.tokens = min(capacity, bucket.tokens + 1)
            buckets[key] = bucket.tokens >= capacity ? nil : bucket
        }
    }

    private func refilled(_ bucket: Bucket?, at now: Timestamp) -> Bucket {
        guard let bucket else { return Bucket(tokens: capacity, at: now) }
        let elapsed = max(0, (now - bucket.at).seconds)
        // A clock that steps back must not let the same time flow in twice.
        return Bucket(
            tokens: min(capacity, bucket.tokens + elapsed / period.seconds * capacity), at: max(now, bucket.at))
    }

    private func wait(for bucket: Bucket) -> Duration {
        bucket.tokens >= 1 ? .zero : .seconds((1 - bucket.tokens) / capacity * period.seconds)
    }

    /// Drops the fuller half, so that making room is rare.
    private func forgetFullest(_ buckets: inout [String: Bucket], at now: Timestamp) {
        let ranked = buckets.mapValues { refilled($0, at: now).tokens }.sorted { $0.value < $1.value }
        for (key, _) in ranked.dropFirst(mostKeys / 2) { buckets[key] = nil }
    }
}
