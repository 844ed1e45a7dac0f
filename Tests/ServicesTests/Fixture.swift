import Audio
import Blobs
import Core
import Foundation
import Jobs
import Logging
import NIOCore
import NIOPosix
import Persistence
import Testing

@testable import Services

/// A data folder, a database and the services on them, without a server; all of it goes when the test ends.
final class Fixture: Sendable {
    let folder: DataFolder
    let database: SQLiteDatabase
    let store: LocalStore
    let events = EventHub()
    let runner: JobRunner
    let ingest: Ingest
    let uploads: Uploads
    let settings: Settings
    let notes: Notes
    let playback: Playback
    let signer: URLSigner
    let workers: MediaWorkerPool?
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameters:
    ///   - limits: changes the limits of the testing profile.
    ///   - uploads: changes the settings of resumable uploads.
    ///   - isProcessing: whether there are media workers; the runner must be started by the test.
    init(
        isProcessing: Bool = false, limits change: (inout Settings.Limits) -> Void = { _ in },
        uploads changeUploads: (inout Settings.Uploads) -> Void = { _ in }
    ) async throws {
        var settings = Settings(profile: .testing)
        change(&settings.limits)
        changeUploads(&settings.uploads)
        settings.audio.opusComplexity = 0
        self.settings = settings
        folder = try DataFolder(path: NSTemporaryDirectory() + "voicenote-services-" + UUID().uuidString)
        try folder.prepare()
        database = try SQLiteDatabase(path: folder.database)
        try await Migrator(database).migrate()
        store = LocalStore(folder: folder, threads: .singleton)
        signer = try await URLSigner(database: database)
        var handlers: [any JobHandler] = []
        if isProcessing {
            let pool = MediaWorkerPool(executable: try Recordings.worker(), count: 1)
            handlers.append(
                Processing(
                    database: database, store: store, workers: pool, settings: settings.audio, events: events,
                    logger: logger))
            workers = pool
        } else {
            workers = nil
        }
        runner = JobRunner(
            database: database, handlers: handlers, concurrency: 2, lease: .seconds(3), poll: .milliseconds(50),
            logger: logger)
        let space = FreeSpace(folder: folder, limits: settings.limits)
        ingest = Ingest(
            database: database, store: store, limits: settings.limits, space: space, events: events, runner: runner,
            foreground: ForegroundActivity(), logger: logger)
        uploads = Uploads(
            database: database, store: store, ingest: ingest, limits: settings.limits, settings: settings.uploads,
            space: space, mostOpenFiles: 4, logger: logger)
        notes = Notes(database: database, store: store, events: events, runner: runner, logger: logger)
        playback = Playback(database: database, store: store, signer: signer)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder.root)
    }

    func account(_ role: Account.Role = .member) async throws -> Account.ID {
        let now = Timestamp.now()
        let id = Account.ID(at: now)
        let account = Account(
            id: id, email: "\(id)@example.org", name: "Ada", role: role, profile: Account.Profile(), createdAt: now,
            updatedAt: now)
        try await database.write { try $0.accounts.insert(account, passwordHash: "") }
        return id
    }

    @discardableResult
    func upload(
        _ bytes: [UInt8], _ draft: NoteDraft = NoteDraft(mimeType: "audio/wav"), of account: Account.ID
    ) async throws -> (note: Note, receipt: Receipt) {
        var incoming = try ingest.begin(expecting: Int64(bytes.count))
        do {
            try await ingest.append(ByteBuffer(bytes: bytes), to: &incoming)
            return try await ingest.complete(&incoming, as: draft, of: account)
        } catch {
            await ingest.abort(&incoming)
            throw error
        }
    }

    /// Every blob's file, by its digest.
    func blobFiles() throws -> Set<String> {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path(.blobs))
        return Set(paths.map { ($0 as NSString).lastPathComponent }.filter { $0.count == 64 })
    }

    func names(_ room: DataFolder.Room) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path(room))
    }

    func content(of sha256: SHA256Hash) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.blob(sha256))))
    }

    func job(of note: Note) async throws -> Job? {
        try await database.read { try $0.jobs.find(kind: Processing.jobKind, subject: note.recording.id.description) }
    }

    /// Runs background work while the body runs, and ends it with its workers.
    func processing(_ body: () async throws -> Void) async throws {
        let task = Task { try await runner.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        task.cancel()
        try await task.value
        await workers?.shutdown()
        try result.get()
    }
}

/// The recordings that `scripts/fixtures` makes.
enum Recordings {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        guard let file = above(".fixtures/" + name) else {
            throw Missing(description: "\(name) is missing: run scripts/fixtures")
        }
        return [UInt8](try Data(contentsOf: file))
    }

    /// The program whose media workers the tests start: beside the tests, or where a debug build puts it.
    static func worker() throws -> String {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let candidates =
            CommandLine.arguments.filter { $0.contains(".xctest") }.map { URL(fileURLWithPath: $0) } + [own]
        for candidate in candidates {
            let path = candidate.deletingLastPathComponent().appendingPathComponent("voicenote").path
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        guard let file = above(".build/debug/voicenote") else {
            throw Missing(description: "the program voicenote is missing: run swift build --build-tests")
        }
        return file.path
    }

    private static func above(_ name: String) -> URL? {
        var folder = URL(fileURLWithPath: #filePath)
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let file = folder.appendingPathComponent(name)
            if FileManager.default.fileExists(atPath: file.path) { return file }
        }
        return nil
    }
}

/// Waits until the condition holds; fails the test when it does not in time.
func eventually(
    _ comment: Comment? = nil, within limit: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(comment ?? "did not become true", sourceLocation: sourceLocation)
}

/// Expects the error with the code.
func expect(
    _ code: VoiceNoteError.Code, field: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("no error, expected \(code)", sourceLocation: sourceLocation)
    } catch let error as VoiceNoteError {
        #expect(error.code == code, sourceLocation: sourceLocation)
        if let field { #expect(error.fields.map(\.field) == [field], sourceLocation: sourceLocation) }
    } catch {
        Issue.record("\(error), expected \(code)", sourceLocation: sourceLocation)
    }
}
