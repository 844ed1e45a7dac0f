public import Core
public import Persistence

/// Does one kind of background work.
///
/// Delivery is at least once: ``run(_:)`` may be called again for a job whose process died, so it must be idempotent.
/// Its ``JobEffect`` on the database, however, happens exactly once: in the transaction that deletes the job.
public protocol JobHandler: Sendable {
    /// The kind of jobs that it handles.
    var kind: String { get }
    /// When a failed attempt is repeated.
    var retry: RetryPolicy { get }

    /// Does the work and gives what is to be recorded. Throw a ``JobFailure`` to say whether another attempt makes
    /// sense; any other error counts as transient. Must end soon when its task is cancelled.
    func run(_ job: Job) async throws -> JobEffect

    /// What is to be recorded when the job is given up, in the same transaction.
    func giveUp(_ job: Job, reason: String) -> JobEffect
}

/// What a job's end writes to the database, and what follows once that is committed.
public struct JobEffect: Sendable {
    public let apply: @Sendable (any SQLConnection) throws -> Void
    public let afterCommit: @Sendable () async -> Void
    /// Cleans up when the job was taken away or deleted in the meantime: `apply` did not and will not happen.
    public let ifNotOurs: @Sendable () async -> Void

    public init(
        apply: @escaping @Sendable (any SQLConnection) throws -> Void = { _ in },
        afterCommit: @escaping @Sendable () async -> Void = {}, ifNotOurs: @escaping @Sendable () async -> Void = {}
    ) {
        self.apply = apply
        self.afterCommit = afterCommit
        self.ifNotOurs = ifNotOurs
    }
}

/// Why an attempt failed, in words that a person understands, and whether to try again.
public struct JobFailure: Error, Hashable, Sendable {
    public let reason: String
    public let isTransient: Bool
    /// Another attempt makes no sense before this has passed; nil leaves it to the handler's policy.
    public let wait: Duration?
    /// Whether it uses up one of the job's attempts: not where the work was not even begun.
    public let counts: Bool

    public init(_ reason: String, isTransient: Bool, wait: Duration? = nil, counts: Bool = true) {
        self.reason = reason
        self.isTransient = isTransient
        self.wait = wait
        self.counts = counts
    }
}
