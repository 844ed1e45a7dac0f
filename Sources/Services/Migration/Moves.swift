public import Blobs
public import Core
public import Logging
public import Persistence

/// Moves all recordings to a store, and back. What is done and where it stands is in the database, so that whatever
/// process runs next goes on; reading works at every moment of it.
public final class Moves: Sendable {
    let database: any SQLDatabase
    let store: LocalStore
    let stores: StorePool
    let copies: LocalCopies
    let reclaim: Reclaim
    let proof: ReplicaProof
    let logger: Logger

    public init(
        database: any SQLDatabase, store: LocalStore, stores: StorePool, copies: LocalCopies, reclaim: Reclaim,
        logger: Logger
    ) {
        self.database = database
        self.store = store
        self.stores = stores
        self.copies = copies
        self.reclaim = reclaim
        self.logger = logger
        proof = ReplicaProof(database: database, logger: logger)
    }

    /// What a move to the store would do: recordings and copies for listening that are not there yet, and their bytes.
    public func plan(to name: String) async throws -> (blobs: Int64, bytes: Int64) {
        guard stores[name] != nil else { throw Self.unknownStore(name) }
        return try await database.read { try $0.replicas.outside(of: name) }
    }

    /// Begins to move to the store.
    /// - Throws: ``VoiceNoteError/Code/conflict`` while another move is under way.
    public func begin(to name: String) async throws -> Move {
        guard stores[name] != nil else { throw Self.unknownStore(name) }
        let now = Timestamp.now()
        let move = Move(
            id: Move.ID(at: now), store: name, step: .plan, done: 0, total: 0, error: nil, createdAt: now,
            updatedAt: now)
        try await database.write { connection in
            if let active = try connection.moves.active() {
                throw VoiceNoteError(
                    .conflict,
                    "A migration to \(active.store) is under way (\(active.step.rawValue)); let it end or roll it back."
                )
            }
            try connection.moves.insert(move)
        }
        return move
    }

    /// Takes the latest move back, from whatever step it is at.
    public func rollBack() async throws -> Move {
        try await database.write { connection in
            guard var move = try connection.moves.latest() else {
                throw VoiceNoteError(.conflict, "There was no migration, so there is nothing to roll back.")
            }
            guard move.step != .rolledBack, move.step != .rollback else { return move }
            let step = move.step
            (move.step, move.done, move.total, move.error, move.updatedAt) = (.rollback, 0, 0, nil, .now())
            _ = try connection.moves.update(move, from: step)
            return move
        }
    }

    public func latest() async throws -> Move? {
        try await database.read { try $0.moves.latest() }
    }

    private static func unknownStore(_ name: String) -> VoiceNoteError {
        VoiceNoteError(.notFound, "There is no store \(name); configure stores.\(name) first.")
    }

    /// The store that playback prefers, and the one that it preferred before a move.
    static let preferredFact = "playback.preferred"
}
