public import Core
public import Persistence

/// Which blobs go to which stores.
public struct ReplicationPlan: Sendable {
    /// What a blob is to its recording.
    public enum Role: Sendable {
        case source
        case listen
        case repaired
    }

    /// Stores of the sources, and of what replaces them where they cannot be played.
    public let sources: [String]
    /// Stores of the copies for listening.
    public let listen: [String]

    public init(sources: [String] = [], listen: [String] = []) {
        self.sources = sources
        self.listen = listen
    }

    public init(_ settings: Settings) {
        self.init(sources: settings.sourceStores, listen: settings.listenStores)
    }

    func stores(for role: Role) -> [String] { role == .listen ? listen : sources }

    /// Asks for the blob in each of its stores, in the transaction that makes it known.
    public func want(_ sha256: SHA256Hash, as role: Role, in connection: any SQLConnection) throws {
        for store in stores(for: role) where try connection.replicas.want(sha256, in: store) {
            try connection.replicas.enqueue(sha256, in: store)
        }
    }
}
