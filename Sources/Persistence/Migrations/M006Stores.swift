/// Replicas in other stores: what is wanted, how far it is, what the store told; what is to be removed there; what a
/// store's use has cost this month.
struct M006Stores: Migration {
    let number = 6
    let name = "stores"

    private static let columns = [
        "wanted INTEGER NOT NULL DEFAULT 1", "paused INTEGER NOT NULL DEFAULT 0",
        "bytes_done BIGINT NOT NULL DEFAULT 0",
        "error TEXT", "checked_at BIGINT", "used_at BIGINT", "receipt TEXT", "transfer TEXT",
    ]

    func up(_ dialect: any Dialect) -> [String] {
        Self.columns.map { "ALTER TABLE replicas ADD COLUMN \($0)" } + [
            // The local store has a row for every blob, which nobody looks for by its state.
            "CREATE INDEX replicas_state ON replicas (store, state) WHERE store <> 'local'",
            """
            CREATE TABLE replica_removals (
                sha256 TEXT NOT NULL,
                store TEXT NOT NULL,
                receipt TEXT,
                transfer TEXT,
                PRIMARY KEY (sha256, store)
            )\(dialect.clusteredByKey)
            """,
            """
            CREATE TABLE store_usage (
                store TEXT NOT NULL,
                month TEXT NOT NULL,
                requests BIGINT NOT NULL,
                egress BIGINT NOT NULL,
                ingress BIGINT NOT NULL,
                PRIMARY KEY (store, month)
            )\(dialect.clusteredByKey)
            """,
            """
            CREATE TABLE answers (
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                idempotency_key TEXT NOT NULL,
                request TEXT NOT NULL,
                answer TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                PRIMARY KEY (account_id, idempotency_key)
            )\(dialect.clusteredByKey)
            """,
            "CREATE INDEX answers_age ON answers (created_at)",
            """
            CREATE TABLE moves (
                id TEXT PRIMARY KEY,
                store TEXT NOT NULL,
                step TEXT NOT NULL,
                is_active INTEGER NOT NULL,
                done BIGINT NOT NULL,
                total BIGINT NOT NULL,
                bytes_done BIGINT NOT NULL,
                bytes_total BIGINT NOT NULL,
                error TEXT,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE imports (
                id TEXT PRIMARY KEY,
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                source TEXT NOT NULL,
                state TEXT NOT NULL,
                backup TEXT,
                error TEXT,
                created_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE import_items (
                import_id TEXT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
                item TEXT NOT NULL,
                note_id TEXT NOT NULL,
                PRIMARY KEY (import_id, item)
            )\(dialect.clusteredByKey)
            """,
        ]
    }

    func down(_ dialect: any Dialect) -> [String] {
        ["import_items", "imports", "moves", "answers", "store_usage", "replica_removals"].map { "DROP TABLE \($0)" }
            + ["DROP INDEX replicas_state"]
            + Self.columns.reversed().map { "ALTER TABLE replicas DROP COLUMN \($0.prefix { $0 != " " })" }
    }
}
