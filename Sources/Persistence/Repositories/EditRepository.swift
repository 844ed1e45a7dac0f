public import Core

/// The tables `edit_versions`, `edits` and `edit_sources`.
public struct EditRepository {
    let connection: any SQLConnection

    /// A version without its list.
    public struct Entry: Sendable, Hashable {
        public let id: EditVersion.ID
        public let number: Int
        public let parent: EditVersion.ID?
        public let name: String?
        public let summary: String
        public let createdAt: Timestamp
    }

    /// Which version of the note's edit is heard; nil for a note that was never edited.
    public func position(of note: Note.ID) throws -> EditPosition? {
        guard let row = try connection.first("SELECT head_id, redo FROM edits WHERE note_id = $1", [.id(note)]) else {
            return nil
        }
        return EditPosition(
            head: try row.id("head_id"),
            redoStack: try JSONColumn.decode([EditVersion.ID].self, from: try row.text("redo")))
    }

    public func setPosition(_ position: EditPosition, of note: Note.ID) throws {
        try connection.execute(
            """
            INSERT INTO edits (note_id, head_id, redo) VALUES ($1, $2, $3)
            ON CONFLICT (note_id) DO UPDATE SET head_id = excluded.head_id, redo = excluded.redo
            """, [.id(note), .id(position.head), try JSONColumn.encode(position.redoStack)])
    }

    /// Inserts the version, and the recordings that it takes ranges from.
    public func insert(_ version: EditVersion) throws {
        try connection.execute(
            """
            INSERT INTO edit_versions (id, note_id, number, parent_id, list, name, summary, author_id, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                .id(version.id), .id(version.note), .integer(Int64(version.number)),
                .optionalText(version.parent?.description), try JSONColumn.encode(version.list),
                .optionalText(version.name), .text(version.summary), .id(version.author), .time(version.createdAt),
            ])
        for source in version.list.sources {
            try connection.execute(
                """
                INSERT INTO edit_sources (note_id, recording_id) VALUES ($1, $2)
                ON CONFLICT (note_id, recording_id) DO NOTHING
                """, [.id(version.note), .id(source.recording)])
        }
    }

    /// The version of the note with the id.
    public func find(_ id: EditVersion.ID, of note: Note.ID) throws -> EditVersion? {
        try connection.first(
            "SELECT * FROM edit_versions WHERE id = $1 AND note_id = $2", [.id(id), .id(note)]
        ).map(Self.version)
    }

    /// How many versions the note has; they are numbered from 1 without a gap.
    public func count(of note: Note.ID) throws -> Int {
        Int(
            try connection.first("SELECT COUNT(*) AS n FROM edit_versions WHERE note_id = $1", [.id(note)])?
                .integer("n") ?? 0)
    }

    /// The newest versions with a smaller number, newest first.
    public func list(of note: Note.ID, before number: Int, limit: Int) throws -> [Entry] {
        try connection.query(
            """
            SELECT id, number, parent_id, name, summary, created_at FROM edit_versions
            WHERE note_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3
            """, [.id(note), .integer(Int64(number)), .integer(Int64(limit))]
        ).map { row in
            Entry(
                id: try row.id("id"), number: Int(try row.integer("number")), parent: try Self.parent(row),
                name: try row.optionalText("name"), summary: try row.text("summary"),
                createdAt: try row.time("created_at"))
        }
    }

    /// Names the version; nil takes its name away. False when the note has no such version.
    public func setName(_ name: String?, of id: EditVersion.ID, note: Note.ID) throws -> Bool {
        try connection.execute(
            "UPDATE edit_versions SET name = $3 WHERE id = $1 AND note_id = $2",
            [.id(id), .id(note), .optionalText(name)]) == 1
    }

    /// A note other than its own, and not in the trash, whose edit takes ranges from the recording.
    public func user(of recording: Recording.ID, besides note: Note.ID) throws -> Note.ID? {
        try connection.first(
            """
            SELECT n.id FROM edit_sources s JOIN notes n ON n.id = s.note_id
            WHERE s.recording_id = $1 AND s.note_id <> $2 AND n.trashed_at IS NULL ORDER BY n.id LIMIT 1
            """, [.id(recording), .id(note)]
        ).map { try $0.id("id") }
    }

    /// Lets the recording go from every edit: those that take ranges from it cannot be heard any more.
    public func releaseSource(_ recording: Recording.ID) throws {
        try connection.execute("DELETE FROM edit_sources WHERE recording_id = $1", [.id(recording)])
    }

    private static func parent(_ row: SQLRow) throws -> EditVersion.ID? {
        try row.optionalText("parent_id").flatMap { EditVersion.ID($0) }
    }

    private static func version(_ row: SQLRow) throws -> EditVersion {
        EditVersion(
            id: try row.id("id"), note: try row.id("note_id"), number: Int(try row.integer("number")),
            parent: try parent(row), list: try JSONColumn.decode(EditList.self, from: try row.text("list")),
            name: try row.optionalText("name"), summary: try row.text("summary"),
            createdAt: try row.time("created_at"), author: try row.id("author_id"))
    }
}
