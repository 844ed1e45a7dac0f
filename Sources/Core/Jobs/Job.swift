/// A durable unit of background work.
public struct Job: Sendable, Hashable {
    public typealias ID = Identifier<Job>

    public enum State: String, Sendable, Codable, CaseIterable {
        /// Waits until ``Job/runAt``.
        case waiting
        /// Leased by a runner until ``Job/leaseUntil``; an expired lease makes it waiting again.
        case running
        case done
        /// Gave up; ``Job/lastError`` says why. Can be retried by hand. Its input is untouched.
        case failed
    }

    public let id: ID
    /// What to do, such as `process`; a handler is registered for each.
    public let kind: String
    /// What it is about: a key that makes enqueueing idempotent within a kind.
    public let subject: String
    public let state: State
    /// Attempts that were started, the running one included.
    public let attempts: Int
    public let mostAttempts: Int
    public let runAt: Timestamp
    public let leaseUntil: Timestamp?
    public let lastError: String?

    public init(
        id: ID, kind: String, subject: String, state: State, attempts: Int, mostAttempts: Int, runAt: Timestamp,
        leaseUntil: Timestamp?, lastError: String?
    ) {
        self.id = id
        self.kind = kind
        self.subject = subject
        self.state = state
        self.attempts = attempts
        self.mostAttempts = mostAttempts
        self.runAt = runAt
        self.leaseUntil = leaseUntil
        self.lastError = lastError
    }
}
