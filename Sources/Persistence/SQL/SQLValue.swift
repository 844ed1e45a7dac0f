import Core

/// A value as the engines store it. Times are integer milliseconds, ids and digests are text, truth is 0 or 1.
public enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)

    static func id<Entity>(_ id: Identifier<Entity>) -> SQLValue { .text(id.description) }
    static func digest(_ digest: SHA256Hash) -> SQLValue { .text(digest.description) }
    static func time(_ time: Timestamp) -> SQLValue { .integer(time.milliseconds) }
    static func optionalTime(_ time: Timestamp?) -> SQLValue { time.map(Self.time) ?? .null }
    static func optionalText(_ text: String?) -> SQLValue { text.map(Self.text) ?? .null }
    static func tags(_ tags: [String]) -> SQLValue { .text(tags.joined(separator: ",")) }
    static func optionalInteger(_ value: Int64?) -> SQLValue { value.map(Self.integer) ?? .null }
    static func truth(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }
}

/// One row of a result; columns are read by name.
public struct SQLRow: Sendable {
    let columns: [String: Int]
    let values: [SQLValue]

    private func value(_ column: String) throws -> SQLValue {
        guard let index = columns[column] else { throw PersistenceError.missingColumn(column) }
        return values[index]
    }

    func text(_ column: String) throws -> String {
        guard case .text(let text) = try value(column) else { throw PersistenceError.wrongType(column) }
        return text
    }

    func optionalText(_ column: String) throws -> String? {
        try value(column) == .null ? nil : text(column)
    }

    func integer(_ column: String) throws -> Int64 {
        guard case .integer(let integer) = try value(column) else { throw PersistenceError.wrongType(column) }
        return integer
    }

    func optionalInteger(_ column: String) throws -> Int64? {
        try value(column) == .null ? nil : integer(column)
    }

    func real(_ column: String) throws -> Double {
        switch try value(column) {
        case .real(let real): return real
        case .integer(let integer): return Double(integer)
        default: throw PersistenceError.wrongType(column)
        }
    }

    func truth(_ column: String) throws -> Bool { try integer(column) != 0 }
    func time(_ column: String) throws -> Timestamp { Timestamp(milliseconds: try integer(column)) }
    func optionalTime(_ column: String) throws -> Timestamp? {
        try optionalInteger(column).map(Timestamp.init(milliseconds:))
    }

    func id<Entity>(_ column: String) throws -> Identifier<Entity> {
        guard let id = Identifier<Entity>(try text(column)) else { throw PersistenceError.wrongType(column) }
        return id
    }

    func digest(_ column: String) throws -> SHA256Hash {
        guard let digest = SHA256Hash(try text(column)) else { throw PersistenceError.wrongType(column) }
        return digest
    }

    /// A stored raw value of an enum.
    func choice<Choice: RawRepresentable<String>>(_ column: String) throws -> Choice {
        guard let choice = Choice(rawValue: try text(column)) else { throw PersistenceError.wrongType(column) }
        return choice
    }
}

/// What can go wrong between a repository and its tables.
public enum PersistenceError: Error, Hashable, Sendable {
    /// A unique rule was broken; the text names table and column.
    case uniqueViolation(String)
    /// The disk or the database's quota is full. Nothing of the transaction was kept.
    case full
    case missingColumn(String)
    case wrongType(String)
    /// The database was written by a newer version of the program.
    case newerSchema(found: Int, known: Int)
    /// A migration's down step is missing or it was asked to go below zero.
    case cannotMigrate(to: Int)
}
