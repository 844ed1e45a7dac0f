public import Blobs
public import Core
public import Logging
public import Persistence

/// Removes what policy lets go. Never the last verified copy of anything: that another one exists is checked with its
/// store, when the last check is older than a day, and again inside the statement that lets the local one go.
public final class Reclaim: Sendable {
    private let database: any SQLDatabase
    private let store: LocalStore
    private let stores: StorePool
    private let settings: Settings
    private let proof: ReplicaProof
    private let logger: Logger
    private static let page = 500
    /// For so long a store is believed to have what it had.
    private static let belief = Duration.seconds(86_400)

    public init(
        database: any SQLDatabase, store: LocalStore, stores: StorePool, settings: Settings, logger: Logger
    ) {
        self.database = database
        self.store = store
        self.stores = stores
        self.settings = settings
        self.logger = logger
        proof = ReplicaProof(database: database, logger: logger)
    }

    /// Something that may go, and why.
    public struct Item: Sendable, Hashable {
        public enum Kind: String, Sendable {
            case localCopy = "local copy"
            case quarantined
            case multipart
            case trashed
        }

        public let kind: Kind
        /// The blob, the note or the store's name of a transfer.
        public let subject: String
        public let bytes: Int64
        public let reason: String
    }

    /// What a run did.
    public struct Summary: Sendable, Hashable {
        public var removed = 0
        public var bytes: Int64 = 0
        /// What stays although it is old enough, because its copies could not be proven.
        public var kept = 0
        /// Whether the limit of deletions ended the run.
        public var isCut = false
    }

    /// Everything that a run would remove, one after the other, in constant memory. Asks no store and changes nothing.
    public func plan(at now: Timestamp = .now(), _ body: (Item) async throws -> Void) async throws {
        try await eachCandidate(at: now, age: settings.reclaim.localAge) { candidate in
            // A store that is not configured any more, or that is away, proves nothing.
            let found = candidate.elsewhere.filter { stores[$0.store]?.gate.mayRead ?? false }
            if found.count >= settings.replication.copies { try await body(Item(candidate)) }
            return true
        }
        for blob in try await store.quarantined(before: now - settings.reclaim.quarantine) {
            try await body(
                Item(kind: .quarantined, subject: blob.description, bytes: 0, reason: "set aside long enough"))
        }
        let limit = now - settings.trash.retention
        for note in try await database.read({ try $0.notes.trashed(before: limit, limit: 1000) }) {
            try await body(
                Item(
                    kind: .trashed, subject: note.id.description, bytes: note.recording.blob.size,
                    reason: "in the trash since \(note.trashedAt?.description ?? "long ago")"))
        }
        for managed in stores.all {
            for transfer in (try? await abandoned(managed, at: now)) ?? [] {
                try await body(
                    Item(
                        kind: .multipart, subject: transfer.key, bytes: 0,
                        reason:
                            "begun in \(managed.name) at \(transfer.begunAt?.description ?? "an unknown time") and never ended"
                    ))
            }
        }
    }

    /// Removes local copies, what was set aside, and transfers that nobody goes on with.
    /// - Parameters:
    ///   - most: deletions, at most.
    ///   - tell: is told of each local copy that was removed.
    public func run(
        most: Int? = nil, at now: Timestamp = .now(), tell: @Sendable (Item) -> Void = { _ in }
    ) async throws -> Summary {
        var summary = Summary()
        let most = min(most ?? settings.reclaim.mostDeletes, settings.reclaim.mostDeletes)
        if settings.reclaim.localCopies, !stores.isEmpty {
            try await removeLocalCopies(age: settings.reclaim.localAge, most: most, at: now, &summary, tell: tell)
        }
        // What has just been set aside may be old enough already.
        let old = try await store.quarantined(
            before: max(now, .now() + .milliseconds(1)) - settings.reclaim.quarantine)
        try await store.emptyQuarantine(old)
        for managed in stores.all {
            do {
                for transfer in try await abandoned(managed, at: now) {
                    try await managed.use { try await $0.abandon(transfer) }
                    logger.info("given up", metadata: ["transfer": "\(transfer.key)", "store": "\(managed.name)"])
                }
            } catch let error as StoreError {
                logger.warning(
                    "transfers were not looked through", metadata: ["store": "\(managed.name)", "reason": "\(error)"])
            }
        }
        return summary
    }

