/// Notes, their tags, and the search over them.
struct M003Notes: Migration {
    let number = 3
    let name = "notes"

    func up(_ dialect: any Dialect) -> [String] {
        [
            """
            CREATE TABLE notes (
                \(dialect.noteKey),
                account_id TEXT NOT NULL REFERENCES accounts (id),
                recording_id TEXT NOT NULL UNIQUE REFERENCES recordings (id),
                title TEXT NOT NULL,
                text TEXT NOT NULL,
                tags TEXT NOT NULL,
                folder TEXT,
                archived INTEGER NOT NULL,
                pinned INTEGER NOT NULL,
                state TEXT NOT NULL,
                reason TEXT,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL,
                trashed_at BIGINT,
                version BIGINT NOT NULL,
                url_epoch BIGINT NOT NULL
            )
            """,
            "CREATE INDEX notes_list ON notes (account_id, archived, pinned, id) WHERE trashed_at IS NULL",
            "CREATE INDEX notes_trash ON notes (account_id, pinned, id) WHERE trashed_at IS NOT NULL",
            "CREATE INDEX notes_trashed_at ON notes (trashed_at) WHERE trashed_at IS NOT NULL",
            """
            CREATE TABLE note_tags (
                note_id TEXT NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
                folded TEXT NOT NULL,
                tag TEXT NOT NULL,
                PRIMARY KEY (note_id, folded)
            )\(dialect.clusteredByKey)
            """,
            "CREATE INDEX note_tags_folded ON note_tags (folded, note_id)",
        ] + dialect.createSearch
    }

    func down(_ dialect: any Dialect) -> [String] {
        dialect.dropSearch + ["DROP TABLE note_tags", "DROP TABLE notes"]
    }
}
