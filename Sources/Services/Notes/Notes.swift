public import Blobs
public import Core
public import Jobs
public import Logging
public import Persistence

/// What people do with their notes. Another's note is not found.
public final class Notes: Sendable {
    let database: any SQLDatabase
    private let unreferenced: UnreferencedBlobs
    let events: EventHub
    private let runner: JobRunner
    /// Nil where no store is configured.
    let replication: (any ReplicationRequests)?
    let logger: Logger
    /// Requests that carry an idempotency key.
    let turns = BatchTurns()

    public init(
        database: any SQLDatabase, store: LocalStore, events: EventHub, runner: JobRunner,
        replication: (any ReplicationRequests)? = nil, logger: Logger
    ) {
        self.database = database
        unreferenced = UnreferencedBlobs(database: database, store: store, logger: logger)
        self.events = events
        self.runner = runner
        self.replication = replication
        self.logger = logger
    }

    public func list(_ query: NoteQuery, of account: Account.ID) async throws -> Page<Note, NoteCursor> {
        guard NoteQuery.limits.contains(query.limit) else {
            throw VoiceNoteError(
                .validationFailed, "Please correct: limit.",
                fields: [
                    FieldError(
                        field: "limit",
                        message: "From \(NoteQuery.limits.lowerBound) to \(NoteQuery.limits.upperBound).")
                ])
        }
        return try await database.read { try $0.notes.list(query, of: account) }
    }

    public func find(_ id: Note.ID, of account: Account.ID) async throws -> Note {
        guard let note = try await database.read({ try $0.notes.find(id, of: account) }) else {
            throw VoiceNoteError.notFound("note")
        }
        return note
    }

    /// Changes the note.
    /// - Parameter version: the version that the client saw; another one is a ``VoiceNoteError/Code/versionMismatch``.
    public func update(
        _ id: Note.ID, with patch: NotePatch, ifVersion version: Int64?, of account: Account.ID
    ) async throws -> Note {
        let patch = try patch.validated()
        return try await change(id, of: account) { note in
            if let version, note.version != version {
                throw VoiceNoteError(.versionMismatch, "The note has changed since; load it again and repeat.")
            }
            patch.apply(to: &note)
        }
    }

    /// Moves the note to the trash; twice is as good as once. Its signed URLs stop working.
    public func trash(_ id: Note.ID, of account: Account.ID) async throws -> Note {
        try await change(id, of: account) { $0.moveToTrash() }
    }

    /// Takes the note out of the trash; one that is not there stays as it is.
    public func restore(_ id: Note.ID, of account: Account.ID) async throws -> Note {
        try await change(id, of: account) { $0.trashedAt = nil }
    }

    /// Revokes every signed URL of the note that was given out so far.
    public func revokeURLs(_ id: Note.ID, of account: Account.ID) async throws {
        _ = try await change(id, of: account) { $0.urlEpoch += 1 }
    }

    /// Processes a failed recording again.
    public func retry(_ id: Note.ID, of account: Account.ID) async throws -> Note {
        let note = try await change(id, of: account) { note, connection in
            guard note.state == .failed else {
                throw VoiceNoteError(.notFailed, "Only a recording whose processing failed can be processed again.")
            }
            note.state = .processing
            note.reason = nil
            try connection.jobs.enqueue(
                kind: Processing.jobKind, subject: note.recording.id.description,
                mostAttempts: Processing.retryPolicy.mostAttempts, at: .now())
        }
        runner.wake()
        return note
    }

    /// Deletes a note that is in the trash, with its recording. A blob goes only when nothing refers to it any more.
    public func deleteForGood(_ id: Note.ID, of account: Account.ID) async throws {
        let blobs = try await database.write { connection in
            guard let note = try connection.notes.find(id, of: account) else { throw VoiceNoteError.notFound("note") }
            guard note.trashedAt != nil else {
                throw VoiceNoteError(.notInTrash, "Move the note to the trash first; then it can be deleted for good.")
            }
            if let user = try connection.edits.user(of: note.recording.id, besides: id) {
                throw VoiceNoteError(
                    .conflict,
                    "The edit of the note \(user) takes parts of this recording; export that edit, or delete that note."
                )
            }
            return try Self.delete(note, on: connection)
        }
        FailurePoint.deleteRecorded.pass()
        await unreferenced.removeFiles(blobs)
        events.publish(.removed(id), to: account)
    }

