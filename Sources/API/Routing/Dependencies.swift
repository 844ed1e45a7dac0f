public import Core
public import Logging
public import Persistence
public import Services
public import Telemetry

/// Everything that the handlers call. Made in one place, where the program is put together.
public struct Dependencies: Sendable {
    public var settings: Settings
    public var accounts: Accounts
    public var ingest: Ingest
    public var uploads: Uploads
    public var notes: Notes
    public var edits: Edits
    public var hearing: EditHearing
    public var exports: Exports
    public var playback: Playback
    public var storage: StorageControl
    public var events: EventHub
    public var database: any SQLDatabase
    public var health: StorageHealth
    public var metrics: PrometheusRegistry
    public var logger: Logger

    public init(
        settings: Settings, accounts: Accounts, ingest: Ingest, uploads: Uploads, notes: Notes, edits: Edits,
        hearing: EditHearing, exports: Exports, playback: Playback,
        storage: StorageControl, events: EventHub, database: any SQLDatabase, health: StorageHealth,
        metrics: PrometheusRegistry, logger: Logger
    ) {
        self.settings = settings
        self.accounts = accounts
        self.ingest = ingest
        self.uploads = uploads
        self.notes = notes
        self.edits = edits
        self.hearing = hearing
        self.exports = exports
        self.playback = playback
        self.storage = storage
        self.events = events
        self.database = database
        self.health = health
        self.metrics = metrics
        self.logger = logger
    }
}
