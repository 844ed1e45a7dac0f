/// Moving recordings to a store, one step after the other. Each step can be interrupted and gone on with, and taken back.
public struct Move: Sendable, Hashable {
    public typealias ID = Identifier<Move>

    public enum Step: String, Sendable, Codable, CaseIterable {
        /// Counts what is to be moved.
        case plan
        /// Brings everything to the store.
        case copy
        /// Proves that everything is there.
        case verify
        /// Has playback prefer the store.
        case `switch`
        /// Reads some recordings from the store, all of them, as a player would.
        case settle
        /// Removes local copies.
        case reclaim
        case done
        /// Brings local copies back, and has playback prefer what it did.
        case rollback
        case rolledBack = "rolled_back"

        /// The step after it.
        public var next: Step {
            switch self {
            case .plan: .copy
            case .copy: .verify
            case .verify: .switch
            case .switch: .settle
            case .settle: .reclaim
            case .reclaim, .done: .done
            case .rollback, .rolledBack: .rolledBack
            }
        }

        public var isEnd: Bool { self == .done || self == .rolledBack }
    }

    public let id: ID
    /// Where everything goes.
    public let store: String
    public var step: Step
    /// Of the step.
    public var done: Int64
    public var total: Int64
    /// Bytes that are in the store, of all that are to be.
    public var bytesDone: Int64
    public var bytesTotal: Int64
    /// Why the step cannot go on just now.
    public var error: String?
    public let createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: ID, store: String, step: Step, done: Int64, total: Int64, bytesDone: Int64 = 0, bytesTotal: Int64 = 0,
        error: String?, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.store = store
        self.step = step
        self.done = done
        self.total = total
        self.bytesDone = bytesDone
        self.bytesTotal = bytesTotal
        self.error = error
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