    /// Deletes for good what was in the trash for longer than `retention`. How many notes it was.
    public func emptyTrash(olderThan retention: Duration) async throws -> Int {
        var count = 0
        while !Task.isCancelled {
            let limit = Timestamp.now() - retention
            let (removed, blobs) = try await database.write { connection in
                let notes = try connection.notes.trashed(before: limit, limit: 100)
                var blobs: Set<SHA256Hash> = []
                for note in notes { blobs.formUnion(try Self.delete(note, on: connection)) }
                return (notes, blobs)
            }
            await unreferenced.removeFiles(blobs)
            for note in removed {
                logger.info("deleted from the trash", metadata: ["note": "\(note.id)"])
                events.publish(.removed(note.id), to: note.account)
            }
            count += removed.count
            if removed.count < 100 { break }
        }
        return count
    }

    public func tagCounts(of account: Account.ID) async throws -> [(name: String, count: Int)] {
        try await database.read { try $0.notes.tagCounts(of: account) }
    }

    public func folderCounts(of account: Account.ID) async throws -> [(name: String, count: Int)] {
        try await database.read { try $0.notes.folderCounts(of: account) }
    }

    /// Deletes the rows of the note; the blobs that nothing refers to any more, whose rows are gone too.
    static func delete(_ note: Note, on connection: any SQLConnection) throws -> Set<SHA256Hash> {
        let blobs = try connection.recordings.blobs(of: note.recording.id)
        try connection.edits.releaseSource(note.recording.id)
        try Exports.forgetJobs(of: note.id, on: connection)
        try connection.notes.delete(note.id)
        try connection.recordings.delete(note.recording.id)
        try connection.jobs.delete(kind: Processing.jobKind, subject: note.recording.id.description)
        return try blobs.filter { try connection.blobs.deleteIfUnreferenced($0) }
    }

    private func change(
        _ id: Note.ID, of account: Account.ID, _ body: @escaping @Sendable (inout Note) throws -> Void
    ) async throws -> Note {
        try await change(id, of: account) { note, _ in try body(&note) }
    }

    /// Reads, changes and writes the note in one transaction, and tells who listens. Without a change nothing happens.
    private func change(
        _ id: Note.ID, of account: Account.ID,
        _ body: @escaping @Sendable (inout Note, any SQLConnection) throws -> Void
    ) async throws -> Note {
        let (note, isChanged) = try await database.write { connection in
            try Self.change(id, of: account, on: connection) { try body(&$0, connection) }
        }
        if isChanged { events.publish(.changed(note), to: account) }
        return note
    }

    /// Reads, changes and writes the note; what it is then, and whether it is another than before.
    static func change(
        _ id: Note.ID, of account: Account.ID, on connection: any SQLConnection, _ body: (inout Note) throws -> Void
    ) throws -> (note: Note, isChanged: Bool) {
        guard let before = try connection.notes.find(id, of: account) else { throw VoiceNoteError.notFound("note") }
        var note = before
        try body(&note)
        guard note != before else { return (note, false) }
        note.updatedAt = .now()
        guard try connection.notes.update(note, from: before) else {
            throw VoiceNoteError(.versionMismatch, "The note has changed since; load it again and repeat.")
        }
        note.version = before.version + 1
        return (note, true)
    }
}

extension Note {
    /// Twice is as good as once. Signed URLs of the note stop working.
    mutating func moveToTrash() {
        guard trashedAt == nil else { return }
        trashedAt = .now()
        urlEpoch += 1
    }
}

extension NotePatch {
    func apply(to note: inout Note) {
        if let title { note.title = title }
        if let text { note.text = text }
        if let tags { note.tags = tags }
        if let folder { note.folder = folder }
        if let archived { note.archived = archived }
        if let pinned { note.pinned = pinned }
    }
}
