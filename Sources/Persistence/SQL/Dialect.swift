public import Core

/// The few places where SQLite and PostgreSQL need different SQL: full-text search and claiming of jobs.
/// Everything else is written once.
public protocol Dialect: Sendable {
    /// Statements that create what full-text search needs.
    var createSearch: [String] { get }
    /// Statements that remove it.
    var dropSearch: [String] { get }
    /// Appended to the inner `SELECT` that claims jobs, so that claimers skip each other's rows.
    var claimSuffix: String { get }

    /// Brings the search index in line with the note's title, tags and text.
    func index(_ note: Note.ID, title: String, tags: [String], text: String, on connection: any SQLConnection) throws
    /// Takes the note out of the search index.
    func unindex(_ note: Note.ID, on connection: any SQLConnection) throws
    /// A condition on `n.id` for notes that hold all the words, the last one as a prefix, and its argument.
    /// `parameter` is the placeholder's number.
    func searchCondition(words: [String], parameter: Int) -> (sql: String, argument: SQLValue)
}
