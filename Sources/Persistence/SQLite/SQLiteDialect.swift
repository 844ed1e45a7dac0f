import Core

/// SQLite: search by FTS5; one writer, so claiming needs no locks.
struct SQLiteDialect: Dialect {
    // FTS5 rows are found by integer rowid only, and the rowid of a table keyed by text may change in a VACUUM:
    // the map gives every note a number of its own.
    let createSearch = [
        "CREATE TABLE note_search_map (number INTEGER PRIMARY KEY, note_id TEXT NOT NULL UNIQUE)",
        """
        CREATE VIRTUAL TABLE note_search USING fts5(title, tags, text, \
        tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')
        """,
    ]
    let dropSearch = ["DROP TABLE note_search", "DROP TABLE note_search_map"]
    let claimSuffix = ""

    func index(
        _ note: Note.ID, title: String, tags: [String], text: String, on connection: any SQLConnection
    ) throws {
        let rows = try connection.query(
            """
            INSERT INTO note_search_map (note_id) VALUES ($1)
            ON CONFLICT (note_id) DO UPDATE SET note_id = excluded.note_id RETURNING number
            """, [.id(note)])
        guard let number = try rows.first?.integer("number") else { return }
        try connection.execute("DELETE FROM note_search WHERE rowid = $1", [.integer(number)])
        try connection.execute(
            "INSERT INTO note_search (rowid, title, tags, text) VALUES ($1, $2, $3, $4)",
            [.integer(number), .text(title), .text(tags.joined(separator: " ")), .text(text)])
    }

    func unindex(_ note: Note.ID, on connection: any SQLConnection) throws {
        try connection.execute(
            "DELETE FROM note_search WHERE rowid = (SELECT number FROM note_search_map WHERE note_id = $1)",
            [.id(note)])
        try connection.execute("DELETE FROM note_search_map WHERE note_id = $1", [.id(note)])
    }

    func searchCondition(words: [String], parameter: Int) -> (sql: String, argument: SQLValue) {
        // Words hold letters and digits only, so the quotes cannot be broken out of.
        let terms = words.map { "\"\($0)\"" }.joined(separator: " ") + "*"
        let sql = """
            n.id IN (SELECT m.note_id FROM note_search s JOIN note_search_map m ON m.number = s.rowid
            WHERE note_search MATCH $\(parameter))
            """
        return (sql, .text(terms))
    }
}
