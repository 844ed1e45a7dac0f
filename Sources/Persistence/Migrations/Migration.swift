/// One numbered step of the schema. Steps go forward only in operation; the way down exists and is tested.
public protocol Migration: Sendable {
    /// 1, 2, 3, … without gaps; never changed once released.
    var number: Int { get }
    var name: String { get }
    /// The statements that apply it.
    func up(_ dialect: any Dialect) -> [String]
    /// The statements that undo it.
    func down(_ dialect: any Dialect) -> [String]
}

/// Brings the schema to the version that this program knows.
public struct Migrator: Sendable {
    /// All steps, in order.
    public static let migrations: [any Migration] = [
        M001Accounts(), M002Recordings(), M003Notes(), M004Jobs(), M005Uploads(), M006Stores(), M007Edits(),
        M008Exports(),
    ]

    private let database: any SQLDatabase
    private let migrations: [any Migration]

    public init(_ database: any SQLDatabase, migrations: [any Migration] = Migrator.migrations) {
        self.database = database
        self.migrations = migrations
    }

    /// The version of the schema: the number of the last applied step, 0 for an empty database.
    public func version() async throws -> Int {
        try await database.write { connection in try Self.version(on: connection) }
    }

    /// Applies what is missing, each step in a transaction of its own; the numbers that were applied.
    ///
    /// - Parameter beforeFirst: called once before anything changes, if something will and the database is not new.
    @discardableResult
    public func migrate(beforeFirst: @Sendable () async throws -> Void = {}) async throws -> [Int] {
        let current = try await version()
        guard current <= migrations.count else {
            throw PersistenceError.newerSchema(found: current, known: migrations.count)
        }
        let missing = migrations.dropFirst(current)
        if current > 0, !missing.isEmpty { try await beforeFirst() }
        for migration in missing {
            try await database.write { connection in
                for statement in migration.up(connection.dialect) { try connection.execute(statement) }
                try connection.execute(
                    "INSERT INTO schema_migrations (number, name) VALUES ($1, $2)",
                    [.integer(Int64(migration.number)), .text(migration.name)])
            }
        }
        return missing.map(\.number)
    }

    /// Undoes steps until the schema has the version. Data of what is undone is gone.
    public func revert(to version: Int) async throws {
        let current = try await self.version()
        guard version >= 0, version <= current, current <= migrations.count else {
            throw PersistenceError.cannotMigrate(to: version)
        }
        for migration in migrations[version..<current].reversed() {
            try await database.write { connection in
                for statement in migration.down(connection.dialect) { try connection.execute(statement) }
                try connection.execute(
                    "DELETE FROM schema_migrations WHERE number = $1", [.integer(Int64(migration.number))])
            }
        }
    }

    private static func version(on connection: any SQLConnection) throws -> Int {
        try connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL)")
        let row = try connection.first("SELECT COALESCE(MAX(number), 0) AS version FROM schema_migrations", [])
        return Int(try row?.integer("version") ?? 0)
    }
}
