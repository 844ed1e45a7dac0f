public import Blobs
public import Core
public import Jobs
public import Logging
public import NIOCore
public import Persistence

/// Receives recordings: to disk with back-pressure, hashed on the way, durable before anybody is told so.
public final class Ingest: Sendable {
    let database: any SQLDatabase
    let store: LocalStore
    private let limits: Settings.Limits
    private let space: FreeSpace
    private let events: EventHub
    private let runner: JobRunner
    private let foreground: ForegroundActivity
    private let plan: ReplicationPlan
    private let unreferenced: UnreferencedBlobs
    let logger: Logger

    public init(
        database: any SQLDatabase, store: LocalStore, limits: Settings.Limits, space: FreeSpace, events: EventHub,
        runner: JobRunner, foreground: ForegroundActivity, plan: ReplicationPlan = ReplicationPlan(), logger: Logger
    ) {
        self.database = database
        self.store = store
        self.limits = limits
        self.space = space
        self.events = events
        self.runner = runner
        self.foreground = foreground
        self.plan = plan
        self.logger = logger
        unreferenced = UnreferencedBlobs(database: database, store: store, logger: logger)
    }

    /// Bytes of the largest recording that is taken.
    public var largestFile: Int64 { limits.largestFile }

    /// Begins to receive a recording.
    /// - Parameter expected: bytes, where the client said how many.
    /// - Throws: ``VoiceNoteError/Code/tooLarge``, ``VoiceNoteError/Code/storageFull``.
    public func begin(expecting expected: Int64?) throws -> IncomingFile {
        if let expected, expected > limits.largestFile { throw tooLarge }
        foreground.touch()
        try space.require(expected ?? 0)
        return store.receive()
    }

    /// Takes more bytes. After an error, call ``abort(_:)``.
    public func append(_ buffer: ByteBuffer, to incoming: inout IncomingFile) async throws {
        guard incoming.size + Int64(buffer.readableBytes) <= limits.largestFile else { throw tooLarge }
        foreground.touch()
        do {
            try await incoming.append(buffer)
        } catch let error as FileError where error.isFull {
            throw Self.storageFull
        }
    }

    /// Forgets a recording that did not come to its end. Nothing of it stays.
    public func abort(_ incoming: inout IncomingFile) async {
        await store.abort(&incoming)
    }

    /// Makes the recording durable and the note with it; when this returns, both survive a power cut.
    ///
    /// Order: data and names on disk, then one transaction with blob, replica, recording, note and the job that will
    /// process it. A failure at any step leaves no note, and at most a file that nobody refers to.
    /// - Throws: ``VoiceNoteError/Code/digestMismatch`` when the bytes are not what the client announced.
    public func complete(
        _ incoming: inout IncomingFile, as draft: NoteDraft, of account: Account.ID
    ) async throws -> (note: Note, receipt: Receipt) {
        try await complete(&incoming, as: draft, of: account, from: nil)
    }

    /// Like ``complete(_:as:of:)``, for a recording that may have been made elsewhere.
    func complete(
        _ incoming: inout IncomingFile, as draft: NoteDraft, of account: Account.ID, from origin: Origin?
    ) async throws -> (note: Note, receipt: Receipt) {
        let path = incoming.path
        do {
            let new = NewRecording(draft: try draft.validated(), account: account, origin: origin)
            let result = try await record(&incoming, new)
            FailurePoint.noteRecorded.pass()
            store.discard(path)
            return result
        } catch {
            store.discard(path)
            throw error
        }
    }

    /// What is to be recorded.
    struct NewRecording: Sendable {
        let draft: NoteDraft
        let account: Account.ID
        /// The upload that ends with it, in the same transaction.
        var upload: Upload.ID?
        var origin: Origin?
        var isRecovered = false
    }

    /// Like ``complete(_:as:of:)``, and leaves the temporary name to the caller.
    func record(
        _ incoming: inout IncomingFile, _ new: NewRecording
    ) async throws -> (note: Note, receipt: Receipt) {
        do {
            let (stored, recorded) = try await stored(&incoming, new)
            let note: Note
            do {
                if let recorded = try recorded.get() {
                    note = recorded
                } else {
                    note = try await recordRestored(stored, new)
                }
            } catch {
                await unreferenced.removeFiles([stored.sha256])
                throw error
            }
            events.publish(.changed(note), to: new.account)
            foreground.touch()
            runner.wake()
            return (note, Receipt(sha256: stored.sha256, size: stored.size))
        } catch {
            throw Self.translated(error)
        }
    }

