/// Accounts, their tokens, and the keys that this system signs with.
struct M001Accounts: Migration {
    let number = 1
    let name = "accounts"

    func up(_ dialect: any Dialect) -> [String] {
        [
            """
            CREATE TABLE accounts (
                id TEXT PRIMARY KEY,
                email TEXT NOT NULL UNIQUE,
                name TEXT NOT NULL,
                role TEXT NOT NULL,
                password_hash TEXT NOT NULL,
                profile TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE refresh_tokens (
                id TEXT PRIMARY KEY,
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                family_id TEXT NOT NULL,
                token_hash TEXT NOT NULL UNIQUE,
                expires_at BIGINT NOT NULL,
                used_at BIGINT
            )
            """,
            "CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id)",
            "CREATE INDEX refresh_tokens_account ON refresh_tokens (account_id)",
            """
            CREATE TABLE api_tokens (
                id TEXT PRIMARY KEY,
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                name TEXT NOT NULL,
                scopes TEXT NOT NULL,
                token_hash TEXT NOT NULL UNIQUE,
                created_at BIGINT NOT NULL,
                expires_at BIGINT,
                last_used_at BIGINT
            )
            """,
            "CREATE INDEX api_tokens_account ON api_tokens (account_id, id)",
            """
            CREATE TABLE signing_keys (
                id TEXT PRIMARY KEY,
                purpose TEXT NOT NULL,
                secret TEXT NOT NULL,
                created_at BIGINT NOT NULL
            )
            """,
        ]
    }

    func down(_ dialect: any Dialect) -> [String] {
        ["DROP TABLE signing_keys", "DROP TABLE api_tokens", "DROP TABLE refresh_tokens", "DROP TABLE accounts"]
    }
}
