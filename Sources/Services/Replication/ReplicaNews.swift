import Core
public import Logging
public import Persistence

/// Tells open pages what happens to replicas.
public struct ReplicaNews: Sendable {
    private let database: any SQLDatabase
    private let events: EventHub
    private let logger: Logger

    public init(database: any SQLDatabase, events: EventHub, logger: Logger) {
        self.database = database
        self.events = events
        self.logger = logger
    }

    /// The blob's replicas have changed.
    func changed(_ sha256: SHA256Hash) async {
        for note in await notes(sha256) { events.publish(.changed(note), to: note.account) }
    }

    /// A transfer has come this far, 0 to 1.
    func progress(_ sha256: SHA256Hash, in store: String, _ progress: Double) async {
        for note in await notes(sha256) {
            events.publish(.progress(note.id, stage: .replicate, store: store, progress), to: note.account)
        }
    }

    private func notes(_ sha256: SHA256Hash) async -> [Note] {
        guard events.hasAnyListener else { return [] }
        do {
            return try await database.read { try $0.notes.find(blob: sha256, limit: 20) }
        } catch {
            logger.error("an event was not published", metadata: ["error": "\(error)"])
            return []
        }
    }
}
