/// A database that runs the shared SQL of this room: SQLite today, PostgreSQL behind the same protocol.
///
/// Bodies are synchronous and run on threads that may block, never on the cooperative pool. The body of a write may run
/// more than once, and only its last run counts. Bodies must not touch anything but the connection and what they captured.
public protocol SQLDatabase: Sendable {
    /// Runs the body on a snapshot: it sees one consistent state, and never waits for writers.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value

    /// Runs the body in a transaction. When it succeeds, the change is on disk (fsynced); when it fails, nothing of
    /// it happened. Waiting writes share one commit; a failing body undoes its own change only.
    ///
    /// The result goes to `completion`, which is called once, on a thread of the database or on the calling one, and must
    /// not block. For asynchronous code there is ``write(_:_:)``.
    func submit<Value: Sendable>(
        _ urgency: WriteUrgency, _ body: @escaping @Sendable (any SQLConnection) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    )

    /// Grows with every commit of this process, before the write that caused it returns. What was read at a generation
    /// is still true, as far as this process changes things, while the generation is the same.
    var generation: Int { get }

    /// Returns when everything that was committed before the call is on disk, ``WriteUrgency/repeatable`` writes too. Holds up
    /// nobody.
    func sync() async throws

    /// Copies the whole database, consistently, into a new file.
    func backup(to path: String) async throws

    /// Checks the structure of the whole database; the messages of what is wrong, none when it is sound.
    func integrityProblems() async throws -> [String]

    /// Ends open work and closes the files. Nothing can be done with it afterwards.
    func close() async throws
}

/// Whether somebody waits for a write. All kinds but ``repeatable`` are on disk when they return.
public enum WriteUrgency: Sendable {
    /// Begins at once.
    case prompt
    /// Begins at once, on the calling thread where that is possible and nobody else is writing: for a thread that may
    /// block.
    case onThisThread
    /// Like ``onThisThread``, and is told before it is on disk: for what is written down elsewhere, from where the next start
    /// repeats it. Never on disk without all that was committed before it.
    case repeatable
    /// Begins at once, in a transaction of its own, and runs once: for a body with an effect outside the database, which
    /// must not see what could still be taken back.
    case alone
    /// Waits some milliseconds for another write whose commit it can share: for background work, which would
    /// otherwise make everybody's disk sync more often.
    case relaxed
}

extension SQLDatabase {
    /// Runs the body in a transaction, like ``submit(_:_:completion:)``.
    public func write<Value: Sendable>(
        _ urgency: WriteUrgency = .prompt, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit(urgency, body) { continuation.resume(with: $0) }
        }
    }
}

/// One connection inside a read or a write. It must not leave the body that it was given to.
public protocol SQLConnection {
    /// Where the SQL of the engines differs.
    var dialect: any Dialect { get }

    /// Runs one statement and gives the number of rows that it changed. Parameters are `$1`, `$2`, ….
    @discardableResult
    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int

    /// Runs one statement and gives its rows.
    func query(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow]
}

extension SQLConnection {
    @discardableResult
    func execute(_ sql: String) throws -> Int { try execute(sql, []) }

    func query(_ sql: String) throws -> [SQLRow] { try query(sql, []) }

    /// The first row, if any.
    func first(_ sql: String, _ arguments: [SQLValue]) throws -> SQLRow? {
        try query(sql, arguments).first
    }
}
