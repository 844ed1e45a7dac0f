public import Blobs
import Core
import Crypto
import Foundation
public import Logging
import NIOCore
public import Persistence
import Synchronization

/// Brings blobs that are only elsewhere back to this disk. Several who want the same blob share one transfer.
public final class LocalCopies: Sendable {
    /// No store that has the blob can give it just now.
    public struct Unavailable: Error, Sendable, CustomStringConvertible {
        public let reason: String
        public var description: String { reason }
    }

    private let database: any SQLDatabase
    private let store: LocalStore
    private let stores: StorePool
    private let space: FreeSpace
    private let proof: ReplicaProof
    private let logger: Logger
    private let underWay = Mutex<[SHA256Hash: Fetch]>([:])

    public init(
        database: any SQLDatabase, store: LocalStore, stores: StorePool, space: FreeSpace, logger: Logger
    ) {
        self.database = database
        self.store = store
        self.stores = stores
        self.space = space
        self.logger = logger
        proof = ReplicaProof(database: database, logger: logger)
    }

    /// The blob's bytes from this disk, after bringing them back where they are only elsewhere.
    /// - Parameter isProven: whether they must have been read and found right.
    func source(_ blob: Blob, isProven: Bool = false) async throws -> LocalBlobSource {
        if let source = try? await store.source(blob.sha256) {
            if !isProven { return source }
            if try await store.examine(blob.sha256) == .good { return source }
            let reason = "The local copy is damaged: its bytes are not what they were."
            try await database.write {
                try $0.replicas.setState(.suspect, error: reason, of: blob.sha256, in: LocalStore.name)
            }
            logger.error("a local copy is bad", metadata: ["blob": "\(blob.sha256)"])
        }
        try await fetch(blob).finished()
        return try await store.source(blob.sha256)
    }

