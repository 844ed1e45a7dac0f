import Blobs
import Core
public import Logging
public import Persistence
import Synchronization

/// Signed URLs of stores, for playback of what is not here.
///
/// All that are made in a window of half their life are the same text, so that caches on the way hit, and live for at
/// least another half. None is ever stored: this memory ends with the process. None is handed out of a store that is
/// known not to answer, nor for a replica that was not seen for a day.
public final class StoreURLs: Sendable {
    private let database: any SQLDatabase
    private let stores: StorePool
    private let lifetime: Duration
    private let proof: ReplicaProof
    private let logger: Logger
    private let known = Mutex<[Key: String]>([:])
    /// When a store said last that it has a file of the right size, where it could not say more.
    private let seen = Mutex<[Sight: Timestamp]>([:])
    private static let mostKnown = 10_000
    /// For so long a store is believed to have what it had.
    private static let belief = Duration.seconds(86_400)

    private struct Key: Hashable {
        let sha256: SHA256Hash
        let store: String
        let begins: Int64
        let disposition: String?
        let mimeType: String
    }

    private struct Sight: Hashable {
        let sha256: SHA256Hash
        let store: String
    }

    /// A URL, and how long it may be kept.
    public struct SignedURL: Sendable, Hashable {
        public let url: String
        public let remaining: Duration
    }

    /// - Parameter lifetime: of a URL, at most a week.
    public init(database: any SQLDatabase, stores: StorePool, lifetime: Duration, logger: Logger) {
        self.database = database
        self.stores = stores
        self.lifetime = lifetime
        self.logger = logger
        proof = ReplicaProof(database: database, logger: logger)
    }

    /// A URL for the blob from the first store that can give one; nil when none can.
    func url(for blob: Blob, disposition: String?) async throws -> SignedURL? {
        let now = Timestamp.now()
        let (names, preferred) = try await database.read { connection in
            (
                try connection.replicas.verifiedElsewhere(blob.sha256, than: LocalStore.name),
                try connection.facts.value(Moves.preferredFact)
            )
        }
        for name in names.filter({ $0 == preferred }) + names.filter({ $0 != preferred }) {
            guard let managed = stores[name], managed.settings.redirect, managed.gate.mayRead,
                managed.mayDownload(blob.size), try await isThere(blob, managed, now)
            else { continue }
            let detail = try await database.read { try $0.replicas.find(blob.sha256, in: name) }
            if let url = url(for: blob, detail?.receipt, managed, disposition, now) { return url }
        }
        return nil
    }

    private func url(
        for blob: Blob, _ receipt: StoreReceipt?, _ managed: ManagedStore, _ disposition: String?, _ now: Timestamp
    ) -> SignedURL? {
        let window = lifetime.wholeMilliseconds / 2
        let begins = Timestamp(milliseconds: now.milliseconds / window * window)
        let remaining = Duration.milliseconds(begins.milliseconds + 2 * window - now.milliseconds)
        let key = Key(
            sha256: blob.sha256, store: managed.name, begins: begins.milliseconds, disposition: disposition,
            mimeType: blob.mimeType)
        if let url = known.withLock({ $0[key] }) { return SignedURL(url: url, remaining: remaining) }
        let request = SignedURLRequest(
            begins: begins, lifetime: lifetime, mimeType: blob.mimeType, disposition: disposition)
        guard let url = managed.store.signedURL(blob, receipt, request) else { return nil }
        known.withLock { known in
            if known.count >= Self.mostKnown { known.removeAll(keepingCapacity: true) }
            known[key] = url
        }
        return SignedURL(url: url, remaining: remaining)
    }

    /// Whether the store has it: as it said within a day, or says now.
    private func isThere(_ blob: Blob, _ managed: ManagedStore, _ now: Timestamp) async throws -> Bool {
        let name = managed.name
        guard let detail = try await database.read({ try $0.replicas.find(blob.sha256, in: name) }) else {
            return false
        }
        let seenAt = seen.withLock { $0[Sight(sha256: blob.sha256, store: name)] }
        if let at = [detail.replica.checkedAt, seenAt].compactMap(\.self).max(), at + Self.belief > now { return true }
        do {
            switch try await managed.use({ try await $0.check(blob, detail.receipt) }) {
            case .verified:
                try await database.write(.relaxed) { try $0.replicas.setChecked(blob.sha256, in: name, at: now) }
                return true
            case .unproven:
                // Enough to send a listener there, not to rely on the copy: it is not written down.
                seen.withLock { seen in
                    if seen.count >= Self.mostKnown { seen.removeAll(keepingCapacity: true) }
                    seen[Sight(sha256: blob.sha256, store: name)] = now
                }
                return true
            case .different(let reason): try await proof.mark(.suspect, reason, blob.sha256, name)
            case .missing: try await proof.mark(.lost, "\(name) does not have it any more.", blob.sha256, name)
            }
        } catch let error as StoreError {
            logger.warning("a store was passed over", metadata: ["store": "\(name)", "reason": "\(error)"])
        }
        return false
    }
}
