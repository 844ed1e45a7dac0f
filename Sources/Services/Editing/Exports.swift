public import Blobs
public import Core
public import Jobs
public import Logging
public import Persistence

/// Edits as files: asked for, looked at, and deleted. ``ExportJob`` makes them.
public final class Exports: Sendable {
    private let database: any SQLDatabase
    private let runner: JobRunner
    private let unreferenced: UnreferencedBlobs

    /// - Parameter runner: of ``ExportJob``.
    public init(
        database: any SQLDatabase, store: LocalStore, runner: JobRunner, logger: Logger
    ) {
        self.database = database
        self.runner = runner
        unreferenced = UnreferencedBlobs(database: database, store: store, logger: logger)
    }

    /// Asks for the file of a version. What was asked for before in the same format is the same file; one that failed
    /// begins anew.
    /// - Returns: the export, and whether there is something to do for it.
    public func start(
        _ choice: Edits.Choice, _ format: ExportFormat, of note: Note.ID, account: Account.ID
    ) async throws -> (export: Export, isNew: Bool) {
        let result = try await database.write { connection in
            let note = try Edits.note(note, account, connection)
            let hearing = try Edits.hearing(choice, of: note, connection)
            let known = try connection.exports.find(note: note.id, version: hearing.version, format: format)
            if let known, known.state != .failed { return (export: known, isNew: false) }
            if let known {
                try connection.exports.setWaiting(known.id)
            } else {
                guard try connection.exports.count(of: note.id) < Export.maximumPerNote else {
                    throw VoiceNoteError(
                        .conflict, "A note has at most \(Export.maximumPerNote) exports. Delete one that is not needed."
                    )
                }
            }
            let export = Export(
                id: known?.id ?? Export.ID(), note: note.id, recording: note.recording.id, version: hearing.version,
                format: format, createdAt: known?.createdAt ?? .now())
            if known == nil { try connection.exports.insert(export) }
            try connection.jobs.enqueue(
                kind: ExportJob.jobKind, subject: export.id.description,
                mostAttempts: ExportJob.retryPolicy.mostAttempts, at: .now())
            return (export: export, isNew: true)
        }
        if result.isNew { runner.wake() }
        return result
    }

    /// The note's exports, newest first.
    public func list(of note: Note.ID, account: Account.ID) async throws -> (exports: [Export], note: Note) {
        try await database.read { connection in
            let note = try Edits.note(note, account, connection)
            return (exports: try connection.exports.list(of: note.id), note: note)
        }
    }

    /// The export, and its note.
    public func find(
        _ id: Export.ID, of note: Note.ID, account: Account.ID
    ) async throws -> (export: Export, note: Note) {
        try await database.read { connection in
            let note = try Edits.note(note, account, connection)
            return (export: try Self.find(id, note, connection), note: note)
        }
    }

    /// Deletes the export and its file; one that is being made stops.
    public func delete(_ id: Export.ID, of note: Note.ID, account: Account.ID) async throws {
        let blobs = try await database.write { connection in
            let note = try Edits.note(note, account, connection)
            let export = try Self.find(id, note, connection)
            try connection.jobs.delete(kind: ExportJob.jobKind, subject: id.description)
            try connection.exports.delete(id)
            guard let blob = export.blob?.sha256, try connection.blobs.deleteIfUnreferenced(blob) else {
                return Set<SHA256Hash>()
            }
            return [blob]
        }
        await unreferenced.removeFiles(blobs)
    }

    private static func find(_ id: Export.ID, _ note: Note, _ connection: any SQLConnection) throws -> Export {
        guard let export = try connection.exports.find(id, of: note.id) else {
            throw VoiceNoteError.notFound("export")
        }
        return export
    }

    /// Forgets the work that waits for a note that is deleted for good. The rows go with the note.
    static func forgetJobs(of note: Note.ID, on connection: any SQLConnection) throws {
        for export in try connection.exports.withJobs(of: note) {
            try connection.jobs.delete(kind: ExportJob.jobKind, subject: export.description)
        }
    }
}
