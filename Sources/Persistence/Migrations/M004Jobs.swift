/// The durable queue.
struct M004Jobs: Migration {
    let number = 4
    let name = "jobs"

    func up(_ dialect: any Dialect) -> [String] {
        [
            """
            CREATE TABLE jobs (
                id TEXT PRIMARY KEY,
                kind TEXT NOT NULL,
                subject TEXT NOT NULL,
                state TEXT NOT NULL,
                attempts INTEGER NOT NULL,
                most_attempts INTEGER NOT NULL,
                run_at BIGINT NOT NULL,
                lease_until BIGINT,
                lease_owner TEXT,
                last_error TEXT,
                UNIQUE (kind, subject)
            )\(dialect.clusteredByKey)
            """,
            "CREATE INDEX jobs_due ON jobs (state, run_at, id)",
        ]
    }

    func down(_ dialect: any Dialect) -> [String] {
        ["DROP TABLE jobs"]
    }
}
