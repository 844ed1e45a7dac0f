public import Blobs
public import Core
import NIOPosix
public import Persistence

/// Everything that an operator wants to know of the stores.
public struct StorageReport: Sendable {
    public struct StoreState: Sendable {
        public let name: String
        public let kind: Settings.Store.Kind
        public let condition: StoreGate.Condition
        public let totals: ReplicaTotals
        public let transfers: [Transfer]
        public let usage: StoreUsage
        public let month: String
        public let requestLimit: Int
        public let egressLimit: Int64
        public let isNearBudget: Bool
        public let lastScrub: Scrub.Report?
    }

    public struct Transfer: Sendable {
        public let replica: Replica
        /// A note that the blob belongs to.
        public let note: Note?
    }

    public let space: (free: Int64, total: Int64)
    public let local: (count: Int64, bytes: Int64)
    public let localScrub: Scrub.Report?
    public let stores: [StoreState]
    public let jobs: [Job.State: Int]
    public let checks: [StorageHealth.Check]
    public let move: Move?
    private static let mostTransfers = 50

    /// - Parameters:
    ///   - checks: of the data folder.
    ///   - store: only this one; nil for all.
    ///   - account: counts only what belongs to it; nil counts everything.
    public static func make(
        database: any SQLDatabase, folder: DataFolder, stores: StorePool, checks: [StorageHealth.Check],
        only store: String? = nil, account: Account.ID? = nil
    ) async throws -> StorageReport {
        let managed = store.map { name in stores.all.filter { $0.name == name } } ?? stores.all
        var states: [StoreState] = []
        for one in managed { states.append(try await state(of: one, account, database)) }
        let (local, jobs, move) = try await database.read { connection in
            (try connection.blobs.localTotals(of: account), try connection.jobs.counts(), try connection.moves.latest())
        }
        let space = try await NIOThreadPool.singleton.runIfActive { try folder.space() }
        return StorageReport(
            space: space, local: local, localScrub: try await Scrub.lastReport(LocalStore.name, database),
            stores: states, jobs: jobs, checks: checks + states.map { Self.check($0) }, move: move)
    }

    private static func state(
        of managed: ManagedStore, _ account: Account.ID?, _ database: any SQLDatabase
    ) async throws -> StoreState {
        let name = managed.name
        let (totals, transfers) = try await database.read { connection in
            (
                try connection.replicas.totals(of: name, account: account),
                try connection.replicas.uploading(in: name, limit: mostTransfers).map { replica in
                    Transfer(replica: replica, note: try connection.notes.find(blob: replica.sha256, limit: 1).first)
                }
            )
        }
        return StoreState(
            name: name, kind: managed.store.kind, condition: managed.gate.condition, totals: totals,
            transfers: transfers, usage: managed.usage, month: ManagedStore.month(.now()),
            requestLimit: managed.settings.requests, egressLimit: managed.settings.egress,
            isNearBudget: managed.isNearBudget, lastScrub: try await Scrub.lastReport(name, database))
    }

    /// A store as a line of a health report.
    static func check(_ store: StoreState) -> StorageHealth.Check {
        let name = "store \(store.name)"
        let counts =
            "\(store.totals.verified) verified, \(store.totals.waiting + store.totals.uploading) on their way, "
            + "\(store.totals.failed) given up, \(store.totals.suspect) suspect, \(store.totals.lost) lost"
        switch store.condition {
        case .vanished(let reason): return .init(name, .fail, "\(reason) Nothing is written to it. \(counts)")
        case .down(let reason, let retryAt):
            return .init(name, .warn, "\(reason) Next attempt at \(retryAt). \(counts)")
        case .overBudget(let reason): return .init(name, .warn, "\(reason) \(counts)")
        case .paused: return .init(name, .warn, "paused. \(counts)")
        case .up:
            let bad = store.totals.failed + store.totals.suspect + store.totals.lost
            let budget = store.isNearBudget ? "; this month's budget is nearly used up" : ""
            return .init(name, bad > 0 || store.isNearBudget ? .warn : .pass, counts + budget)
        }
    }
}
