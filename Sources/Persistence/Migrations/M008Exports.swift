/// Edits as files. Their blobs are renditions as much as those in `renditions`, but a recording has many of them: what
/// asks for all blobs of a recording asks `derived_blobs`.
struct M008Exports: Migration {
    let number = 8
    let name = "exports"

    func up(_ dialect: any Dialect) -> [String] {
        [
            """
            CREATE TABLE exports (
                id TEXT PRIMARY KEY,
                note_id TEXT NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
                recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
                version_id TEXT,
                format TEXT NOT NULL,
                state TEXT NOT NULL,
                progress DOUBLE PRECISION NOT NULL,
                reason TEXT,
                sha256 TEXT REFERENCES blobs (sha256),
                size BIGINT,
                mime_type TEXT,
                result TEXT,
                created_at BIGINT NOT NULL
            )
            """,
            // Where a recording can be read on from, for previews of far places.
            "ALTER TABLE recordings ADD COLUMN seek_index TEXT",
            "CREATE UNIQUE INDEX exports_same ON exports (note_id, COALESCE(version_id, ''), format)",
            "CREATE INDEX exports_recording ON exports (recording_id)",
            "CREATE INDEX exports_blob ON exports (sha256)",
            """
            CREATE VIEW derived_blobs AS
            SELECT recording_id, kind, sha256, mime_type FROM renditions
            UNION ALL SELECT recording_id, 'export' AS kind, sha256, mime_type FROM exports WHERE sha256 IS NOT NULL
            """,
        ]
    }

    func down(_ dialect: any Dialect) -> [String] {
        ["DROP VIEW derived_blobs", "DROP TABLE exports", "ALTER TABLE recordings DROP COLUMN seek_index"]
    }
}
