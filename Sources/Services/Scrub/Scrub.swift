public import Blobs
public import Core
import Foundation
public import Logging
public import Persistence

/// Re-reads what is stored, a little at a time, and has what is bad repaired from what is good.
public final class Scrub: Sendable {
    private let database: any SQLDatabase
    private let store: LocalStore
    private let stores: StorePool
    private let copies: LocalCopies
    private let settings: Settings.Scrub
    private let proof: ReplicaProof
    private let logger: Logger
    private static let page = 100

    public init(
        database: any SQLDatabase, store: LocalStore, stores: StorePool, copies: LocalCopies, settings: Settings.Scrub,
        logger: Logger
    ) {
        self.database = database
        self.store = store
        self.stores = stores
        self.copies = copies
        self.settings = settings
        self.logger = logger
        proof = ReplicaProof(database: database, logger: logger)
    }

    /// What a run over a store found.
    public struct Report: Sendable, Hashable, Codable {
        public var store: String
        public var at = Timestamp.now()
        /// Replicas that were read.
        public var read = 0
        public var bytes: Int64 = 0
        /// Those that were not what they should be.
        public var bad = 0
        /// Of those, the ones that were repaired at once.
        public var repaired = 0
        /// Those whose store could not be asked.
        public var unknown = 0
        /// Bytes of all runs of the same day (UTC) that were not to read everything.
        public var dayBytes: Int64 = 0
        /// Where the next run goes on; nil when all was looked at.
        public var next: SHA256Hash?
    }

    static func fact(_ store: String) -> String { "scrub.\(store)" }

    /// What the last run over the store found; nil before the first one.
    public static func lastReport(_ store: String, _ database: any SQLDatabase) async throws -> Report? {
        guard let text = try await database.read({ try $0.facts.value(fact(store)) }) else { return nil }
        return try? JSONDecoder().decode(Report.self, from: Data(text.utf8))
    }

    /// The names of all stores, the local one first.
    public var storeNames: [String] { [LocalStore.name] + stores.all.map(\.name) }

    /// Re-reads replicas of the store.
    /// - Parameters:
    ///   - bytes: so many at most; nil reads all, those too that were verified a short while ago.
    public func run(_ name: String, bytes: Int64?) async throws -> Report {
        var report = Report(store: name)
        let last = try await Self.lastReport(name, database)
        var bytes = bytes
        if let last, last.at.description.prefix(10) == report.at.description.prefix(10) {
            report.dayBytes = last.dayBytes
        }
        if let wanted = bytes { bytes = min(wanted, max(0, settings.dailyBytes - report.dayBytes)) }
        // All of it: from the beginning.
        report.next = bytes == nil ? nil : last?.next
        let before = bytes == nil ? report.at : report.at - settings.period
        while !Task.isCancelled {
            let page = try await database.read { [next = report.next] in
                try $0.replicas.verified(in: name, after: next, before: before, limit: Self.page)
            }
            for (sha256, size) in page {
                // The first one of a day goes even if it alone is larger.
                if let bytes, report.bytes + size > bytes, report.read + Int(report.dayBytes) > 0 {
                    return try await end(report)
                }
                try await look(sha256, size, name, &report)
                report.next = sha256
                if bytes != nil { report.dayBytes += size }
                if report.unknown > 10 { return try await end(report) }
            }
            if page.count < Self.page {
                report.next = nil
                break
            }
        }
        return try await end(report)
    }

    private func end(_ report: Report) async throws -> Report {
        let text = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        try await database.write { try $0.facts.set(Self.fact(report.store), to: text) }
        if report.bad > 0 { logger.error("re-reading found bad replicas", metadata: ["report": "\(report)"]) }
        return report
    }

    private func look(_ sha256: SHA256Hash, _ size: Int64, _ name: String, _ report: inout Report) async throws {
        report.read += 1
        report.bytes += size
        if name == LocalStore.name {
            guard let (state, reason) = try await localProblem(sha256) else { return }
            report.bad += 1
            if try await repairLocal(sha256, size, state, reason) { report.repaired += 1 }
            return
        }
        guard let managed = stores[name] else {
            report.unknown += 1
            return
        }
        switch try await proof.prove(sha256, in: managed, reading: true) {
        case .proven: break
        case .bad: report.bad += 1
        case .unknown: report.unknown += 1
        }
    }

    /// What is wrong with the local copy; nil when nothing is.
    private func localProblem(_ sha256: SHA256Hash) async throws -> (Replica.State, String)? {
        switch try await store.examine(sha256) {
        case .good:
            _ = try await database.write(.relaxed) {
                try $0.replicas.setVerified(sha256, in: LocalStore.name, nil, at: .now())
            }
            return nil
        case .missing: return (.lost, "The file is not there.")
        case .damaged: return (.suspect, "The file's bytes are not what they were.")
        }
    }

    /// Replaces a bad local copy by a good one from elsewhere. True when that succeeded.
    private func repairLocal(
        _ sha256: SHA256Hash, _ size: Int64, _ state: Replica.State, _ reason: String
    ) async throws -> Bool {
        logger.error("a local copy is bad", metadata: ["blob": "\(sha256)", "reason": "\(reason)"])
        try await database.write { try $0.replicas.setState(state, error: reason, of: sha256, in: LocalStore.name) }
        do {
            let blob = Blob(sha256: sha256, size: size, mimeType: "application/octet-stream")
            try await copies.fetch(blob).finished()
            logger.notice("a local copy was repaired", metadata: ["blob": "\(sha256)"])
            return true
        } catch let error as LocalCopies.Unavailable {
            logger.critical(
                "a recording cannot be repaired", metadata: ["blob": "\(sha256)", "reason": "\(error.reason)"])
        } catch let error as StoreError {
            logger.critical("a recording cannot be repaired", metadata: ["blob": "\(sha256)", "reason": "\(error)"])
        }
        return false
    }
}
