public import Core

/// The tables `refresh_tokens` and `api_tokens`. Tokens are stored as SHA-256 only.
public struct TokenRepository {
    let connection: any SQLConnection

    public func insert(_ token: RefreshToken, hash: SHA256Hash) throws {
        try connection.execute(
            """
            INSERT INTO refresh_tokens (id, account_id, family_id, token_hash, expires_at, used_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [
                .id(token.id), .id(token.account), .id(token.family), .digest(hash), .time(token.expiresAt),
                .optionalTime(token.usedAt),
            ])
    }

    public func refreshToken(hash: SHA256Hash) throws -> RefreshToken? {
        try connection.first("SELECT * FROM refresh_tokens WHERE token_hash = $1", [.digest(hash)]).map { row in
            RefreshToken(
                id: try row.id("id"), account: try row.id("account_id"), family: try row.id("family_id"),
                expiresAt: try row.time("expires_at"), usedAt: try row.optionalTime("used_at"))
        }
    }

    /// Marks the token as spent; false when it was spent before, so that of two racing refreshes one loses.
    public func spend(_ token: RefreshToken.ID, at time: Timestamp) throws -> Bool {
        try connection.execute(
            "UPDATE refresh_tokens SET used_at = $2 WHERE id = $1 AND used_at IS NULL", [.id(token), .time(time)]) == 1
    }

    /// Ends one sign-in with everything descended from it.
    public func deleteFamily(_ family: SessionFamily.ID) throws {
        try connection.execute("DELETE FROM refresh_tokens WHERE family_id = $1", [.id(family)])
    }

    /// Ends every sign-in of the account.
    public func deleteSessions(of account: Account.ID) throws {
        try connection.execute("DELETE FROM refresh_tokens WHERE account_id = $1", [.id(account)])
    }

    /// Removes what has expired; a spent token is kept until then, because its reuse must be noticed.
    public func deleteExpired(at time: Timestamp) throws {
        try connection.execute("DELETE FROM refresh_tokens WHERE expires_at < $1", [.time(time)])
    }

    public func insert(_ token: APIToken, hash: SHA256Hash) throws {
        try connection.execute(
            """
            INSERT INTO api_tokens (id, account_id, name, scopes, token_hash, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                .id(token.id), .id(token.account), .text(token.name),
                .text(token.scopes.sorted().map(\.rawValue).joined(separator: ",")), .digest(hash),
                .time(token.createdAt), .optionalTime(token.expiresAt),
            ])
    }

    /// The token with the role of its account.
    public func apiToken(hash: SHA256Hash) throws -> (token: APIToken, role: Account.Role)? {
        try connection.first(
            """
            SELECT t.*, a.role FROM api_tokens t JOIN accounts a ON a.id = t.account_id WHERE t.token_hash = $1
            """, [.digest(hash)]
        ).map { (try Self.apiToken($0), try $0.choice("role")) }
    }

    public func apiTokens(of account: Account.ID) throws -> [APIToken] {
        try connection.query("SELECT * FROM api_tokens WHERE account_id = $1 ORDER BY id LIMIT 1000", [.id(account)])
            .map(Self.apiToken)
    }

    public func touchAPIToken(_ token: APIToken.ID, at time: Timestamp) throws {
        try connection.execute("UPDATE api_tokens SET last_used_at = $2 WHERE id = $1", [.id(token), .time(time)])
    }

    /// False when the account has no such token.
    public func deleteAPIToken(_ token: APIToken.ID, of account: Account.ID) throws -> Bool {
        try connection.execute(
            "DELETE FROM api_tokens WHERE id = $1 AND account_id = $2", [.id(token), .id(account)]) == 1
    }

    private static func apiToken(_ row: SQLRow) throws -> APIToken {
        APIToken(
            id: try row.id("id"), account: try row.id("account_id"), name: try row.text("name"),
            scopes: Set(try row.text("scopes").split(separator: ",").compactMap { Scope(rawValue: String($0)) }),
            createdAt: try row.time("created_at"), expiresAt: try row.optionalTime("expires_at"),
            lastUsedAt: try row.optionalTime("last_used_at"))
    }
}

/// The table `signing_keys`: secrets that this system signs its own tokens and URLs with.
public struct SigningKeyRepository {
    let connection: any SQLConnection

    /// The newest key for the purpose, as hexadecimal, made of `candidate` if there is none yet.
    public func current(
        purpose: String, candidate: @autoclosure () -> String, at time: Timestamp
    ) throws -> (id: String, secret: String) {
        let select = "SELECT id, secret FROM signing_keys WHERE purpose = $1 ORDER BY created_at DESC, id DESC LIMIT 1"
        if let row = try connection.first(select, [.text(purpose)]) {
            return (try row.text("id"), try row.text("secret"))
        }
        let id = "\(purpose)-1"
        let secret = candidate()
        try connection.execute(
            "INSERT INTO signing_keys (id, purpose, secret, created_at) VALUES ($1, $2, $3, $4)",
            [.text(id), .text(purpose), .text(secret), .time(time)])
        return (id, secret)
    }
}
