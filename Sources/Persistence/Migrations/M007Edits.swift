/// Edits of notes: their versions, which of them is heard, and the recordings that they take ranges from.
struct M007Edits: Migration {
    let number = 7
    let name = "edits"

    func up(_ dialect: any Dialect) -> [String] {
        [
            """
            CREATE TABLE edit_versions (
                id TEXT PRIMARY KEY,
                note_id TEXT NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
                number BIGINT NOT NULL,
                parent_id TEXT,
                list TEXT NOT NULL,
                name TEXT,
                summary TEXT NOT NULL,
                author_id TEXT NOT NULL REFERENCES accounts (id),
                created_at BIGINT NOT NULL
            )
            """,
            "CREATE UNIQUE INDEX edit_versions_number ON edit_versions (note_id, number)",
            """
            CREATE TABLE edits (
                note_id TEXT PRIMARY KEY REFERENCES notes (id) ON DELETE CASCADE,
                head_id TEXT NOT NULL,
                redo TEXT NOT NULL
            )\(dialect.clusteredByKey)
            """,
            // A recording that another note's edit takes ranges from cannot be deleted.
            """
            CREATE TABLE edit_sources (
                note_id TEXT NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
                recording_id TEXT NOT NULL REFERENCES recordings (id),
                PRIMARY KEY (note_id, recording_id)
            )\(dialect.clusteredByKey)
            """,
            "CREATE INDEX edit_sources_recording ON edit_sources (recording_id)",
        ]
    }

    func down(_ dialect: any Dialect) -> [String] {
        ["DROP TABLE edit_sources", "DROP TABLE edits", "DROP TABLE edit_versions"]
    }
}
