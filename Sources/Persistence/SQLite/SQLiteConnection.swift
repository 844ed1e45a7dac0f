import GRDB

/// The shared SQL on a GRDB connection. Statements are prepared once a connection and kept.
struct SQLiteConnection: SQLConnection {
    let database: GRDB.Database

    var dialect: any Dialect { SQLiteDialect() }

    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
        do {
            let statement = try statement(sql)
            try statement.execute(arguments: StatementArguments(arguments.map(\.databaseValue)))
            return database.changesCount
        } catch let error as DatabaseError {
            throw error.asPersistenceError
        }
    }

    func query(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow] {
        do {
            let statement = try statement(sql)
            var columns: [String: Int] = [:]
            for (index, name) in statement.columnNames.enumerated() { columns[name] = index }
            let cursor = try Row.fetchCursor(statement, arguments: StatementArguments(arguments.map(\.databaseValue)))
            var rows: [SQLRow] = []
            while let row = try cursor.next() {
                rows.append(SQLRow(columns: columns, values: row.databaseValues.map(SQLValue.init)))
            }
            return rows
        } catch let error as DatabaseError {
            throw error.asPersistenceError
        }
    }

    /// `$1` names a parameter in SQLite; `?1` numbers it, which is what the positional arguments need.
    private func statement(_ sql: String) throws -> Statement {
        let dollar = UInt8(ascii: "$")
        let question = UInt8(ascii: "?")
        let numbered = String(decoding: sql.utf8.map { $0 == dollar ? question : $0 }, as: UTF8.self)
        return try database.cachedStatement(sql: numbered)
    }
}

extension SQLValue {
    var databaseValue: GRDB.DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let value): value.databaseValue
        case .real(let value): value.databaseValue
        case .text(let value): value.databaseValue
        }
    }

    init(_ value: GRDB.DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let integer): self = .integer(integer)
        case .double(let real): self = .real(real)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .text(String(decoding: data, as: UTF8.self))
        }
    }
}

extension DatabaseError {
    var asPersistenceError: any Error {
        switch extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY:
            PersistenceError.uniqueViolation(message ?? "")
        case .SQLITE_FULL: PersistenceError.full
        default: self
        }
    }
}