    /// Lets local copies go that are verified in enough other stores.
    func removeLocalCopies(
        age: Duration, most: Int, at now: Timestamp, _ summary: inout Summary,
        tell: @Sendable (Item) -> Void = { _ in }
    ) async throws {
        var result = summary
        try await eachCandidate(at: now, age: age) { candidate in
            guard result.removed < most else {
                result.isCut = true
                return false
            }
            if let reason = try await self.doubt(candidate, at: now) {
                self.logger.warning(
                    "a local copy stays", metadata: ["blob": "\(candidate.sha256)", "reason": "\(reason)"])
                result.kept += 1
            } else if try await self.remove(candidate) {
                result.removed += 1
                result.bytes += candidate.size
                tell(Item(candidate))
            }
            return !Task.isCancelled
        }
        summary = result
    }

    /// Why the copies elsewhere are not enough; nil when they are.
    private func doubt(_ candidate: ReplicaRepository.Candidate, at now: Timestamp) async throws -> String? {
        var proven = 0
        var reasons: [String] = []
        for (name, checkedAt) in candidate.elsewhere {
            guard let managed = stores[name] else {
                reasons.append("\(name) is not configured")
                continue
            }
            do {
                // What it had an hour ago counts for nothing if it is another store now.
                try await managed.requireMarker()
            } catch let error as StoreError {
                reasons.append(error.message)
                continue
            }
            if try await managed.store.isSameFile(candidate.sha256, as: store.folder.blob(candidate.sha256)) {
                reasons.append("what \(name) has is this file itself")
                continue
            }
            if checkedAt + Self.belief > now, case .up = managed.gate.condition {
                proven += 1
                continue
            }
            switch try await proof.prove(candidate.sha256, in: managed, reading: false) {
            case .proven: proven += 1
            case .bad(let reason), .unknown(let reason): reasons.append(reason)
            }
        }
        return proven >= settings.replication.copies ? nil : reasons.joined(separator: "; ")
    }

    private func remove(_ candidate: ReplicaRepository.Candidate) async throws -> Bool {
        let blob = candidate.sha256
        let copies = settings.replication.copies
        // In a transaction of its own, which alone knows that another verified copy exists.
        let isGone = try await database.write(.alone) { [store] connection in
            guard try connection.replicas.release(blob, in: LocalStore.name, leaving: copies) else { return false }
            return try store.quarantine(blob)
        }
        if isGone {
            logger.info(
                "removed a local copy",
                metadata: ["blob": "\(blob)", "bytes": "\(candidate.size)", "reason": "\(Item(candidate).reason)"])
        }
        return isGone
    }

    private func abandoned(_ managed: ManagedStore, at now: Timestamp) async throws -> [AbandonedTransfer] {
        let limit = now - settings.reclaim.quarantine
        let found = try await managed.use { try await $0.abandonedTransfers(before: limit) }
        guard !found.isEmpty else { return [] }
        let known = Set(try await database.read { [name = managed.name] in try $0.replicas.transferIDs(in: name) })
        return found.filter { !known.contains($0.id) }
    }

    /// Hands over local copies that could go until the body gives false.
    private func eachCandidate(
        at now: Timestamp, age: Duration, _ body: (ReplicaRepository.Candidate) async throws -> Bool
    ) async throws {
        var last: SHA256Hash?
        while true {
            let page = try await database.read { [settings, last] in
                try $0.replicas.reclaimable(
                    usedBefore: now - age, copies: settings.replication.copies, after: last, limit: Self.page)
            }
            for candidate in page where try await !body(candidate) { return }
            guard page.count == Self.page, let end = page.last else { return }
            last = end.sha256
        }
    }
}

extension Reclaim.Item {
    init(_ candidate: ReplicaRepository.Candidate) {
        let places = candidate.elsewhere.map { "\($0.store) (seen \($0.checkedAt))" }.joined(separator: ", ")
        self.init(
            kind: .localCopy, subject: candidate.sha256.description, bytes: candidate.size,
            reason: "last used \(candidate.usedAt), verified in \(places)")
    }
}
