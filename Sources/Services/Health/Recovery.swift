public import Blobs
public import Core
import Foundation
public import Logging
public import Persistence

/// What a start does about what an earlier process was in the middle of: it is finished or undone, before anybody is
/// served.
public struct Recovery: Sendable {
    private let database: any SQLDatabase
    private let store: LocalStore
    private let unreferenced: UnreferencedBlobs
    private let logger: Logger
    private static let fact = "recovery"

    public init(database: any SQLDatabase, store: LocalStore, logger: Logger) {
        self.database = database
        self.store = store
        self.logger = logger
        unreferenced = UnreferencedBlobs(database: database, store: store, logger: logger)
    }

    /// What the last start found and did.
    public struct Report: Sendable, Codable, Hashable {
        public var at: Timestamp
        /// Uploads that go on where they stopped.
        public var openUploads = 0
        /// Temporary files that nobody goes on with, removed.
        public var removedFiles = 0
        /// Files of blobs that no row speaks of, removed.
        public var removedBlobs = 0
        /// Jobs that were interrupted and begin again.
        public var interruptedJobs = 0

        /// Whether anything was left to do.
        public var foundSomething: Bool {
            openUploads + removedFiles + removedBlobs + interruptedJobs > 0
        }
    }

    /// Finishes or undoes. Call it before the server listens and jobs run, by the only process on the data folder.
    public func run() async throws -> Report {
        var report = Report(at: .now())
        // The lock on the folder says that nobody else is at work here: what is leased belongs to a process that is gone.
        let (jobs, open, removals) = try await database.write { [now = report.at] connection in
            (
                try connection.jobs.freeLeases(at: now), try connection.uploads.openIDs(),
                try connection.blobs.awaitingRemoval()
            )
        }
        report.interruptedJobs = jobs
        report.openUploads = open.count
        report.removedBlobs += await unreferenced.removeFiles(Set(removals)) ? removals.count : 0
        let leftovers = try await store.leftovers()
        for problem in leftovers.strange { logger.warning("a strange file stays", metadata: ["error": "\(problem)"]) }
        for leftover in leftovers.files {
            if try await unreferenced.remove(leftover) { report.removedBlobs += 1 }
            report.removedFiles += 1
        }
        for id in leftovers.uploads where !open.contains(id) { try await end(id, &report) }
        try await takeBack()
        let text = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        try await database.write { try $0.facts.set(Self.fact, to: text) }
        return report
    }

    /// Puts files back that were set aside by a transaction that never came to its end.
    private func takeBack() async throws {
        for blob in try await store.quarantined(before: .now() + .seconds(3600)) where !store.isPresent(blob) {
            let isStillHere = try await database.read { connection in
                try connection.replicas.find(blob, in: LocalStore.name)?.replica.state == .verified
            }
            if isStillHere { _ = try await store.restoreFromQuarantine(blob) }
        }
    }

    /// Removes what is left of an upload that has ended. One that the database never heard of is newer than the database,
    /// which was restored: its bytes may have been acknowledged, and are set aside.
    private func end(_ id: Upload.ID, _ report: inout Report) async throws {
        if try await database.read({ try $0.uploads.find(id) }) == nil {
            let kept = try await store.setAside(id)
            logger.warning("set aside an upload that no row speaks of", metadata: ["kept": "\(kept ?? "nothing")"])
        } else if let leftover = try await store.leftover(of: id) {
            if try await unreferenced.remove(leftover) { report.removedBlobs += 1 }
            report.removedFiles += 1
        }
    }

    /// What the last start found; nil before the first one.
    public static func lastReport(_ database: any SQLDatabase) async throws -> Report? {
        guard let text = try await database.read({ try $0.facts.value(fact) }) else { return nil }
        return try? JSONDecoder().decode(Report.self, from: Data(text.utf8))
    }
}

/// Compares the rows of blobs with the files. Looks at every name, and reads no file.
///
/// A file without a row is only told of, never deleted: a power cut can leave one, but so does a database that was restored
/// from a backup, and then it may be the only copy of a recording.
struct BlobInventory: Sendable {
    let database: any SQLDatabase
    let store: LocalStore
    private static let page = 1000

    /// Files that no row speaks of.
    func orphans() async throws -> [SHA256Hash] {
        var orphans: [SHA256Hash] = []
        try await store.eachFolder { blobs in
            orphans += try await database.read { connection in
                try blobs.filter { try !connection.blobs.exists($0) }
            }
        }
        return orphans
    }

    /// Rows whose file is not there.
    func missing() async throws -> [SHA256Hash] {
        var missing: [SHA256Hash] = []
        var last: SHA256Hash?
        while true {
            let blobs = try await database.read { [last] in try $0.blobs.digests(after: last, limit: Self.page) }
            guard let end = blobs.last else { return missing }
            missing += try await store.missing(of: blobs)
            last = end
        }
    }
}
