import Blobs
import Core
import Crypto
import Logging
import NIOCore
import Persistence

/// Finds out whether a store still has a blob, and writes down what it found. A size alone proves nothing.
struct ReplicaProof: Sendable {
    let database: any SQLDatabase
    let logger: Logger

    enum Outcome: Sendable, Hashable {
        /// It is there, and its digest is right.
        case proven
        /// It is not, and the replica is marked so.
        case bad(String)
        /// The store cannot be asked just now; nothing is known.
        case unknown(String)
    }

    /// Asks the store, and reads the blob where its word is not enough, or always with `reading`.
    func prove(_ sha256: SHA256Hash, in managed: ManagedStore, reading: Bool) async throws -> Outcome {
        let name = managed.name
        guard let detail = try await database.read({ try $0.replicas.find(sha256, in: name) }) else {
            return .bad("\(name) is not meant to have it.")
        }
        let blob = Blob(sha256: sha256, size: detail.replica.size, mimeType: detail.mimeType)
        do {
            if !reading {
                switch try await managed.use({ try await $0.check(blob, detail.receipt) }) {
                case .verified:
                    try await database.write(.relaxed) { try $0.replicas.setChecked(sha256, in: name, at: .now()) }
                    return .proven
                case .missing: return try await mark(.lost, "\(name) does not have it any more.", sha256, name)
                case .different(let reason): return try await mark(.suspect, reason, sha256, name)
                case .unproven: break
                }
            }
            guard managed.mayDownload(blob.size) else {
                return .unknown("the downloads of \(name) for this month are used up")
            }
            return try await read(blob, detail.receipt, managed)
        } catch let error as StoreError {
            switch error.kind {
            case .missing: return try await mark(.lost, error.message, sha256, name)
            case .damaged: return try await mark(.suspect, error.message, sha256, name)
            default: return .unknown(error.message)
            }
        }
    }

    private func read(_ blob: Blob, _ receipt: StoreReceipt?, _ managed: ManagedStore) async throws -> Outcome {
        let name = managed.name
        let (digest, count) = try await managed.use { store in
            let (hash, count) = try await store.read(blob, receipt, range: nil).hashed(most: blob.size)
            return (SHA256Hash(hash.finalize()), count)
        }
        guard count == blob.size, digest == blob.sha256 else {
            return try await mark(
                .suspect, "What \(name) has is not the recording: its digest is another.", blob.sha256, name)
        }
        _ = try await database.write(.relaxed) {
            try $0.replicas.setVerified(blob.sha256, in: name, nil, at: .now())
        }
        return .proven
    }

    /// Notes what is wrong with a replica, and has it brought again from a good one.
    @discardableResult
    func mark(
        _ state: Replica.State, _ reason: String, _ sha256: SHA256Hash, _ store: String
    ) async throws -> Outcome {
        logger.error(
            "a replica is bad", metadata: ["blob": "\(sha256)", "store": "\(store)", "reason": "\(reason)"])
        try await database.write { connection in
            try connection.replicas.setState(state, error: reason, of: sha256, in: store)
            try connection.replicas.enqueue(sha256, in: store)
        }
        return .bad(reason)
    }
}
