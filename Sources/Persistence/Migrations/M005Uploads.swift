/// Resumable uploads, the mark of recordings that the server completed by itself, and what a start after a crash needs.
struct M005Uploads: Migration {
    let number = 5
    let name = "uploads"

    func up(_ dialect: any Dialect) -> [String] {
        [
            """
            CREATE TABLE uploads (
                id TEXT PRIMARY KEY,
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                kind TEXT NOT NULL,
                state TEXT NOT NULL,
                live INTEGER NOT NULL,
                ends_by_length INTEGER NOT NULL,
                received BIGINT NOT NULL,
                length BIGINT,
                metadata TEXT,
                parts TEXT,
                title TEXT NOT NULL,
                tags TEXT NOT NULL,
                folder TEXT,
                file_name TEXT,
                mime_type TEXT NOT NULL,
                announced TEXT,
                note_id TEXT,
                sha256 TEXT,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            )\(dialect.clusteredByKey)
            """,
            "CREATE INDEX uploads_account ON uploads (state, account_id, id)",
            "CREATE INDEX uploads_ended ON uploads (updated_at) WHERE state <> 'open'",
            """
            CREATE TABLE blob_removals (
                sha256 TEXT PRIMARY KEY
            )\(dialect.clusteredByKey)
            """,
            """
            CREATE TABLE facts (
                name TEXT PRIMARY KEY,
                value TEXT NOT NULL
            )
            """,
            "ALTER TABLE recordings ADD COLUMN recovered INTEGER NOT NULL DEFAULT 0",
        ]
    }

    func down(_ dialect: any Dialect) -> [String] {
        [
            "ALTER TABLE recordings DROP COLUMN recovered", "DROP TABLE facts", "DROP TABLE blob_removals",
            "DROP TABLE uploads",
        ]
    }
}
