public import Core

/// The tables `imports` and `import_items`: which import made which notes, so that exactly those can be taken back.
public struct ImportRepository {
    let connection: any SQLConnection

    public func insert(_ record: Import) throws {
        try connection.execute(
            """
            INSERT INTO imports (id, account_id, source, state, backup, error, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                .id(record.id), .id(record.account), .text(record.source), .text(record.state.rawValue),
                .text(record.backup), .optionalText(record.error), .time(record.createdAt),
            ])
    }

    public func find(_ id: Import.ID) throws -> Import? {
        try connection.first("SELECT * FROM imports WHERE id = $1", [.id(id)]).map(Self.record)
    }

    /// All imports, oldest first, and how many notes each made.
    public func all() throws -> [(record: Import, notes: Int)] {
        try connection.query(
            """
            SELECT i.*, (SELECT COUNT(*) FROM import_items t WHERE t.import_id = i.id) AS notes
            FROM imports i ORDER BY i.id LIMIT 10000
            """
        ).map { (try Self.record($0), Int(try $0.integer("notes"))) }
    }

    /// The newest import of the source into the account that did not come to its end.
    public func interrupted(of source: String, into account: Account.ID) throws -> Import? {
        try connection.first(
            """
            SELECT * FROM imports WHERE source = $1 AND account_id = $2
            AND state IN ('backup', 'ingest', 'process', 'validate') ORDER BY id DESC LIMIT 1
            """, [.text(source), .id(account)]
        ).map(Self.record)
    }

    public func set(_ state: Import.State, error: String? = nil, of id: Import.ID) throws {
        try connection.execute(
            "UPDATE imports SET state = $2, error = $3 WHERE id = $1",
            [.id(id), .text(state.rawValue), .optionalText(error)])
    }

    /// Notes why the import stopped where it is.
    public func set(error: String, of id: Import.ID) throws {
        try connection.execute("UPDATE imports SET error = $2 WHERE id = $1", [.id(id), .text(error)])
    }

    // Items

    /// Notes what the import made of the item: in the transaction that makes the note.
    public func add(_ item: String, as note: Note.ID, to id: Import.ID) throws {
        try connection.execute(
            "INSERT INTO import_items (import_id, item, note_id) VALUES ($1, $2, $3)",
            [.id(id), .text(item), .id(note)])
    }

    /// Forgets the item: in the transaction that deletes the note.
    public func forget(_ item: String, of id: Import.ID) throws {
        try connection.execute(
            "DELETE FROM import_items WHERE import_id = $1 AND item = $2", [.id(id), .text(item)])
    }

    /// The note that the import made of the item.
    public func note(of item: String, in id: Import.ID) throws -> Note.ID? {
        try connection.first(
            "SELECT note_id FROM import_items WHERE import_id = $1 AND item = $2", [.id(id), .text(item)]
        ).map { try $0.id("note_id") }
    }

    /// The notes that other imports of the source made of the item, newest first.
    public func notes(of item: String, from source: String, into account: Account.ID) throws -> [Note.ID] {
        try connection.query(
            """
            SELECT t.note_id FROM imports i JOIN import_items t ON t.import_id = i.id
            WHERE i.source = $1 AND i.account_id = $2 AND t.item = $3 ORDER BY i.id DESC LIMIT 100
            """, [.text(source), .id(account), .text(item)]
        ).map { try $0.id("note_id") }
    }

    /// A note of the account with that source.
    public func known(_ sha256: SHA256Hash, of account: Account.ID, inTrash: Bool) throws -> Note.ID? {
        try connection.first(
            """
            SELECT n.id FROM recordings r JOIN notes n ON n.recording_id = r.id
            WHERE r.sha256 = $1 AND n.account_id = $2 AND n.trashed_at IS \(inTrash ? "NOT NULL" : "NULL") LIMIT 1
            """, [.digest(sha256), .id(account)]
        ).map { try $0.id("id") }
    }

    /// Items in their order, from behind one on, with their notes.
    public func items(
        of id: Import.ID, after item: String, limit: Int
    ) throws -> [(item: String, note: Note.ID)] {
        try connection.query(
            "SELECT item, note_id FROM import_items WHERE import_id = $1 AND item > $2 ORDER BY item LIMIT $3",
            [.id(id), .text(item), .integer(Int64(limit))]
        ).map { (try $0.text("item"), try $0.id("note_id")) }
    }

    /// How many of the import's notes are in each state.
    public func states(of id: Import.ID) throws -> [NoteState: Int] {
        var counts: [NoteState: Int] = [:]
        for row in try connection.query(
            """
            SELECT n.state, COUNT(*) AS count FROM import_items t JOIN notes n ON n.id = t.note_id
            WHERE t.import_id = $1 GROUP BY n.state
            """, [.id(id)])
        {
            counts[try row.choice("state")] = Int(try row.integer("count"))
        }
        return counts
    }

    /// The recordings of the import's notes that are still to be analysed.
    public func unprocessed(of id: Import.ID) throws -> [Recording.ID] {
        try connection.query(
            """
            SELECT n.recording_id FROM import_items t JOIN notes n ON n.id = t.note_id
            WHERE t.import_id = $1 AND n.state = 'processing' ORDER BY n.recording_id
            """, [.id(id)]
        ).map { try $0.id("recording_id") }
    }

    private static func record(_ row: SQLRow) throws -> Import {
        Import(
            id: try row.id("id"), account: try row.id("account_id"), source: try row.text("source"),
            backup: try row.optionalText("backup") ?? "", createdAt: try row.time("created_at"),
            state: try row.choice("state"), error: try row.optionalText("error"))
    }
}
