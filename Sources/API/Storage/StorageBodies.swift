import Core
import Services

/// A store as the API shows it.
struct StoreBody: Encodable, Sendable {
    struct Replicas: Encodable, Sendable {
        let verified, uploading, waiting, failed, suspect, lost, bytes: Int64
    }

    struct Transfer: Encodable, Sendable {
        let sha256: SHA256Hash
        @Nullable var noteId: Note.ID?
        @Nullable var title: String?
        let bytesDone: Int64
        let bytesTotal: Int64

        init(_ replica: Replica, of note: Note?) {
            sha256 = replica.sha256
            bytesDone = replica.bytesDone
            bytesTotal = replica.size
            noteId = note?.id
            title = note?.title
        }
    }

    struct Usage: Encodable, Sendable {
        let month: String
        let requests: Int64
        let requestLimit: Int
        let egressBytes: Int64
        let egressLimit: Int64
        let warning: Bool
    }

    let name: String
    let kind: String
    let state: String
    @Nullable var reason: String?
    @Nullable var retryAt: Timestamp?
    let replicas: Replicas
    let transfers: [Transfer]
    @Nullable var usage: Usage?
    @Nullable var lastScrubAt: Timestamp?

    /// - Parameter principal: sees names of own notes only, and what a store costs only as the owner.
    init(_ store: StorageReport.StoreState, for principal: Principal) {
        name = store.name
        kind = store.kind.rawValue
        state = store.condition.word
        switch store.condition {
        case .down(let why, let at): (reason, retryAt) = (why, at)
        case .vanished(let why), .overBudget(let why): reason = why
        case .up, .paused: break
        }
        let totals = store.totals
        replicas = Replicas(
            verified: totals.verified, uploading: totals.uploading, waiting: totals.waiting, failed: totals.failed,
            suspect: totals.suspect, lost: totals.lost, bytes: totals.bytes)
        let isOwner = principal.role == .owner
        transfers = store.transfers.compactMap { transfer -> Transfer? in
            let isOwn = transfer.note?.account == principal.account
            guard isOwn || isOwner else { return nil }
            return Transfer(transfer.replica, of: isOwn ? transfer.note : nil)
        }
        if isOwner {
            usage = Usage(
                month: store.month, requests: store.usage.requests, requestLimit: store.requestLimit,
                egressBytes: store.usage.egress, egressLimit: store.egressLimit, warning: store.isNearBudget)
        }
        lastScrubAt = store.lastScrub?.at
    }
}

/// `GET /storage`.
struct StorageBody: Encodable, Sendable {
    struct Space: Encodable, Sendable {
        let free, total, used: Int64
    }

    struct Local: Encodable, Sendable {
        let blobs, bytes: Int64
        @Nullable var lastScrubAt: Timestamp?

        init(_ report: StorageReport) {
            (blobs, bytes) = (report.local.count, report.local.bytes)
            lastScrubAt = report.localScrub?.at
        }
    }

    struct Queue: Encodable, Sendable {
        let waiting, running, failed: Int
    }

    struct Migration: Encodable, Sendable {
        let id: Move.ID
        let store: String
        let step: Move.Step
        let done, total, bytesDone, bytesTotal: Int64
        @Nullable var error: String?
        let createdAt, updatedAt: Timestamp

        init(_ move: Move) {
            (id, store, step) = (move.id, move.store, move.step)
            (done, total) = (move.done, move.total)
            (bytesDone, bytesTotal) = (move.bytesDone, move.bytesTotal)
            (createdAt, updatedAt) = (move.createdAt, move.updatedAt)
            error = move.error
        }
    }

    @Nullable var space: Space?
    @Nullable var local: Local?
    let stores: [StoreBody]
    @Nullable var queue: Queue?
    let checks: [StorageHealth.Check]
    @Nullable var migration: Migration?

    init(_ report: StorageReport, for principal: Principal) {
        stores = report.stores.map { StoreBody($0, for: principal) }
        local = Local(report)
        guard principal.role == .owner else {
            checks = []
            return
        }
        space = Space(
            free: report.space.free, total: report.space.total, used: report.space.total - report.space.free)
        queue = Queue(
            waiting: report.jobs[.waiting] ?? 0, running: report.jobs[.running] ?? 0, failed: report.jobs[.failed] ?? 0)
        checks = report.checks
        migration = report.move.map(Migration.init)
    }
}

/// A copy of one of a note's blobs.
struct ReplicaBody: Encodable, Sendable {
    let store: String
    let kind: String
    let blob: String
    let state: Replica.State
    let wanted: Bool
    let paused: Bool
    let bytesDone: Int64
    let bytesTotal: Int64
    let attempts: Int
    @Nullable var error: String?
    @Nullable var verifiedAt: Timestamp?

    init(_ item: NoteReplica, kind: String) {
        store = item.replica.store
        self.kind = kind
        blob = item.role
        state = item.replica.state
        wanted = item.replica.isWanted
        paused = item.replica.isPaused
        bytesDone = item.replica.state == .verified ? item.replica.size : item.replica.bytesDone
        bytesTotal = item.replica.size
        attempts = item.attempts
        error = item.replica.state == .verified ? nil : item.replica.error ?? item.lastError
        verifiedAt = item.replica.verifiedAt
    }
}
