import Core
public import Hummingbird

/// All routes, in one place.
public enum Routes {
    public static func router(_ dependencies: Dependencies) throws -> Router<RequestScope> {
        let router = Router(context: RequestScope.self)
        let paths = KnownPaths()
        router.add(middleware: RequestMetricsMiddleware())
        let origins = Set(dependencies.settings.server.allowedOrigins)
        if !origins.isEmpty { router.add(middleware: CrossOriginMiddleware(origins: origins)) }
        router.add(middleware: ProblemMiddleware(problems: Problems(), paths: paths))
        let authenticator = Authenticator(accounts: dependencies.accounts)
        let table = RouteTable(router: router, authenticator: authenticator, paths: paths)
        AuthController(accounts: dependencies.accounts, settings: dependencies.settings).addRoutes(to: table)
        UsersController(accounts: dependencies.accounts).addRoutes(to: table)
        NotesController(notes: dependencies.notes, storage: dependencies.storage).addRoutes(to: table)
        BatchController(notes: dependencies.notes).addRoutes(to: table)
        ArchiveController(notes: dependencies.notes, playback: dependencies.playback).addRoutes(to: table)
        let drafts = DraftProtocol(uploads: dependencies.uploads, notes: dependencies.notes)
        UploadController(ingest: dependencies.ingest, drafts: drafts).addRoutes(to: table)
        UploadsController(uploads: dependencies.uploads, playback: dependencies.playback, drafts: drafts)
            .addRoutes(to: table)
        AudioController(playback: dependencies.playback, notes: dependencies.notes, authenticator: authenticator)
            .addRoutes(to: table)
        WaveformController(playback: dependencies.playback).addRoutes(to: table)
        EditsController(edits: dependencies.edits, notes: dependencies.notes, hearing: dependencies.hearing).addRoutes(
            to: table)
        EditHearingController(hearing: dependencies.hearing, playback: dependencies.playback).addRoutes(to: table)
        ExportsController(exports: dependencies.exports, playback: dependencies.playback).addRoutes(to: table)
        StorageController(storage: dependencies.storage, notes: dependencies.notes).addRoutes(to: table)
        EventsController(events: dependencies.events).addRoutes(to: table)
        OperationController(database: dependencies.database, health: dependencies.health).addRoutes(to: table)
        MetricsController(storage: dependencies.storage, registry: dependencies.metrics).addRoutes(to: table)
        try PageController(playingFrom: dependencies.settings.playbackOrigins).addRoutes(to: table)
        return router
    }
}
