/// SQL: one ``SQLDatabase`` protocol, the engines behind it, numbered migrations, and a repository a table.
///
/// A repository is a view on a connection, so several of them share one transaction:
/// `try await database.write { db in try db.notes.insert(note); try db.jobs.enqueue(…) }`.
/// Rules of the domain live above; here only what a table can guarantee.
extension SQLConnection {
    public var accounts: AccountRepository { AccountRepository(connection: self) }
    public var tokens: TokenRepository { TokenRepository(connection: self) }
    public var keys: SigningKeyRepository { SigningKeyRepository(connection: self) }
    public var blobs: BlobRepository { BlobRepository(connection: self) }
    public var recordings: RecordingRepository { RecordingRepository(connection: self) }
    public var notes: NoteRepository { NoteRepository(connection: self) }
    public var uploads: UploadRepository { UploadRepository(connection: self) }
    public var facts: FactRepository { FactRepository(connection: self) }
    public var jobs: JobRepository { JobRepository(connection: self) }
    public var replicas: ReplicaRepository { ReplicaRepository(connection: self) }
    public var usage: UsageRepository { UsageRepository(connection: self) }
    public var moves: MoveRepository { MoveRepository(connection: self) }
    public var answers: AnswerRepository { AnswerRepository(connection: self) }
    public var imports: ImportRepository { ImportRepository(connection: self) }
    public var edits: EditRepository { EditRepository(connection: self) }
    public var exports: ExportRepository { ExportRepository(connection: self) }
}
