import API
import Audio
import Blobs
import Core
import Foundation
import Jobs
import Logging
import NIOPosix
import Persistence
import ServiceLifecycle
import Services
import Telemetry

/// The one place where everything is put together.
struct Composition: Sendable {
    let settings: Settings
    let folder: DataFolder
    let database: SQLiteDatabase
    let threads: NIOThreadPool
    let hasher: PasswordHasher
    let workers: MediaWorkerPool
    let accounts: Accounts
    let events: EventHub
    let runner: JobRunner
    /// Writes edits to files, and lets them be heard: each with a worker of its own, so that neither waits for the other
    /// nor for recordings that come in.
    let exporters: MediaWorkerPool
    let listeners: MediaWorkerPool
    let exportRunner: JobRunner
    let edits: Edits
    let hearing: EditHearing
    let exports: Exports
    let stores: StorePool
    /// One for each store.
    let transfers: [String: JobRunner]
    let storage: StorageControl
    let sweep: ReplicationSweep
    let reclaim: Reclaim
    let scrub: Scrub
    let moves: Moves
    let notes: Notes
    let ingest: Ingest
    let uploads: Uploads
    let recovery: Recovery
    let playback: Playback
    let health: StorageHealth
    let metrics = PrometheusRegistry()
    let logger: Logger

    /// Opens the data folder, brings its database up to date and makes every service.
    static func make(_ settings: Settings, logger: Logger) async throws -> Composition {
        let (folder, database) = try await open(settings, logger: logger)
        let threads = NIOThreadPool(numberOfThreads: 8)
        threads.start()
        let store = LocalStore(folder: folder, threads: threads)
        let hasher = PasswordHasher()
        let workers = MediaWorkerPool(executable: try ownPath(), count: settings.audio.workers)
        let events = EventHub()
        let space = FreeSpace(folder: folder, limits: settings.limits)
        let stores = try stores(settings, database: database, threads: threads)
        for managed in stores.all { try await managed.load() }
        let plan = ReplicationPlan(settings)
        let copies = LocalCopies(database: database, store: store, stores: stores, space: space, logger: logger)
        let news = ReplicaNews(database: database, events: events, logger: logger)
        let processing = Processing(
            database: database, store: store, workers: workers, settings: settings.audio, events: events, plan: plan,
            local: copies, logger: logger)
        let foreground = ForegroundActivity()
        let runner = JobRunner(
            database: database, handlers: [processing], concurrency: settings.audio.workers, foreground: foreground,
            logger: logger)
        let replicaJobs = Dictionary(
            uniqueKeysWithValues: stores.all.map { managed in
                let job = ReplicaJob(
                    managed, database: database, local: copies, news: news, attempts: settings.replication.attempts,
                    logger: logger)
                return (managed.name, job)
            })
        let transfers = Dictionary(
            uniqueKeysWithValues: stores.all.compactMap { managed in
                replicaJobs[managed.name].map {
                    (managed.name, transferRunner(of: $0, for: managed, database: database, logger: logger))
                }
            })
        let ingest = Ingest(
            database: database, store: store, limits: settings.limits, space: space, events: events, runner: runner,
            foreground: foreground, plan: plan, logger: logger)
        let storage = StorageControl(
            database: database, stores: stores, plan: plan, news: news, runners: transfers, jobs: replicaJobs,
            folder: folder,
            health: StorageHealth(folder: folder, settings: settings), logger: logger)
        let reclaim = Reclaim(database: database, store: store, stores: stores, settings: settings, logger: logger)
        let exporters = MediaWorkerPool(executable: try ownPath(), count: 1)
        // Nobody listens for so long to nothing: what takes longer is given up, so that it keeps no other away.
        var listening = MediaWorkerLimits()
        (listening.base, listening.stall, listening.inputBytesPerSecond) = (.seconds(45), .seconds(30), .max)
        let listeners = MediaWorkerPool(
            executable: try ownPath(), count: 2, keepsReady: true, limits: listening)
        let exportRunner = JobRunner(
            database: database,
            handlers: [
                ExportJob(
                    database: database, store: store, copies: copies, workers: exporters, settings: settings.audio,
                    space: space, events: events, plan: plan, logger: logger)
            ], concurrency: 1, foreground: foreground, logger: logger)
        let edits = Edits(database: database)
        let playback = Playback(
            database: database, store: store, signer: try await URLSigner(database: database),
            remote: stores.isEmpty
                ? nil
                : Playback.Remote(
                    urls: StoreURLs(
                        database: database, stores: stores, lifetime: settings.playback.urlLifetime, logger: logger),
                    copies: copies, redirects: settings.playback.redirects))
        return Composition(
            settings: settings, folder: folder, database: database, threads: threads, hasher: hasher,
            workers: workers,
            accounts: try await Accounts(
                database: database, hasher: hasher, settings: settings.accounts, logger: logger),
            events: events, runner: runner, exporters: exporters, listeners: listeners, exportRunner: exportRunner,
            edits: edits,
            hearing: EditHearing(
                edits: edits, database: database, store: store, copies: copies, playback: playback,
                workers: listeners),
            exports: Exports(
                database: database, store: store, runner: exportRunner, logger: logger), stores: stores,
            transfers: transfers, storage: storage,
            sweep: ReplicationSweep(database: database, stores: stores, plan: plan, logger: logger), reclaim: reclaim,
            scrub: Scrub(
                database: database, store: store, stores: stores, copies: copies, settings: settings.scrub,
                logger: logger),
            moves: Moves(
                database: database, store: store, stores: stores, copies: copies, reclaim: reclaim, logger: logger),
            notes: Notes(
                database: database, store: store, events: events, runner: runner,
                replication: stores.isEmpty ? nil : storage, logger: logger),
            ingest: ingest,
            uploads: Uploads(
                database: database, store: store, ingest: ingest, limits: settings.limits, settings: settings.uploads,
                space: space, mostOpenFiles: OpenFileLimit.raise() / 4, logger: logger),
            recovery: Recovery(database: database, store: store, logger: logger),
            playback: playback,
            health: StorageHealth(folder: folder, settings: settings), logger: logger)
    }

