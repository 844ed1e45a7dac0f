import API
import Audio
import Blobs
import Core
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import Logging
import NIOCore
import NIOPosix
import Persistence
import Services
import Telemetry

/// The real services on a folder of their own, with the routes before them and no network. Nothing runs in the
/// background: recordings stay in the state `processing`.
struct TestSystem {
    let dependencies: Dependencies
    let application: Application<RouterResponder<RequestScope>>
    let root: String
    private let threads: NIOThreadPool
    private let database: SQLiteDatabase
    private let hasher: PasswordHasher

    /// Makes the system, runs the body with a client of its routes, and removes everything.
    static func run(
        configure: (inout Settings) -> Void = { _ in },
        _ body: @escaping @Sendable (TestSystem, any TestClientProtocol) async throws -> Void
    ) async throws {
        var settings = Settings(profile: .testing)
        settings.data.folder = NSTemporaryDirectory() + "voicenote-api-\(UUID())"
        configure(&settings)
        let system = try await TestSystem(settings)
        do {
            try await system.application.test(.router) { try await body(system, $0) }
        } catch {
            try await system.end()
            throw error
        }
        try await system.end()
    }

    private init(_ settings: Settings) async throws {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let folder = try DataFolder(path: settings.data.folder)
        try folder.prepare()
        root = folder.root
        database = try SQLiteDatabase(path: folder.database)
        try await Migrator(database).migrate()
        threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        hasher = PasswordHasher()
        let store = LocalStore(folder: folder, threads: threads)
        let events = EventHub()
        let runner = JobRunner(database: database, handlers: [], concurrency: 1, logger: logger)
        let space = FreeSpace(folder: folder, limits: settings.limits)
        let ingest = Ingest(
            database: database, store: store, limits: settings.limits, space: space, events: events, runner: runner,
            foreground: ForegroundActivity(), logger: logger)
        let health = StorageHealth(folder: folder, settings: settings)
        let storage = StorageControl(
            database: database, stores: StorePool(), plan: ReplicationPlan(),
            news: ReplicaNews(database: database, events: events, logger: logger), runners: [:], folder: folder,
            health: health, logger: logger)
        let edits = Edits(database: database)
        let playback = Playback(
            database: database, store: store, signer: try await URLSigner(database: database))
        dependencies = Dependencies(
            settings: settings,
            accounts: try await Accounts(
                database: database, hasher: hasher, settings: settings.accounts, logger: logger),
            ingest: ingest,
            uploads: Uploads(
                database: database, store: store, ingest: ingest, limits: settings.limits, settings: settings.uploads,
                space: space, mostOpenFiles: 16, logger: logger),
            notes: Notes(database: database, store: store, events: events, runner: runner, logger: logger),
            edits: edits,
            hearing: EditHearing(
                edits: edits, database: database, store: store,
                copies: LocalCopies(
                    database: database, store: store, stores: StorePool(), space: space, logger: logger),
                playback: playback,
                // It has no worker: whoever asks it is told so.
                workers: MediaWorkerPool(executable: "/dev/null", count: 1)),
            exports: Exports(database: database, store: store, runner: runner, logger: logger),
            playback: playback,
            storage: storage, events: events, database: database, health: health, metrics: PrometheusRegistry(),
            logger: logger)
        application = Application(router: try Routes.router(dependencies), logger: logger)
    }

    private func end() async throws {
        try await hasher.shutdown()
        try await database.close()
        try await threads.shutdownGracefully()
        try FileManager.default.removeItem(atPath: root)
    }

    /// Registers somebody; the headers that their requests carry.
    func person(_ email: String) async throws -> HTTPFields {
        let session = try await dependencies.accounts.register(
            email: email, name: "Somebody", password: "correct horse")
        return [.authorization: "Bearer \(session.accessToken)"]
    }

    /// Stores a note with the bytes, for the person of the headers.
    func add(
        _ bytes: String, _ headers: HTTPFields, _ client: any TestClientProtocol
    ) async throws -> (id: String, status: HTTPResponse.Status) {
        var headers = headers
        headers[.contentType] = "audio/wav"
        let response = try await client.executeRequest(
            uri: "/api/v1/notes", method: .post, headers: headers, body: ByteBuffer(string: bytes))
        struct Created: Decodable {
            struct Note: Decodable { let id: String }
            let note: Note
        }
        let created = try JSONDecoder().decode(Created.self, from: Data(response.body.readableBytesView))
        return (created.note.id, response.status)
    }
}
