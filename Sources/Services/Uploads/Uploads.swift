public import Blobs
public import Core
public import Logging
public import Persistence

/// Resumable uploads: created, appended to, completed, given up. An offset that was told to anybody is on disk, file
/// and row, and never goes back.
///
/// The row's offset is the truth: bytes are synced first, then the row, then the client hears of it. What the file has
/// beyond was never acknowledged, and is cut off when the upload goes on.
public final class Uploads: Sendable {
    let database: any SQLDatabase
    let store: LocalStore
    let ingest: Ingest
    let limits: Settings.Limits
    public let settings: Settings.Uploads
    let space: FreeSpace
    let logger: Logger
    let locks = UploadLocks()
    let points: UploadPoints
    let tally: UploadTally
    let unreferenced: UnreferencedBlobs

    /// - Parameter mostOpenFiles: files of uploads that are kept open between requests.
    public init(
        database: any SQLDatabase, store: LocalStore, ingest: Ingest, limits: Settings.Limits,
        settings: Settings.Uploads, space: FreeSpace, mostOpenFiles: Int, logger: Logger
    ) {
        self.database = database
        self.store = store
        self.ingest = ingest
        self.limits = limits
        self.settings = settings
        self.space = space
        self.logger = logger
        points = UploadPoints(most: mostOpenFiles)
        tally = UploadTally(database: database, settings: settings)
        unreferenced = UnreferencedBlobs(database: database, store: store, logger: logger)
    }

    /// Bytes of the largest recording that is taken.
    public var largestFile: Int64 { limits.largestFile }

    /// When the upload will be given up if nobody touches it; nil when it has ended, or will be completed instead.
    public func expiry(of upload: Upload) -> Timestamp? {
        guard upload.state == .open, !upload.isLive else { return nil }
        return upload.updatedAt + settings.expiry
    }

    /// What a client wants to upload.
    public struct NewUpload: Sendable {
        public var kind = Upload.Kind.whole
        public var isLive = false
        public var endsByLength = false
        public var draft: NoteDraft
        public var metadata: String?
        public var parts: String?
        public var length: Int64?

        public init(draft: NoteDraft) {
            self.draft = draft
        }
    }

    /// Makes an upload without bytes. It survives a power cut when this returns.
    /// - Throws: ``UploadRefusal/tooLarge(most:)``, and ``VoiceNoteError`` with `validationFailed`, `tooManyUploads` or
    ///   `storageFull`.
    public func create(_ new: NewUpload, of account: Account.ID) async throws -> Upload {
        if let length = new.length, length > limits.largestFile { throw UploadRefusal.tooLarge(most: largestFile) }
        try space.require(new.length ?? 0)
        let now = Timestamp.now()
        let upload = Upload(
            id: Upload.ID(at: now), account: account, kind: new.kind, state: .open,
            isLive: new.isLive && new.kind == .whole,
            endsByLength: new.endsByLength,
            draft: try new.draft.validated(), metadata: new.metadata, parts: new.parts, offset: 0, length: new.length,
            note: nil, receipt: nil, createdAt: now, updatedAt: now)
        try await tally.load()
        try tally.set(upload, to: upload.share)
        do {
            try await database.write { try $0.uploads.insert(upload) }
        } catch {
            tally.remove(upload.id)
            throw Ingest.translated(error)
        }
        FailurePoint.uploadCreated.pass()
        return upload
    }

    /// The account's upload, as it is on disk. Does not disturb a transfer.
    public func find(_ id: Upload.ID, of account: Account.ID) async throws -> Upload {
        guard let upload = try await database.read({ try $0.uploads.find(id, of: account) }) else {
            throw VoiceNoteError.notFound("upload")
        }
        if upload.state == .gone { throw UploadRefusal.gone }
        return upload
    }

    /// The account's open uploads, newest first.
    public func open(of account: Account.ID, announced: SHA256Hash?) async throws -> [Upload] {
        try await database.read { try $0.uploads.open(of: account, announced: announced, limit: 1000) }
    }

    /// Where the client goes on. Ends a transfer that is under way, keeping what arrived; completes what has all its bytes
    /// and could not be completed before.
    public func resume(
        _ id: Upload.ID, of account: Account.ID, stop: @escaping @Sendable () -> Void
    ) async throws -> Upload {
        // Before anybody's transfer is ended.
        _ = try await find(id, of: account)
        return try await locks.withLock(id, stop: stop) {
            let (upload, point) = try await prepare(try await find(id, of: account))
            guard let point, upload.state == .open else { return upload }
            database.submit(.relaxed) {
                try $0.uploads.touch(id, at: .now())
            } completion: { _ in
            }
            guard upload.isEndedByLength else {
                points.put(point, for: id)
                return upload
            }
            return try await finish(upload, from: point)
        }
    }

    /// Gives the upload up; its bytes are deleted. What it became, if it is complete, stays.
    public func delete(_ id: Upload.ID, of account: Account.ID, stop: @escaping @Sendable () -> Void) async throws {
        _ = try await find(id, of: account)
        try await locks.withLock(id, stop: stop) { try await abandon(try await find(id, of: account)) }
    }

    /// Gives up an upload of which nothing was ever acknowledged, when nobody is at work on it: its client may not know it.
    public func deleteIfEmpty(_ id: Upload.ID) async {
        _ = try? await locks.withFreeLock(id) {
            guard let upload = try await database.read({ try $0.uploads.find(id) }), upload.state == .open,
                upload.offset == 0
            else { return }
            try await abandon(upload)
        }
    }

    /// Counts what is open. Call it before anybody is served.
    public func load() async throws {
        try await tally.load()
    }

    /// Ends the upload without a note.
    func abandon(_ upload: Upload) async throws {
        _ = points.take(upload.id)
        _ = try await database.write { try $0.uploads.abandon(upload.id, at: .now()) }
        tally.remove(upload.id)
        if let leftover = try await store.leftover(of: upload.id) { _ = try await unreferenced.remove(leftover) }
    }

    /// Completes what an earlier process had linked already.
    func completeLinked() async throws {
        let open = try await database.read { try $0.uploads.openIDs() }
        for id in try await store.linked(among: open) {
            do {
                try await locks.withFreeLock(id) {
                    guard let upload = try await database.read({ try $0.uploads.find(id) }) else { return }
                    let (prepared, point) = try await prepare(upload)
                    if let point { points.put(point, for: prepared.id) }
                }
            } catch {
                logger.error("an upload could not be completed", metadata: ["upload": "\(id)", "error": "\(error)"])
            }
        }
    }

    /// The point from which an open upload goes on; nil with one that turned out to be complete.
    func prepare(_ upload: Upload) async throws -> (Upload, UploadPoint?) {
        guard upload.state == .open else { return (upload, nil) }
        if let point = points.take(upload.id), point.size == upload.offset { return (upload, point) }
        switch try await store.recover(upload.id, acknowledged: upload.offset) {
        case .point(let point): return (upload, point)
        case .linked(let point):
            // The process ended between the blob's name and its row.
            return (try await finish(upload, from: point), nil)
        case .lost:
            let kept = try await store.setAside(upload.id)
            logger.critical(
                "acknowledged bytes of an upload are gone",
                metadata: [
                    "upload": "\(upload.id)", "acknowledged": "\(upload.offset)", "kept": "\(kept ?? "nothing")",
                ])
            try await abandon(upload)
            throw UploadRefusal.gone
        }
    }
}