    /// Throws unless there is a data folder already: for commands that only look at one.
    static func requireFolder(_ settings: Settings) throws {
        let path = settings.data.folder
        guard FileManager.default.fileExists(atPath: path) else {
            let full = URL(fileURLWithPath: path).path
            throw CommandFailure(
                "There is no data folder at \(full). Go to where the server was started, or name it with --data.")
        }
    }

    /// The data folder, made and proven to be writable.
    static func folder(_ settings: Settings) throws -> DataFolder {
        do {
            let folder = try DataFolder(path: settings.data.folder)
            try folder.prepare()
            return folder
        } catch let error as InvalidValue {
            throw CommandFailure("data.folder: \(error.message)")
        } catch let error as FileError {
            throw CommandFailure("The data folder cannot be used: \(error). Choose another with data.folder.")
        }
    }

    /// Opens the data folder and its database, and migrates it, after a backup where the settings ask for one.
    static func open(_ settings: Settings, logger: Logger) async throws -> (DataFolder, SQLiteDatabase) {
        let folder = try folder(settings)
        do {
            let database = try SQLiteDatabase(path: folder.database)
            let applied = try await Migrator(database).migrate {
                guard settings.data.backupBeforeMigration else { return }
                let copy = "\(folder.path(.backup))/before-migration-\(Timestamp.now().milliseconds).sqlite"
                try await database.backup(to: copy)
                logger.notice("database copied before its migration", metadata: ["copy": "\(copy)"])
            }
            if !applied.isEmpty { logger.info("database migrated", metadata: ["steps": "\(applied)"]) }
            return (folder, database)
        } catch PersistenceError.newerSchema(let found, let known) {
            throw CommandFailure(
                "The database has schema \(found), this program knows \(known): start the newer program.")
        } catch {
            throw CommandFailure(
                "The database \(folder.database) cannot be opened: \(error). Restore the newest file of the folder backup."
            )
        }
    }

    var dependencies: Dependencies {
        Dependencies(
            settings: settings, accounts: accounts, ingest: ingest, uploads: uploads, notes: notes,
            edits: edits, hearing: hearing, exports: exports, playback: playback, storage: storage, events: events,
            database: database,
            health: health, metrics: metrics, logger: logger)
    }

    /// The configured stores.
    static func stores(
        _ settings: Settings, database: any SQLDatabase, threads: NIOThreadPool
    ) throws -> StorePool {
        StorePool(
            try settings.stores.values.map { store in
                let meter = StoreMeter()
                do throws(InvalidValue) {
                    let made: any Store
                    switch store.kind {
                    case .s3: made = try S3Store(store, meter: meter)
                    case .cloudinary: made = try CloudinaryStore(store, meter: meter)
                    case .folder:
                        made = try FolderStore(
                            store, besides: settings.data.folder, threads: threads, meter: meter)
                    case nil: throw InvalidValue("stores.\(store.name).kind is missing.")
                    }
                    return ManagedStore(made, store, meter: meter, database: database)
                } catch {
                    throw CommandFailure("stores.\(store.name): \(error.message)")
                }
            })
    }

    /// A runner for each store, so that one that is slow or away holds up no other.
    private static func transferRunner(
        of job: ReplicaJob, for managed: ManagedStore, database: any SQLDatabase, logger: Logger
    ) -> JobRunner {
        JobRunner(
            // Twice as many as are transferred at a time: while some are sent, the next are looked up and proven, and the
            // ones before are written down.
            database: database, handlers: [job], concurrency: 2 * managed.settings.transfers,
            mayClaim: { managed.gate.mayBegin() }, logger: logger)
    }

    /// Background work about stores.
    var storageServices: [any Service] {
        transfers.values.map { $0 as any Service } + [
            sweep, ReclaimSweep(reclaim: reclaim, interval: settings.reclaim.interval, logger: logger),
            ScrubSweep(scrub: scrub, settings: settings.scrub, logger: logger),
            MoveRunner(moves: moves, logger: logger),
        ]
    }

    /// Ends what has threads or processes, after the services have stopped.
    func shutdown() async throws {
        for pool in [workers, exporters, listeners] { await pool.shutdown() }
        try await hasher.shutdown()
        for managed in stores.all { try await managed.store.shutdown() }
        try await database.close()
        try await threads.shutdownGracefully()
    }

    /// The path of this program, which media workers are started from.
    static func ownPath() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }

    static func logger(_ settings: Settings) -> Logger {
        var logger = Logger(label: "voicenote") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: settings.log.level) ?? .info
        return logger
    }
}
