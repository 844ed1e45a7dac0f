/// What a store could not do, in words that a person understands, without secrets.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// It did not answer, or broke off.
        case unreachable
        /// It answered that it cannot just now (5xx).
        case failing
        /// It asked to be left alone for a while (429, 420, 503 SlowDown).
        case busy
        /// It does not let us in: credentials or rights.
        case denied
        /// There is no such object.
        case missing
        /// What is there, or what arrived there, is not what was sent.
        case damaged
        /// It will never take this: too large, not its kind.
        case refused
        /// It is not the store that it was: its marker is gone.
        case vanished
        /// A limit of ours is used up.
        case overBudget
    }

    public let kind: Kind
    public let message: String
    /// How long the store asks to be left alone.
    public let retryAfter: Duration?

    public init(_ kind: Kind, _ message: String, retryAfter: Duration? = nil) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
    }

    /// Whether the same may succeed later.
    public var isTransient: Bool { kind != .refused }

    /// Whether it says something about the store rather than about one blob.
    public var concernsStore: Bool {
        switch kind {
        case .unreachable, .failing, .busy, .denied, .vanished, .overBudget: true
        case .missing, .damaged, .refused: false
        }
    }

    public var description: String { message }
}
