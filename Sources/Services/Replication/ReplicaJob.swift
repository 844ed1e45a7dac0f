import Blobs
public import Core
public import Jobs
public import Logging
public import Persistence
import Synchronization

/// The job that brings a replica to the state in which it is to be: there and verified, or gone. One for each store.
public final class ReplicaJob: JobHandler {
    private let managed: ManagedStore
    private let database: any SQLDatabase
    private let local: LocalCopies
    private let news: ReplicaNews
    private let proof: ReplicaProof
    private let underWay = Mutex<[SHA256Hash: Task<StoreReceipt, any Error>]>([:])
    private let logger: Logger
    public let retry: RetryPolicy

    public init(
        _ managed: ManagedStore, database: any SQLDatabase, local: LocalCopies, news: ReplicaNews, attempts: Int,
        logger: Logger
    ) {
        self.managed = managed
        self.database = database
        self.local = local
        self.news = news
        self.logger = logger
        proof = ReplicaProof(database: database, logger: logger)
        retry = RetryPolicy(mostAttempts: attempts, base: .seconds(2), cap: .seconds(300))
    }

    public var kind: String { Replica.jobKind(managed.name) }

    public func run(_ job: Job) async throws -> JobEffect {
        guard let sha256 = SHA256Hash(job.subject) else { return JobEffect() }
        let (detail, removal) = try await database.read { [name = managed.name] connection in
            (try connection.replicas.find(sha256, in: name), try connection.replicas.removal(sha256, in: name))
        }
        do {
            if let detail {
                if !detail.replica.isWanted, let transfer = detail.transfer {
                    try await inTurn { try await $0.abandon(transfer, of: sha256) }
                    return effect(sha256) { try $0.replicas.forgetTransfer(of: sha256, in: $1) }
                }
                guard detail.replica.isWanted, !detail.replica.isPaused, detail.replica.state != .verified else {
                    return JobEffect()
                }
                return try await put(detail)
            }
            guard let removal else { return JobEffect() }
            try await inTurn { store in
                if let transfer = removal.transfer { try await store.abandon(transfer, of: sha256) }
                try await store.remove(sha256, removal.receipt)
            }
            return effect(sha256) { try $0.replicas.removed(sha256, from: $1) }
        } catch let error as StoreError {
            if error.kind == .damaged, detail != nil { try await suspect(sha256, error.message) }
            // While the way is closed, nothing was tried.
            throw JobFailure(
                error.message, isTransient: error.isTransient, wait: error.retryAfter ?? managed.gate.wait(),
                counts: error.kind != .overBudget && error.kind != .vanished)
        } catch let error as LocalCopies.Unavailable {
            throw JobFailure(error.reason, isTransient: true, wait: .seconds(30))
        } catch is Closed {
            throw JobFailure(
                "\(managed.name) is not used just now.", isTransient: true, wait: managed.gate.wait(), counts: false)
        }
    }

    /// The way was closed while a transfer waited for its turn.
    private struct Closed: Error {}

    /// Does something with the store when it is its turn: more are prepared than may be at work.
    private func inTurn<Value: Sendable>(
        _ body: @Sendable (any Store) async throws -> Value
    ) async throws -> Value {
        try await managed.transfers.take {
            guard managed.gate.mayBegin() else { throw Closed() }
            return try await managed.use(body)
        }
    }

    private func put(_ detail: ReplicaRepository.Detail) async throws -> JobEffect {
        let replica = detail.replica
        let blob = Blob(sha256: replica.sha256, size: replica.size, mimeType: detail.mimeType)
        let source: LocalBlobSource
        do {
            // Nothing wrong is sent, and nothing is removed for its sake.
            source = try await local.source(blob, isProven: true)
        } catch let error as LocalCopies.Unavailable where replica.state == .suspect || replica.state == .lost {
            // Nothing good is anywhere else: perhaps the store was wrong about it.
            guard case .proven = try await proof.prove(blob.sha256, in: managed, reading: true) else { throw error }
            return effect(blob.sha256) { _, _ in }
        }
        let receipt = try await stoppable(blob.sha256) { [self] in
            try await inTurn { [self] store in
                let shown = showLater(blob.sha256)
                defer { shown.cancel() }
                // What is there looks right to the store and is not.
                if replica.state == .suspect { try await store.remove(blob.sha256, detail.receipt) }
                return try await store.put(blob, from: source, resuming: detail.transfer) { progress in
                    try await self.note(progress, of: replica)
                }
            }
        }
        return effect(replica.sha256) { connection, store in
            _ = try connection.replicas.setVerified(replica.sha256, in: store, receipt, at: .now())
        }
    }

