import Blobs
import Core
import Jobs
import Persistence

/// One import on its way through its states.
struct ImportRun {
    /// What the account has of an item.
    struct Held {
        let item: ImportItem
        let note: Note.ID
        /// The digest of the file, unless this call did not read it.
        let digest: SHA256Hash?
        /// Whether this import made the note.
        let isOwn: Bool
    }

    let importer: Importer
    let record: Import
    let listing: ImportListing
    let tell: @Sendable (ImportEvent) -> Void
    var summary: ImportSummary
    var held: [Held] = []
    /// Items that were brought in once, and whose notes somebody deleted.
    var deletedSince = 0

    init(
        importer: Importer, record: Import, listing: ImportListing, tell: @escaping @Sendable (ImportEvent) -> Void
    ) {
        self.importer = importer
        self.record = record
        self.listing = listing
        self.tell = tell
        summary = ImportSummary(
            id: record.id, backup: record.backup, total: listing.items.count, findings: listing.findings)
    }

    var database: any SQLDatabase { importer.database }
    var store: LocalStore { importer.store }

    /// Does what is left to do.
    mutating func steps() async throws -> ImportSummary {
        var state = record.state.resumption
        while true {
            tell(.step(state))
            try await database.write { [record, state] in try $0.imports.set(state, of: record.id) }
            switch state {
            case .backup: try await ImportBackup.make(record.backup, of: database, with: store)
            case .ingest: try await ingest()
            case .process: try await process()
            case .validate: try await validate()
            case .done, .undo, .undone: break
            }
            try await importer.afterStep(state)
            guard let next = state.next else { return summary }
            state = next
        }
    }

    mutating func find(_ weight: ImportFinding.Weight, _ name: String, _ text: String) {
        summary.findings.append(ImportFinding(weight, name, text))
    }

    // Analysis

    /// Runs background work until every recording of the import is through.
    private func process() async throws {
        try await enqueue()
        let runner = importer.runner()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await runner.run()
                return false
            }
            group.addTask { [self] in
                try await untilProcessed()
                return true
            }
            defer { group.cancelAll() }
            guard try await group.next() == true else {
                throw VoiceNoteError(.unavailable, "Background work ended before all recordings were analysed.")
            }
        }
    }

    /// There is a job for each recording, whatever became of an earlier process.
    private func enqueue() async throws {
        try await database.write { [record] connection in
            for recording in try connection.imports.unprocessed(of: record.id) {
                try connection.jobs.enqueue(
                    kind: Processing.jobKind, subject: recording.description,
                    mostAttempts: Processing.retryPolicy.mostAttempts, at: .now())
            }
        }
    }

    private func untilProcessed() async throws {
        var last = -1
        while true {
            let states = try await database.read { [record] in try $0.imports.states(of: record.id) }
            let total = states.values.reduce(0, +)
            let done = total - (states[.processing] ?? 0)
            if done != last { tell(.progress(.process, done: done, of: total)) }
            if done == total { return }
            last = done
            try await Task.sleep(for: .milliseconds(250))
        }
    }
}
