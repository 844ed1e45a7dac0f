/// One bringing of recordings from elsewhere into an account.
///
/// Everything that a way back needs is a constant and stands in the table before the first step.
public struct Import: Sendable, Hashable {
    public typealias ID = Identifier<Import>

    /// How far an import is. Each step may be repeated after an interruption.
    public enum State: String, Sendable, CaseIterable {
        /// The database is copied.
        case backup
        /// Recordings are stored, each with its note.
        case ingest
        /// They are analysed.
        case process
        /// What is stored is read again and compared.
        case validate
        case done
        /// What it made is being removed.
        case undo
        /// Nothing that it made is there any more.
        case undone

        /// The step that follows; nil where none does.
        public var next: State? {
            switch self {
            case .backup: .ingest
            case .ingest: .process
            case .process: .validate
            case .validate: .done
            case .undo: .undone
            case .done, .undone: nil
            }
        }

        /// Where an interrupted import goes on. The source may have changed meanwhile, so it is looked through again;
        /// what is there already is passed over.
        public var resumption: State {
            switch self {
            case .ingest, .process, .validate: .ingest
            case .backup, .done, .undo, .undone: self
            }
        }
    }

    public let id: ID
    public let account: Account.ID
    /// Names the source: the same for the same place.
    public let source: String
    /// Where the copy of the database is that is made first.
    public let backup: String
    public let createdAt: Timestamp
    public var state: State
    /// Why it stopped; nil unless it did.
    public var error: String?

    public init(
        id: ID, account: Account.ID, source: String, backup: String, createdAt: Timestamp, state: State = .backup,
        error: String? = nil
    ) {
        self.id = id
        self.account = account
        self.source = source
        self.backup = backup
        self.createdAt = createdAt
        self.state = state
        self.error = error
    }
}
