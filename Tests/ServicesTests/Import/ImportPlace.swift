import Blobs
import Core
import Foundation
import Jobs
import Synchronization
import Testing

@testable import Persistence
@testable import Services

/// A data folder with an account, and a folder from which recordings are imported; both go when the test ends.
final class ImportPlace: Sendable {
    let fixture: Fixture
    let account: Account.ID
    /// The folder of the source.
    let folder: String

    init(limits change: (inout Settings.Limits) -> Void = { _ in }) async throws {
        fixture = try await Fixture(isProcessing: true, limits: change)
        account = try await fixture.account(.owner)
        folder = NSTemporaryDirectory() + "voicenote-import-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    // The source

    /// Puts bytes into the folder; where they are.
    @discardableResult
    func write(_ bytes: [UInt8], as name: String) throws -> String {
        let path = "\(folder)/\(name)"
        let parent = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Puts real speech into the folder.
    @discardableResult
    func speech(_ recording: String, as name: String) throws -> String {
        try write(try Recordings.bytes(recording), as: name)
    }

    var source: FolderSource { FolderSource(folder, endings: ["wav", "opus", "m4a", "mp3"]) }

    /// Every name in the source, with size and time.
    func sourceState() throws -> [String: String] {
        var state: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            state[name] = "\(attributes[.size] ?? "") \(attributes[.modificationDate] ?? "")"
        }
        return state
    }

    // The import

    func importer(afterStep: @escaping Importer.Hook = { _ in }) -> Importer {
        Importer(ingest: fixture.ingest, runner: { [fixture] in Self.runner(fixture) }, afterStep: afterStep)
    }

    /// A runner runs once, and a test imports more than once.
    private static func runner(_ fixture: Fixture) -> JobRunner {
        guard let workers = fixture.workers else { preconditionFailure("the fixture has media workers") }
        let processing = Processing(
            database: fixture.database, store: fixture.store, workers: workers, settings: fixture.settings.audio,
            events: fixture.events, logger: fixture.logger)
        return JobRunner(
            database: fixture.database, handlers: [processing], concurrency: 1, poll: .milliseconds(50),
            logger: fixture.logger)
    }

    @discardableResult
    func run(
        _ source: (any ImportSource)? = nil, into account: Account.ID? = nil, keepsPartial: Bool = false,
        tell: @escaping @Sendable (ImportEvent) -> Void = { _ in }, afterStep: @escaping Importer.Hook = { _ in }
    ) async throws -> ImportSummary {
        try await importer(afterStep: afterStep).run(
            source ?? self.source, for: account ?? self.account, keepsPartial: keepsPartial, tell: tell)
    }

    /// Imports, which must fail.
    func failure(
        _ source: (any ImportSource)? = nil, keepsPartial: Bool = false, afterStep: @escaping Importer.Hook = { _ in }
    ) async throws -> ImportFailure {
        do {
            try await run(source, keepsPartial: keepsPartial, afterStep: afterStep)
        } catch let error as ImportFailure {
            return error
        }
        throw Recordings.Missing(description: "the import did not fail")
    }

    /// Runs a statement, such as one that makes a trigger.
    func change(_ sql: String) async throws {
        try await fixture.database.write { _ = try $0.execute(sql) }
    }

    // What is there

    func notes(archived: Bool = false, trashed: Bool = false) async throws -> [Note] {
        try await fixture.notes.list(NoteQuery(limit: 500, archived: archived, trashed: trashed), of: account).items
    }

    func records() async throws -> [(record: Import, notes: Int)] {
        try await fixture.database.read { try $0.imports.all() }
    }

    /// Every row of every table, but for the record of imports itself and the shadows of the search index. When a blob was
    /// last verified may change: an import that brings it again reads it again.
    static func dump(_ database: SQLiteDatabase) async throws -> [String: [String]] {
        try await database.read { connection in
            let tables = try connection.query(
                """
                SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                AND name NOT LIKE 'note_search%' AND name <> 'imports'
                """
            ).map { try $0.text("name") }
            var dump: [String: [String]] = [:]
            for table in tables {
                dump[table] = try connection.query("SELECT * FROM \(table)").map { row in
                    row.columns.sorted { $0.key < $1.key }.filter { (table, $0.key) != ("replicas", "verified_at") }
                        .map { "\($0.key): \(row.values[$0.value])" }.joined(separator: ", ")
                }.sorted()
            }
            return dump
        }
    }

    /// The database and the files of all blobs.
    func state() async throws -> State {
        State(tables: try await Self.dump(fixture.database), blobs: try fixture.blobFiles())
    }

    struct State: Equatable {
        let tables: [String: [String]]
        let blobs: Set<String>
    }
}

/// Why a test lets a step fail.
struct Broken: Error, CustomStringConvertible {
    var description: String { "The test broke it." }
}

/// What an import told.
final class ToldEvents: Sendable {
    private let events = Mutex<[ImportEvent]>([])

    func note(_ event: ImportEvent) { events.withLock { $0.append(event) } }

    var names: [String] {
        events.withLock { events in
            events.compactMap { event in
                if case .item(_, let name, _, _) = event { name } else { nil }
            }
        }
    }

    var steps: [Import.State] {
        events.withLock { events in
            events.compactMap { event in
                if case .step(let state) = event { state } else { nil }
            }
        }
    }
}
