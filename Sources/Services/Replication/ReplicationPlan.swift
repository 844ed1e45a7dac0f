public import Core
public import Persistence

/// Which blobs go to which stores.
public struct ReplicationPlan: Sendable {
    /// Stores of the sources, of what replaces them where they cannot be played, and of exports.
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

    func stores(for role: BlobRole) -> [String] { role == .listen ? listen : sources }

    /// Asks for the blob in each of its stores, in the transaction that makes it known.
    public func want(_ sha256: SHA256Hash, as role: BlobRole, in connection: any SQLConnection) throws {
        for store in stores(for: role) where try connection.replicas.want(sha256, in: store) {
            try connection.replicas.enqueue(sha256, in: store)
        }
    }
}
