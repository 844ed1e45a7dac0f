public import Core

/// The table `accounts`.
public struct AccountRepository {
    let connection: any SQLConnection

    /// - Throws: ``PersistenceError/uniqueViolation(_:)`` when the e-mail is taken.
    public func insert(_ account: Account, passwordHash: String) throws {
        try connection.execute(
            """
            INSERT INTO accounts (id, email, name, role, password_hash, profile, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                .id(account.id), .text(account.email), .text(account.name), .text(account.role.rawValue),
                .text(passwordHash), try JSONColumn.encode(account.profile), .time(account.createdAt),
                .time(account.updatedAt),
            ])
    }

    /// - Throws: ``PersistenceError/uniqueViolation(_:)`` when the e-mail is taken.
    public func update(_ account: Account) throws {
        try connection.execute(
            "UPDATE accounts SET email = $2, name = $3, profile = $4, updated_at = $5 WHERE id = $1",
            [
                .id(account.id), .text(account.email), .text(account.name),
                try JSONColumn.encode(account.profile), .time(account.updatedAt),
            ])
    }

    public func setPasswordHash(_ hash: String, of account: Account.ID) throws {
        try connection.execute("UPDATE accounts SET password_hash = $2 WHERE id = $1", [.id(account), .text(hash)])
    }

    public func find(_ id: Account.ID) throws -> Account? {
        try connection.first("SELECT * FROM accounts WHERE id = $1", [.id(id)]).map(Self.account)
    }

    public func find(email: String) throws -> Account? {
        try connection.first("SELECT * FROM accounts WHERE email = $1", [.text(email)]).map(Self.account)
    }

    public func passwordHash(of account: Account.ID) throws -> String? {
        try connection.first("SELECT password_hash FROM accounts WHERE id = $1", [.id(account)])?
            .text("password_hash")
    }

    public func count() throws -> Int {
        Int(try connection.first("SELECT COUNT(*) AS n FROM accounts", [])?.integer("n") ?? 0)
    }

    /// All accounts, oldest first. A self-hosted system has few.
    public func all(limit: Int = 10_000) throws -> [Account] {
        try connection.query("SELECT * FROM accounts ORDER BY id LIMIT $1", [.integer(Int64(limit))])
            .map(Self.account)
    }

    private static func account(_ row: SQLRow) throws -> Account {
        Account(
            id: try row.id("id"), email: try row.text("email"), name: try row.text("name"),
            role: try row.choice("role"),
            profile: try JSONColumn.decode(Account.Profile.self, from: try row.text("profile")),
            createdAt: try row.time("created_at"), updatedAt: try row.time("updated_at"))
    }
}
