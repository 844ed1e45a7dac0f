public import Core

/// The few places where SQLite and PostgreSQL need different SQL: full-text search, claiming of jobs, and where
/// rows live. Everything else is written once.
public protocol Dialect: Sendable {
    /// The columns that tell a note from others: `id`, and whatever full-text search needs.
    var noteKey: String { get }
    /// Statements that create what full-text search needs.
    var createSearch: [String] { get }
    /// Statements that remove it.
    var dropSearch: [String] { get }
    /// Appended to a `CREATE TABLE` whose rows are small and always found by their primary key: the rows then live in the
    /// key's own index, where the engine can do that.
    var clusteredByKey: String { get }
    /// Appended to the inner `SELECT` that claims jobs, so that claimers skip each other's rows.
    var claimSuffix: String { get }

    /// Adds the note, as its table has it, to the search index, which must not have it.
    func index(_ note: Note.ID, on connection: any SQLConnection) throws
    /// Takes the note out of the search index: before its title, tags or text change in its table, or it goes.
    func unindex(_ note: Note.ID, on connection: any SQLConnection) throws
    /// A condition on the table `n` of notes for those that hold all the words, the last one as a prefix, and its argument.
    /// `parameter` is the placeholder's number.
    func searchCondition(words: [String], parameter: Int) -> (sql: String, argument: SQLValue)
}
