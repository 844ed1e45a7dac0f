public import Core

/// How an import goes.
public enum ImportEvent: Sendable {
    /// It begins, or goes on, with what is in the table.
    case began(Import)
    case step(Import.State)
    /// What became of one item, of so many.
    case item(ImportOutcome, name: String, number: Int, of: Int)
    /// So many of all are through this step.
    case progress(Import.State, done: Int, of: Int)
}

/// What becomes of one item.
public enum ImportOutcome: Sendable, Hashable {
    case imported(Note.ID)
    case isThere(reason: String)
    case leftOut(reason: String)
}

/// What an import came to.
public struct ImportSummary: Sendable {
    public let id: Import.ID
    /// The copy of the database from before it.
    public let backup: String
    /// Items of the source.
    public let total: Int
    /// Notes that this call made.
    public var imported = 0
    /// Items that were there before, from this import or otherwise.
    public var alreadyThere = 0
    /// Items that were not brought in.
    public var leftOut = 0
    /// Everything that a person should know, each by its name.
    public var findings: [ImportFinding]

    /// What is missing, or not as it should be.
    public var problems: [ImportFinding] { findings.filter { $0.weight == .problem } }
    public var remarks: [ImportFinding] { findings.filter { $0.weight == .remark } }
}

/// An import that did not come to its end.
public struct ImportFailure: Error, Sendable, CustomStringConvertible {
    /// What is left of it.
    public enum Aftermath: Sendable {
        /// All that it made is removed, but for what is named.
        case undone(ImportRollback)
        /// What it made is kept; another call goes on there.
        case kept
        /// What it made could not be removed.
        case stuck(advice: String)
    }

    public let id: Import.ID
    public let reason: String
    public let aftermath: Aftermath

    init(_ id: Import.ID, _ reason: String, _ aftermath: Aftermath) {
        self.id = id
        self.reason = reason
        self.aftermath = aftermath
    }

    public var description: String {
        switch aftermath {
        case .undone(let rollback) where rollback.kept.isEmpty:
            "The import failed and was rolled back; \(rollback.removed) notes were removed again. \(reason)"
        case .undone(let rollback):
            """
            The import failed and was rolled back; \(rollback.removed) notes were removed again. \
            \(rollback.kept.count) stay, because their originals are not there any more. \(reason)
            \(rollback.kept.map(\.description).joined(separator: "\n"))
            """
        case .kept: "The import stopped; what it brought in is kept. Import the same again to go on. \(reason)"
        case .stuck(let advice): "What import \(id) made could not be removed. \(reason)\n\(advice)"
        }
    }
}

/// What a rollback came to.
public struct ImportRollback: Sendable {
    /// Notes that were removed.
    public var removed = 0
    /// Notes that stay, because what would be removed may be the only copy.
    public var kept: [ImportFinding] = []
}