    /// Stores bytes and rows: the note, or nil when its file was gone again when the row was to be made.
    private func stored(
        _ incoming: inout IncomingFile, _ new: NewRecording
    ) async throws -> (StoredBlob, Result<Note?, any Error>) {
        // The journal's record would not say where a recording comes from.
        if new.upload == nil, new.origin == nil, let result = try await storedByJournal(&incoming, new) {
            return result
        }
        return try await store.commit(
            &incoming, expecting: new.draft.announced, for: new.upload == nil ? .note : .upload
        ) { stored, mayBlock, done in
            let note = Self.note(for: stored, new)
            self.database.submit(mayBlock ? .onThisThread : .prompt) {
                try self.insert(note, new, in: $0)
            } completion: { result in
                done(.success((stored, result.map { $0 ? note : nil })))
            }
        }
    }

    /// The same for a small recording that comes alone; nil for any other.
    private func storedByJournal(
        _ incoming: inout IncomingFile, _ new: NewRecording
    ) async throws -> (StoredBlob, Result<Note?, any Error>)? {
        try await store.commitByJournal(&incoming, expecting: new.draft.announced) { stored in
            let note = Self.note(for: stored, new)
            return (note, record: try JournalRecord(note, new.draft).encoded())
        } then: { stored, note, number, done in
            self.database.submit(.repeatable) { connection in
                try JournalRecord.setRecorded(number, in: connection)
                return try self.insert(note, new, in: connection)
            } completion: { result in
                done(.success((stored, result.map { $0 ? note : nil })))
            }
        }
    }

    static func note(
        for stored: StoredBlob, _ new: NewRecording, id: Note.ID? = nil, recording: Recording.ID? = nil,
        at time: Timestamp? = nil
    ) -> Note {
        let now = time ?? .now()
        let made = new.origin?.recordedAt ?? now
        let draft = new.draft
        let recording = Recording(
            id: recording ?? Recording.ID(at: made),
            blob: Blob(sha256: stored.sha256, size: stored.size, mimeType: draft.mimeType),
            fileName: draft.fileName, isRecovered: new.isRecovered, report: nil, progress: 0, verifiedAt: now,
            renditions: [])
        return Note(
            id: id ?? Note.ID(at: made), account: new.account, title: draft.title, text: "", tags: draft.tags,
            folder: draft.folder, archived: new.origin?.isArchived ?? false, pinned: false, state: .processing,
            reason: nil, createdAt: made, updatedAt: now, trashedAt: new.origin?.isTrashed == true ? now : nil,
            version: 1, urlEpoch: 0, recording: recording)
    }

    /// Everything that a new note is, in one transaction; false when its file is gone. A deletion of the same content may
    /// have removed the file since it was linked; it happens inside a transaction too, so one of the two sees the other.
    func insert(_ note: Note, _ new: NewRecording, in connection: any SQLConnection) throws -> Bool {
        let recording = note.recording
        let blob = recording.blob
        guard store.isPresent(blob.sha256) else { return false }
        // What was recorded long ago comes to this place only now.
        let now = note.updatedAt
        try connection.blobs.recordVerified(blob.sha256, size: blob.size, store: LocalStore.name, at: now)
        try connection.recordings.insert(recording, of: note.account, at: note.createdAt)
        try connection.notes.insert(note)
        try connection.jobs.enqueue(
            kind: Processing.jobKind, subject: recording.id.description,
            mostAttempts: Processing.retryPolicy.mostAttempts, at: now)
        if let origin = new.origin { try connection.imports.add(origin.item, as: note.id, to: origin.importID) }
        try plan.want(blob.sha256, as: .source, in: connection)
        if let upload = new.upload {
            let receipt = Receipt(sha256: blob.sha256, size: blob.size)
            guard try connection.uploads.complete(upload, as: note.id, receipt, at: now) else {
                throw VoiceNoteError(.conflict, "The upload was ended by another request.")
            }
        }
        return true
    }

    /// Links the file again after a deletion, and records the note.
    private func recordRestored(
        _ stored: StoredBlob, _ new: NewRecording
    ) async throws -> Note {
        for _ in 0..<3 {
            try await store.restore(stored)
            let note = Self.note(for: stored, new)
            if try await database.write(.prompt, { try self.insert(note, new, in: $0) }) { return note }
        }
        throw VoiceNoteError(.unavailable, "The recording could not be stored; send it again.", retryAfter: .seconds(1))
    }

    static func translated(_ error: any Error) -> any Error {
        switch error {
        case let error as FileError where error.isFull: storageFull
        case PersistenceError.full: storageFull
        case let error as UnexpectedDigest:
            VoiceNoteError(
                .digestMismatch,
                "What arrived is not what was announced: its SHA-256 is \(error.actual). Nothing was stored; send it again."
            )
        default: error
        }
    }

    var tooLarge: VoiceNoteError {
        VoiceNoteError(
            .tooLarge, "A recording may have at most \(limits.largestFile) bytes here; send a shorter one.")
    }

    static let storageFull = VoiceNoteError(
        .storageFull, "The disk is full; nothing was stored. Free some space and send again.")
}
