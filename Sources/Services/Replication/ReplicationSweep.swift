import Core
public import Logging
public import Persistence
public import ServiceLifecycle

/// Finds replicas that are wanted and that nobody sees to: of recordings that are older than a store, of transfers that
/// were given up, of removals that were missed. And writes down what the stores were used for.
public struct ReplicationSweep: Service {
    private let database: any SQLDatabase
    private let stores: StorePool
    private let plan: ReplicationPlan
    private let logger: Logger
    private static let batch = 500
    /// Between two looks.
    private static let pause = Duration.seconds(10)
    /// Looks until what was given up is tried again: an hour.
    private static let looksUntilRetry = 360

    public init(database: any SQLDatabase, stores: StorePool, plan: ReplicationPlan, logger: Logger) {
        self.database = database
        self.stores = stores
        self.plan = plan
        self.logger = logger
    }

    public func run() async throws {
        guard !stores.isEmpty else {
            // A stop in haste cancels it instead.
            return (try? await gracefulShutdown()) ?? ()
        }
        await cancelWhenGracefulShutdown {
            var looks = 0
            var conditions: [String: String] = [:]
            while !Task.isCancelled {
                for managed in stores.all {
                    do {
                        try await look(managed, includingFailed: looks % Self.looksUntilRetry == 0)
                    } catch is CancellationError {
                        return
                    } catch {
                        logger.error(
                            "replicas were not looked through",
                            metadata: ["store": "\(managed.name)", "error": "\(error)"])
                    }
                    tell(managed, before: &conditions[managed.name, default: StoreGate.Condition.up.word])
                }
                looks += 1
                try? await Task.sleep(for: Self.pause)
            }
            for managed in stores.all { try? await managed.recordUsage() }
        }
    }

    /// Says once that a store is not what it was a while ago.
    private func tell(_ managed: ManagedStore, before: inout String) {
        let condition = managed.gate.condition
        guard condition.word != before else { return }
        before = condition.word
        let level: Logger.Level = condition == .up ? .notice : .warning
        logger.log(
            level: level, "a store is \(condition.word)",
            metadata: ["store": "\(managed.name)", "reason": "\(condition.reason ?? "")"])
    }

    private func look(_ managed: ManagedStore, includingFailed: Bool) async throws {
        try await managed.recordUsage()
        let name = managed.name
        let isPaused = try await database.read { try $0.facts.value(StorageControl.pauseFact(name)) } == "1"
        managed.gate.setPaused(isPaused)
        // A vanished store comes back by itself. That a disk is not mounted is known before somebody needs it; to ask
        // others would cost requests.
        if case .vanished = managed.gate.condition {
            try? await managed.check()
        } else if managed.settings.kind == .folder {
            try? await managed.requireMarker()
        }
        if plan.sources.contains(name) {
            for role in [BlobRole.source, .repaired, .export] { try await want(role, in: name) }
        }
        if plan.listen.contains(name) { try await want(.listen, in: name) }
        try await attend(name, failed: false)
        if includingFailed { try await attend(name, failed: true) }
        try await removals(name)
    }

    private func want(_ role: BlobRole, in store: String) async throws {
        while !Task.isCancelled {
            let count = try await database.write(.relaxed) { connection in
                let blobs = try connection.replicas.neverWanted(in: store, role: role, limit: Self.batch)
                for blob in blobs where try connection.replicas.want(blob, in: store) {
                    try connection.replicas.enqueue(blob, in: store)
                }
                return blobs.count
            }
            if count < Self.batch { return }
        }
    }

    private func attend(_ store: String, failed: Bool) async throws {
        while !Task.isCancelled {
            let count = try await database.write(.relaxed) { connection in
                let blobs = try connection.replicas.unattended(in: store, failed: failed, limit: Self.batch)
                for blob in blobs { try connection.replicas.enqueue(blob, in: store) }
                return blobs.count
            }
            if count < Self.batch { return }
        }
    }

    private func removals(_ store: String) async throws {
        var last: SHA256Hash?
        while !Task.isCancelled {
            let blobs = try await database.write(.relaxed) { [last] connection in
                let blobs = try connection.replicas.removals(from: store, after: last, limit: Self.batch)
                for blob in blobs { try connection.replicas.enqueue(blob, in: store) }
                return blobs
            }
            if blobs.count < Self.batch { return }
            last = blobs.last
        }
    }
}