    /// Ends the transfer of the blob, if it is under way: a person does not want it just now.
    func stop(_ sha256: SHA256Hash) {
        underWay.withLock { $0[sha256] }?.cancel()
    }

    /// Does the work so that ``stop(_:)`` ends it.
    private func stoppable(
        _ sha256: SHA256Hash, _ work: @escaping @Sendable () async throws -> StoreReceipt
    ) async throws -> StoreReceipt {
        let task = Task { try await work() }
        underWay.withLock { $0[sha256] = task }
        defer { underWay.withLock { $0[sha256] = nil } }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch  where task.isCancelled && !Task.isCancelled {
            throw StoreError(.refused, "It was stopped.")
        }
    }

    /// A transfer that takes a while is shown to be under way; most are over before.
    private func showLater(_ sha256: SHA256Hash) -> Task<Void, any Error> {
        Task { [database, name = managed.name, news] in
            try await Task.sleep(for: .milliseconds(400))
            try await database.write(.relaxed) { try $0.replicas.setUploading(sha256, in: name) }
            await news.changed(sha256)
        }
    }

    /// What is there is not the blob: the next attempt removes it first.
    private func suspect(_ sha256: SHA256Hash, _ reason: String) async throws {
        try await database.write(.relaxed) { [name = managed.name] connection in
            try connection.replicas.setState(.suspect, error: reason, of: sha256, in: name)
        }
    }

    /// Writes down how far the transfer is, so that a restart goes on from there; ends it when nobody wants it any more.
    private func note(_ progress: StoreProgress, of replica: Replica) async throws {
        let name = managed.name
        let goesOn = try await database.write(.relaxed) { connection in
            guard let now = try connection.replicas.find(replica.sha256, in: name)?.replica, now.isWanted,
                !now.isPaused
            else { return false }
            try connection.replicas.setTransfer(
                progress.transfer, bytesDone: progress.bytesDone, of: replica.sha256, in: name)
            return true
        }
        guard goesOn else { throw StoreError(.refused, "It was stopped.") }
        await news.progress(
            replica.sha256, in: name, replica.size == 0 ? 1 : Double(progress.bytesDone) / Double(replica.size))
    }

    /// Records what was done; when something else is wanted by now, the next job does that.
    private func effect(
        _ sha256: SHA256Hash, _ apply: @escaping @Sendable (any SQLConnection, String) throws -> Void
    ) -> JobEffect {
        let name = managed.name
        return JobEffect(
            apply: { connection in
                try apply(connection, name)
                try Self.goOn(sha256, in: name, connection)
            },
            afterCommit: { [news] in await news.changed(sha256) })
    }

    public func giveUp(_ job: Job, reason: String) -> JobEffect {
        guard let sha256 = SHA256Hash(job.subject) else { return JobEffect() }
        let name = managed.name
        return JobEffect(
            apply: { connection in
                if let replica = try connection.replicas.find(sha256, in: name)?.replica, replica.state != .verified {
                    let state = replica.state == .uploading ? .absent : replica.state
                    let isStopped = replica.isPaused || !replica.isWanted
                    try connection.replicas.setState(state, error: isStopped ? nil : reason, of: sha256, in: name)
                    // The store is to forget the parts of what nobody wants.
                    if !replica.isWanted, try connection.replicas.find(sha256, in: name)?.transfer != nil {
                        try connection.replicas.enqueue(sha256, in: name)
                    }
                }
            },
            afterCommit: { [news] in await news.changed(sha256) })
    }

    /// What changed while the job was at work.
    private static func goOn(
        _ sha256: SHA256Hash, in store: String, _ connection: any SQLConnection
    ) throws {
        let replica = try connection.replicas.find(sha256, in: store)?.replica
        let isMissing = replica.map { $0.isWanted && !$0.isPaused && $0.state != .verified } ?? false
        let isToGo = try replica == nil && connection.replicas.removal(sha256, in: store) != nil
        if isMissing || isToGo { try connection.replicas.enqueue(sha256, in: store) }
    }
}
