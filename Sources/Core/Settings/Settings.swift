/// Everything that can be configured, checked and complete.
public struct Settings: Sendable, Hashable {
    public var profile: Profile
    public var server: Server
    public var data: Data
    public var limits: Limits
    public var uploads: Uploads
    public var accounts: Accounts
    public var audio: Audio
    public var trash: Trash
    /// By name.
    public var stores: [String: Store] = [:]
    public var replication: Replication
    public var playback: Playback
    public var reclaim: Reclaim
    public var scrub: Scrub
    public var log: Log

    /// Where and how the HTTP server listens.
    public struct Server: Sendable, Hashable {
        public var host: String
        /// 0 takes any free port.
        public var port: Int
        /// From the first byte of a request to the end of its header.
        public var headerTimeout: Duration
        /// How long a connection may stay open without a request.
        public var idleTimeout: Duration
        /// Bytes a second that a body must bring on average.
        public var minimumBodyRate: Int
        /// Origins, such as `https://app.example.org`, whose pages may call the API with a token.
        public var allowedOrigins: [String]
    }

    /// Where everything is kept.
    public struct Data: Sendable, Hashable {
        public var folder: String
        public var backupBeforeMigration: Bool
    }

    public struct Limits: Sendable, Hashable {
        /// Bytes of the largest recording.
        public var largestFile: Int64
        /// Bytes that must stay free on the disk; uploads are refused before less is left.
        public var minimumFree: Int64
        public var diskCheck: Bool
    }

    /// Resumable uploads.
    public struct Uploads: Sendable, Hashable {
        /// A live upload that nobody touches for so long is completed by the server.
        public var liveQuiet: Duration
        /// Another upload that nobody touches for so long is deleted.
        public var expiry: Duration
        /// Open uploads of one account.
        public var mostPerAccount: Int
        /// Bytes of one account's open uploads together, announced or received.
        public var accountBytes: Int64
        /// Bytes of all open uploads together.
        public var totalBytes: Int64
    }

    public struct Accounts: Sendable, Hashable {
        /// Whether anybody may register; the first account can always be made.
        public var registrationOpen: Bool
        public var accessLifetime: Duration
        public var refreshLifetime: Duration
        /// Whether cookies are for HTTPS only; set it behind a TLS proxy.
        public var secureCookies: Bool
    }

    public struct Audio: Sendable, Hashable {
        public var listenCopy: Bool
        /// Media worker processes.
        public var workers: Int
        /// libopus's complexity, 0 to 10.
        public var opusComplexity: Int
    }

    public struct Trash: Sendable, Hashable {
        public var retention: Duration
    }

    public struct Log: Sendable, Hashable {
        /// trace, debug, info, notice, warning, error or critical.
        public var level: String
    }

    /// The defaults of a profile.
    public init(profile: Profile) {
        self.profile = profile
        server = Server(
            host: "127.0.0.1", port: 8080, headerTimeout: .seconds(15), idleTimeout: .seconds(60),
            minimumBodyRate: 1024, allowedOrigins: [])
        data = Data(folder: profile.dataFolder, backupBeforeMigration: profile.backupBeforeMigration)
        limits = Limits(
            largestFile: Int64(profile.largestFileMB) * 1_000_000,
            minimumFree: Int64(profile.minimumFreeMB) * 1_000_000, diskCheck: profile.diskCheck)
        uploads = Uploads(
            liveQuiet: .seconds(900), expiry: .seconds(86_400), mostPerAccount: 1000, accountBytes: 20_000_000_000,
            totalBytes: 100_000_000_000)
        accounts = Accounts(
            registrationOpen: true, accessLifetime: .seconds(15 * 60), refreshLifetime: .seconds(30 * 86_400),
            secureCookies: false)
        audio = Audio(listenCopy: profile.listenCopy, workers: 1, opusComplexity: 6)
        trash = Trash(retention: .seconds(profile.trashRetentionDays * 86_400))
        replication = Replication(stores: nil, listenStores: nil, copies: 1, attempts: 3)
        playback = Playback(redirects: true, urlLifetime: .seconds(3600))
        reclaim = Reclaim(
            localCopies: true, localAge: .seconds(86_400), mostDeletes: 10_000, quarantine: .seconds(86_400),
            interval: .seconds(3600))
        scrub = Scrub(dailyBytes: 5_000_000_000, period: .seconds(90 * 86_400))
        log = Log(level: "info")
    }
}