    /// Begins to bring the blob back, or joins whoever began.
    func fetch(_ blob: Blob) async throws -> Fetch {
        if let fetch = underWay.withLock({ $0[blob.sha256] }) { return fetch }
        if let restored = try await restoredFromQuarantine(blob) { return restored }
        try space.require(blob.size)
        let path = "\(store.folder.path(.temp))/\(Identifier<Fetch>()).fetch"
        let file = try await store.blocking { try OpenFile.creating(path) }
        let made = Fetch(blob, file, store: store)
        let (fetch, isNew) = underWay.withLock { underWay in
            if let other = underWay[blob.sha256] { return (other, false) }
            underWay[blob.sha256] = made
            return (made, true)
        }
        guard isNew else {
            store.discard(path)
            return fetch
        }
        Task {
            let result: Result<Void, any Error>
            do {
                try await self.bring(blob, into: fetch, path)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            self.store.discard(path)
            self.underWay.withLock { $0[blob.sha256] = nil }
            fetch.end(result)
        }
        return fetch
    }

    /// What was removed from here a short while ago lies beside.
    private func restoredFromQuarantine(_ blob: Blob) async throws -> Fetch? {
        guard try await store.restoreFromQuarantine(blob.sha256) else { return nil }
        try await recordLocal(blob)
        let fetch = Fetch(blob, try await store.open(blob.sha256), store: store)
        fetch.end(.success(()))
        return fetch
    }

    /// Downloads from one store after the other, each going on where the one before broke off.
    private func bring(_ blob: Blob, into fetch: Fetch, _ path: String) async throws {
        var progress = Progress()
        var reasons: [String] = []
        for name in try await database.read({ try $0.replicas.verifiedElsewhere(blob.sha256, than: LocalStore.name) }) {
            guard let managed = stores[name] else {
                reasons.append("\(name) is not configured any more; put it back into the settings")
                continue
            }
            guard managed.gate.mayRead else {
                reasons.append("\(name) does not answer")
                continue
            }
            guard managed.mayDownload(blob.size - progress.offset) else {
                reasons.append("the downloads of \(name) for this month are used up")
                continue
            }
            do {
                progress.contributors.append(name)
                progress = try await download(blob, from: managed, into: fetch, progress)
            } catch let error as StoreError {
                // Listeners read it: where a store should be is for its owner.
                let message = error.kind == .vanished ? "\(name) is not there" : error.message
                reasons.append(message.hasSuffix(".") ? String(message.dropLast()) : message)
                if error.kind == .missing { try await proof.mark(.lost, error.message, blob.sha256, name) }
                if error.kind == .damaged { try await proof.mark(.suspect, error.message, blob.sha256, name) }
                progress = Progress(offset: fetch.reached, hash: nil, contributors: progress.contributors)
                continue
            }
            return try await finish(blob, fetch, path, progress)
        }
        throw Unavailable(
            reason: reasons.isEmpty
                ? "The recording is in no store that is configured."
                : "The recording cannot be fetched: "
                    + reasons.joined(separator: "; ") + ".")
    }

    /// How far a download is.
    private struct Progress {
        var offset: Int64 = 0
        /// Of everything before the offset; nil when it must be computed anew.
        var hash: SHA256? = SHA256()
        var contributors: [String] = []
    }

    private func download(
        _ blob: Blob, from managed: ManagedStore, into fetch: Fetch, _ start: Progress
    ) async throws -> Progress {
        let receipt = try await database.read { [name = managed.name] in
            try $0.replicas.find(blob.sha256, in: name)?.receipt
        }
        let hash =
            if let hash = start.hash { hash } else {
                try await store.pieces(of: fetch.file, 0..<start.offset).hashed().hash
            }
        let contributors = start.contributors
        let offset = start.offset
        return try await managed.use { [store] remote in
            var progress = Progress(offset: offset, hash: hash, contributors: contributors)
            let body = try await remote.read(blob, receipt, range: offset == 0 ? nil : offset..<blob.size)
            for try await piece in body {
                let position = progress.offset
                guard position + Int64(piece.readableBytes) <= blob.size else {
                    throw StoreError(.damaged, "\(remote.name) sent more than the recording has.")
                }
                try await store.blocking { try fetch.file.write(piece, at: position) }
                progress.hash?.update(piece)
                progress.offset += Int64(piece.readableBytes)
                fetch.advance(to: progress.offset)
            }
            guard progress.offset == blob.size else {
                throw StoreError(.unreachable, "\(remote.name) broke off before the end.")
            }
            return progress
        }
    }

    /// Makes the local copy, if the bytes are right.
    private func finish(_ blob: Blob, _ fetch: Fetch, _ path: String, _ progress: Progress) async throws {
        guard let hash = progress.hash, SHA256Hash(hash.finalize()) == blob.sha256 else {
            let reason = "What \(progress.contributors.joined(separator: " and ")) sent is not the recording."
            // Only where one store sent all of it is it known whose fault it is.
            if progress.contributors.count == 1 {
                try await proof.mark(.suspect, reason, blob.sha256, progress.contributors[0])
            }
            throw StoreError(.damaged, reason)
        }
        let stored = try await store.adopt(path)
        guard stored.sha256 == blob.sha256 else { throw StoreError(.damaged, "The disk changed the recording.") }
        try await recordLocal(blob)
        logger.info("fetched back", metadata: ["blob": "\(blob.sha256)", "from": "\(progress.contributors)"])
    }

    private func recordLocal(_ blob: Blob) async throws {
        let isKnown = try await database.write { [store] connection in
            guard try connection.blobs.exists(blob.sha256), store.isPresent(blob.sha256) else { return false }
            let now = Timestamp.now()
            try connection.blobs.recordVerified(blob.sha256, size: blob.size, store: LocalStore.name, at: now)
            try connection.replicas.setUsed(blob.sha256, in: LocalStore.name, at: now)
            return true
        }
        // Deleted for good meanwhile.
        if !isKnown { throw Unavailable(reason: "The recording was deleted.") }
    }
}
