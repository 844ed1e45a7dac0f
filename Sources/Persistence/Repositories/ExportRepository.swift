public import Core

/// The table `exports`.
public struct ExportRepository {
    let connection: any SQLConnection

    public func insert(_ export: Export) throws {
        try connection.execute(
            """
            INSERT INTO exports (id, note_id, recording_id, version_id, format, state, progress, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                .id(export.id), .id(export.note), .id(export.recording),
                .optionalText(export.version?.description), try JSONColumn.encode(export.format),
                .text(export.state.rawValue), .real(export.progress), .time(export.createdAt),
            ])
    }

    /// The export, whoever it belongs to: for background work.
    public func find(_ id: Export.ID) throws -> Export? {
        try connection.first("SELECT * FROM exports WHERE id = $1", [.id(id)]).map(Self.export)
    }

    public func find(_ id: Export.ID, of note: Note.ID) throws -> Export? {
        try connection.first("SELECT * FROM exports WHERE id = $1 AND note_id = $2", [.id(id), .id(note)])
            .map(Self.export)
    }

    /// The export of the version in exactly this format.
    public func find(note: Note.ID, version: EditVersion.ID?, format: ExportFormat) throws -> Export? {
        try connection.first(
            "SELECT * FROM exports WHERE note_id = $1 AND COALESCE(version_id, '') = $2 AND format = $3",
            [.id(note), .text(version?.description ?? ""), try JSONColumn.encode(format)]
        ).map(Self.export)
    }

    /// The note's exports, newest first.
    public func list(of note: Note.ID) throws -> [Export] {
        try connection.query(
            "SELECT * FROM exports WHERE note_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
            [.id(note), .integer(Int64(Export.maximumPerNote))]
        ).map(Self.export)
    }

    public func count(of note: Note.ID) throws -> Int {
        Int(
            try connection.first("SELECT COUNT(*) AS n FROM exports WHERE note_id = $1", [.id(note)])?.integer("n") ?? 0
        )
    }

    /// Ids of the note's exports that have a job: those that are not done, failed ones too.
    public func withJobs(of note: Note.ID) throws -> [Export.ID] {
        try connection.query(
            "SELECT id FROM exports WHERE note_id = $1 AND state <> 'done'", [.id(note)]
        ).map { try $0.id("id") }
    }

    /// Notes how far the export is; one that has come to its end stays there.
    public func setProgress(_ progress: Double, of id: Export.ID) throws {
        try connection.execute(
            "UPDATE exports SET state = 'running', progress = $2 WHERE id = $1 AND state IN ('waiting', 'running')",
            [.id(id), .real(progress)])
    }

    /// Lets the export begin anew.
    public func setWaiting(_ id: Export.ID) throws {
        try connection.execute(
            "UPDATE exports SET state = 'waiting', progress = 0, reason = NULL WHERE id = $1", [.id(id)])
    }

    public func setFailed(_ id: Export.ID, reason: String) throws {
        try connection.execute(
            "UPDATE exports SET state = 'failed', reason = $2 WHERE id = $1", [.id(id), .text(reason)])
    }

    /// Records the file; its blob must be there. False when the export was deleted in the meantime.
    public func setDone(_ id: Export.ID, blob: Blob, result: Export.Result) throws -> Bool {
        try connection.execute(
            """
            UPDATE exports SET state = 'done', progress = 1, reason = NULL, sha256 = $2, size = $3, mime_type = $4,
            result = $5 WHERE id = $1
            """,
            [
                .id(id), .digest(blob.sha256), .integer(blob.size), .text(blob.mimeType),
                try JSONColumn.encode(result),
            ]) == 1
    }

    /// Deletes the row. The blob stays.
    public func delete(_ id: Export.ID) throws {
        try connection.execute("DELETE FROM exports WHERE id = $1", [.id(id)])
    }

    private static func export(_ row: SQLRow) throws -> Export {
        Export(
            id: try row.id("id"), note: try row.id("note_id"), recording: try row.id("recording_id"),
            version: try row.optionalText("version_id").flatMap { EditVersion.ID($0) },
            format: try JSONColumn.decode(ExportFormat.self, from: try row.text("format")),
            state: try row.choice("state"), progress: try row.real("progress"),
            reason: try row.optionalText("reason"), blob: try blob(row),
            result: try row.optionalText("result").map { try JSONColumn.decode(Export.Result.self, from: $0) },
            createdAt: try row.time("created_at"))
    }

    private static func blob(_ row: SQLRow) throws -> Blob? {
        guard try row.optionalText("sha256") != nil else { return nil }
        return Blob(
            sha256: try row.digest("sha256"), size: try row.integer("size"), mimeType: try row.text("mime_type"))
    }
}
