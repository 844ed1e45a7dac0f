public import Blobs
public import Core
public import Jobs
public import Logging
import NIOPosix
public import Persistence
import Synchronization

/// What people do about replicas and stores.
public final class StorageControl: Sendable {
    private let database: any SQLDatabase
    private let stores: StorePool
    private let plan: ReplicationPlan
    private let news: ReplicaNews
    private let runners: [String: JobRunner]
    private let jobs: [String: ReplicaJob]
    private let folder: DataFolder
    private let health: StorageHealth
    private let latestChecks = Mutex<(at: ContinuousClock.Instant, checks: [StorageHealth.Check])?>(nil)
    private let logger: Logger

    /// - Parameters:
    ///   - runners: of the transfers, by the name of the store.
    ///   - jobs: what they run.
    public init(
        database: any SQLDatabase, stores: StorePool, plan: ReplicationPlan, news: ReplicaNews,
        runners: [String: JobRunner],
        jobs: [String: ReplicaJob] = [:],
        folder: DataFolder, health: StorageHealth, logger: Logger
    ) {
        self.database = database
        self.stores = stores
        self.plan = plan
        self.news = news
        self.runners = runners
        self.jobs = jobs
        self.folder = folder
        self.health = health
        self.logger = logger
    }

    /// Asks the store, and waits a while for the answer; what is wrong then stands in its state.
    private func check(_ managed: ManagedStore) async {
        let check = Task {
            do {
                try await managed.check()
            } catch let error as StoreError {
                managed.note(error)
            } catch {
                managed.note(StoreError(.unreachable, "\(managed.name) did not answer in time."))
            }
        }
        let limit = Task {
            try await Task.sleep(for: Self.patience)
            check.cancel()
        }
        await check.value
        limit.cancel()
    }

    /// How long a person waits for a store's answer.
    private static let patience = Duration.seconds(4)

    /// Everything about the stores, or about one.
    /// - Parameter account: counts only what belongs to it; nil counts everything.
    public func report(only store: String? = nil, of account: Account.ID? = nil) async throws -> StorageReport {
        try await StorageReport.make(
            database: database, folder: folder, stores: stores,
            checks: store == nil && account == nil ? try await checks() : [],
            only: store, account: account)
    }

    /// What was found of the data folder within the last seconds: looking writes and syncs.
    private func checks() async throws -> [StorageHealth.Check] {
        let now = ContinuousClock.now
        if let known = latestChecks.withLock({ $0 }), now - known.at < .seconds(10) { return known.checks }
        let checks = try await NIOThreadPool.singleton.runIfActive { [health] in health.checkFolder() }
        latestChecks.withLock { $0 = (now, checks) }
        return checks
    }

    /// `local`, `s3`, `cloudinary` or `folder`; for a store that is not configured any more, its name.
    public func kind(of store: String) -> String { stores[store]?.store.kind.rawValue ?? store }

    static func pauseFact(_ store: String) -> String { "store.\(store).paused" }

    /// What may be done about a note's replicas in a store.
    public enum ReplicaAction: String, Sendable, CaseIterable, Codable {
        case retry
        case pause
        case resume
        case cancel
    }

    /// What may be done about a store.
    public enum StoreAction: String, Sendable, CaseIterable, Codable {
        case retry
        case pause
        case resume
        case check
    }

    /// The replicas of a note's recording and what is made of it by itself, the local ones too. Exports are not listed.
    public func replicas(of note: Note) async throws -> [NoteReplica] {
        try await database.read { connection in
            try Self.blobs(of: note, connection).filter { $0.1 != .export }.flatMap { blob, role in
                try connection.replicas.all(of: blob.sha256).map { replica in
                    let job =
                        replica.state == .verified
                        ? nil
                        : try connection.jobs.find(
                            kind: Replica.jobKind(replica.store), subject: blob.sha256.description)
                    return NoteReplica(
                        replica: replica, role: role.rawValue, attempts: job?.attempts ?? 0, lastError: job?.lastError)
                }
            }
        }
    }

    /// What of the note goes to stores: each blob once.
    static func blobs(of note: Note, _ connection: any SQLConnection) throws -> [(Blob, BlobRole)] {
        var blobs = [(note.recording.blob, BlobRole.source)]
        let others =
            [
                (note.recording.rendition(.listen)?.blob, BlobRole.listen),
                (note.recording.rendition(.repaired)?.blob, .repaired),
            ] + (try connection.exports.list(of: note.id).map { ($0.blob, .export) })
        for case (let blob?, let role) in others where !blobs.contains(where: { $0.0.sha256 == blob.sha256 }) {
            blobs.append((blob, role))
        }
        return blobs
    }

