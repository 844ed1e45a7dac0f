import Blobs
public import Core
public import Jobs
import Persistence

/// Brings recordings from elsewhere into an account, and takes them back.
///
/// An import goes through its states one by one: the database is copied, recordings are stored durably with their notes,
/// analysed, and compared with their source. Where each is stands in the table `imports`, and what it made in
/// `import_items`, written with each note in one transaction: so it goes on after any interruption, and exactly what it
/// made can be removed. When a step fails, all of it is removed again, unless the caller wants to keep it.
///
/// A recording that the source does not have, or that cannot be read there, is no failure: it is told of, and the others
/// go on. Nobody else may use the data folder meanwhile.
public struct Importer: Sendable {
    /// Called when a step's work is done; what it throws counts as the step's failure.
    public typealias Hook = @Sendable (Import.State) async throws -> Void

    let ingest: Ingest
    let runner: @Sendable () -> JobRunner
    let afterStep: Hook

    var database: any SQLDatabase { ingest.database }
    var store: LocalStore { ingest.store }

    /// - Parameters:
    ///   - runner: makes what analyses recordings. It is run until they are through.
    ///   - afterStep: for tests.
    public init(
        ingest: Ingest, runner: @escaping @Sendable () -> JobRunner, afterStep: @escaping Hook = { _ in }
    ) {
        self.ingest = ingest
        self.runner = runner
        self.afterStep = afterStep
    }

    /// Imports the source, or goes on with an import of it that was interrupted.
    /// - Parameters:
    ///   - keepsPartial: whether what was brought in stays when a step fails, so that the next call goes on there.
    ///   - tell: hears how it goes.
    /// - Throws: ``ImportFailure`` when a step failed; ``OldRecorderError`` when the source cannot be read at all, in
    ///   which case nothing was done.
    public func run(
        _ source: any ImportSource, for account: Account.ID, keepsPartial: Bool = false,
        tell: @escaping @Sendable (ImportEvent) -> Void = { _ in }
    ) async throws -> ImportSummary {
        let listing = try await store.blocking { try source.contents() }
        // Whatever a way back needs is a constant from here on, and in the table.
        let record = try await begin(source.identity, account)
        tell(.began(record))
        var run = ImportRun(importer: self, record: record, listing: listing, tell: tell)
        do {
            return try await run.steps()
        } catch {
            throw await wayBack(record, listing, from: Self.reason(error), keepsPartial: keepsPartial, tell)
        }
    }

    private func begin(_ source: String, _ account: Account.ID) async throws -> Import {
        let now = Timestamp.now()
        let id = Import.ID(at: now)
        let new = Import(
            id: id, account: account, source: source, backup: ImportBackup.path(of: id, in: store.folder),
            createdAt: now)
        return try await database.write { connection in
            if let old = try connection.imports.interrupted(of: source, into: account) { return old }
            try connection.imports.insert(new)
            return new
        }
    }

    private func wayBack(
        _ record: Import, _ listing: ImportListing, from reason: String, keepsPartial: Bool,
        _ tell: @escaping @Sendable (ImportEvent) -> Void
    ) async -> ImportFailure {
        do {
            try await database.write { try $0.imports.set(error: reason, of: record.id) }
            if keepsPartial { return ImportFailure(record.id, reason, .kept) }
            let rollback = try await rollback(
                record.id, originals: ImportOriginals(listing), because: reason, tell: tell)
            return ImportFailure(record.id, reason, .undone(rollback))
        } catch let error as ImportFailure {
            return ImportFailure(record.id, "\(reason) \(error.reason)", error.aftermath)
        } catch {
            let advice = ImportBackup.advice(record, in: store.folder)
            return ImportFailure(record.id, "\(reason) \(Self.reason(error))", .stuck(advice: advice))
        }
    }

    /// The error in words for a person.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as VoiceNoteError: error.detail
        case let error as ImportFailure: error.reason
        case PersistenceError.full: Ingest.storageFull.detail
        case is CancellationError: "It was interrupted."
        default: "\(error)"
        }
    }
}
