/// Waits between attempts: half a second, then twice as long after each failure, ten seconds at most.
struct Backoff: Sendable {
    private static let first = Duration.milliseconds(500)
    private static let longest = Duration.seconds(10)

    private var wait = Self.first

    /// The wait before the next attempt.
    mutating func next() -> Duration {
        defer { wait = min(wait * 2, Self.longest) }
        return wait
    }

    /// After a success.
    mutating func reset() { wait = Self.first }
}
