import Core

/// SQLite: search by FTS5; one writer, so claiming needs no locks.
struct SQLiteDialect: Dialect {
    // FTS5 finds rows by an integer, and the hidden rowid of a table may change in a VACUUM: notes have a number of
    // their own. The index keeps no copy of the texts, and no lengths, which only a ranking would need.
    let noteKey = "number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE"
    let createSearch = [
        """
        CREATE VIRTUAL TABLE note_search USING fts5(title, tags, text, content = 'notes', content_rowid = 'number', \
        columnsize = 0, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')
        """
    ]
    let dropSearch = ["DROP TABLE note_search"]
    let claimSuffix = ""
    let clusteredByKey = " WITHOUT ROWID"

    func index(_ note: Note.ID, on connection: any SQLConnection) throws {
        try connection.execute(
            """
            INSERT INTO note_search (rowid, title, tags, text)
            SELECT number, title, tags, text FROM notes WHERE id = $1 AND title || tags || text <> ''
            """, [.id(note)])
    }

    func unindex(_ note: Note.ID, on connection: any SQLConnection) throws {
        // The index has to be told which words to take out.
        try connection.execute(
            """
            INSERT INTO note_search (note_search, rowid, title, tags, text)
            SELECT 'delete', number, title, tags, text FROM notes WHERE id = $1 AND title || tags || text <> ''
            """, [.id(note)])
    }

    func searchCondition(words: [String], parameter: Int) -> (sql: String, argument: SQLValue) {
        // Words hold letters and digits only, so the quotes cannot be broken out of.
        let terms = words.map { "\"\($0)\"" }.joined(separator: " ") + "*"
        return ("n.number IN (SELECT rowid FROM note_search WHERE note_search MATCH $\(parameter))", .text(terms))
    }
}