    /// Does something about the replicas of the note's blobs in the store.
    public func act(_ action: ReplicaAction, on note: Note, in store: String) async throws {
        guard stores[store] != nil else { throw VoiceNoteError.notFound("store") }
        let (blobs, wasKnown) = try await database.write { [plan] connection in
            // Only what policy wants there can be asked for; what is there or on its way can be held back anyhow.
            let blobs = try Self.blobs(of: note, connection).filter { _, role in
                action != .retry || plan.stores(for: role).contains(store)
            }.map(\.0.sha256)
            var wasKnown = false
            for blob in blobs {
                if try Self.act(action, blob, store, connection) { wasKnown = true }
            }
            return (blobs, wasKnown)
        }
        guard wasKnown else {
            throw VoiceNoteError(
                .conflict, "Nothing of this note is on its way to \(store), so there is nothing to \(action.rawValue).")
        }
        if action == .pause || action == .cancel {
            for blob in blobs { jobs[store]?.stop(blob) }
        }
        runners[store]?.wake()
        for blob in blobs { await news.changed(blob) }
    }

    private static func act(
        _ action: ReplicaAction, _ blob: SHA256Hash, _ store: String, _ connection: any SQLConnection
    ) throws -> Bool {
        switch action {
        case .retry:
            _ = try connection.replicas.want(blob, in: store)
            _ = try connection.replicas.setPaused(false, blob, in: store)
            guard let replica = try connection.replicas.find(blob, in: store)?.replica, replica.state != .verified
            else {
                return true
            }
            try connection.replicas.setState(replica.state, error: nil, of: blob, in: store)
            try connection.jobs.hurry(kind: Replica.jobKind(store), subject: blob.description, at: .now())
            try connection.replicas.enqueue(blob, in: store)
            return true
        case .pause: return try connection.replicas.setPaused(true, blob, in: store)
        case .resume:
            guard try connection.replicas.setPaused(false, blob, in: store) else { return false }
            try connection.replicas.enqueue(blob, in: store)
            return true
        case .cancel:
            guard try connection.replicas.cancel(blob, in: store) else { return false }
            // The store is to forget the parts that it has.
            try connection.replicas.enqueue(blob, in: store)
            return true
        }
    }

    /// Forgets what the store had: the disk is broken, the bucket is gone, or it is another one now. Everything in it
    /// counts as lost and is copied again where the store is still configured; it gets a new marker. Nothing is deleted.
    /// - Parameter evenTheLast: also where the only verified copy of something was in it.
    /// - Returns: how many copies it was.
    public func forget(_ name: String, evenTheLast: Bool) async throws -> Int {
        guard name != LocalStore.name else {
            throw VoiceNoteError(
                .conflict, "The server's own copies cannot be forgotten; voicenote scrub looks at them.")
        }
        let isWanted = stores[name] != nil
        let count = try await database.write { connection in
            let last = try connection.replicas.onlyIn(name)
            guard last == 0 || evenTheLast else {
                throw VoiceNoteError(
                    .conflict,
                    "\(last) files have their only verified copy in \(name). Bring it back, or add --even-the-last if it is "
                        + "gone for good: those files are lost then.")
            }
            let count = try connection.replicas.loseAll(
                in: name, isWanted: isWanted, reason: "\(name) was forgotten: what it had counts as lost.")
            guard count > 0 || isWanted else {
                throw VoiceNoteError(.notFound, "There is no store \(name), and nothing was ever copied to one.")
            }
            for fact in ManagedStore.markerFacts(name) { try connection.facts.remove(fact) }
            return count
        }
        logger.notice("a store was forgotten", metadata: ["store": "\(name)", "copies": "\(count)"])
        runners[name]?.wake()
        return count
    }

    /// Does something about a store.
    public func act(_ action: StoreAction, on name: String) async throws {
        guard let managed = stores[name] else { throw VoiceNoteError.notFound("store") }
        switch action {
        case .pause, .resume:
            let isPaused = action == .pause
            try await database.write { try $0.facts.set(Self.pauseFact(name), to: isPaused ? "1" : "0") }
            managed.gate.setPaused(isPaused)
        case .check: await check(managed)
        case .retry:
            managed.gate.reset()
            try await database.write { connection in
                try connection.jobs.retryAll(kind: Replica.jobKind(name), at: .now())
            }
        }
        runners[name]?.wake()
    }
}

/// A replica of one of a note's blobs.
public struct NoteReplica: Sendable {
    public let replica: Replica
    /// source, listen or repaired.
    public let role: String
    /// Of the transfer that waits or is under way.
    public let attempts: Int
    /// Why the last attempt failed.
    public let lastError: String?
}

extension StorageControl: ReplicationRequests {
    /// Asks for the note's blobs in every store of the plan that lacks them.
    public func replicate(_ note: Note) async throws {
        guard !stores.isEmpty else { throw VoiceNoteError(.conflict, "No store is configured.") }
        let wanted = Set(plan.sources + plan.listen)
        for store in stores.all where wanted.contains(store.name) { try await act(.retry, on: note, in: store.name) }
    }
}
