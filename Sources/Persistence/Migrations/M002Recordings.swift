/// Blobs, where they are, the recordings that they are the source of, and what was derived from those.
struct M002Recordings: Migration {
    let number = 2
    let name = "recordings"

    func up(_ dialect: any Dialect) -> [String] {
        [
            """
            CREATE TABLE blobs (
                sha256 TEXT PRIMARY KEY,
                size BIGINT NOT NULL,
                created_at BIGINT NOT NULL
            )\(dialect.clusteredByKey)
            """,
            """
            CREATE TABLE replicas (
                sha256 TEXT NOT NULL REFERENCES blobs (sha256),
                store TEXT NOT NULL,
                state TEXT NOT NULL,
                verified_at BIGINT,
                PRIMARY KEY (sha256, store)
            )\(dialect.clusteredByKey)
            """,
            """
            CREATE TABLE recordings (
                id TEXT PRIMARY KEY,
                account_id TEXT NOT NULL REFERENCES accounts (id),
                sha256 TEXT NOT NULL REFERENCES blobs (sha256),
                mime_type TEXT NOT NULL,
                file_name TEXT,
                report TEXT,
                silence TEXT,
                progress DOUBLE PRECISION NOT NULL,
                created_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX recordings_blob ON recordings (sha256)",
            """
            CREATE TABLE renditions (
                recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
                kind TEXT NOT NULL,
                sha256 TEXT NOT NULL REFERENCES blobs (sha256),
                mime_type TEXT NOT NULL,
                codec TEXT,
                PRIMARY KEY (recording_id, kind)
            )\(dialect.clusteredByKey)
            """,
            "CREATE INDEX renditions_blob ON renditions (sha256)",
        ]
    }

    func down(_ dialect: any Dialect) -> [String] {
        ["DROP TABLE renditions", "DROP TABLE recordings", "DROP TABLE replicas", "DROP TABLE blobs"]
    }
}
