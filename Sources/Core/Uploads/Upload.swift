/// A resumable transfer: bytes that come in pieces, and become a recording when they are complete.
public struct Upload: Sendable, Equatable {
    public typealias ID = Identifier<Upload>

    public enum State: String, Sendable, Codable, CaseIterable {
        /// More bytes may come.
        case open
        /// It became a note; ``Upload/note`` and ``Upload/receipt`` say which.
        case complete
        /// Deleted or expired; remembered for a while, so that a late client learns why.
        case gone
    }

    /// What the bytes are for (tus 1.0, extension concatenation).
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A recording.
        case whole
        /// A part of one; never a note by itself.
        case partial
        /// Made of parts that were uploaded before.
        case final
    }

    public let id: ID
    public let account: Account.ID
    public let kind: Kind
    public var state: State
    /// Whether somebody is recording it at this moment: the server completes it when they fall silent.
    public let isLive: Bool
    /// Whether it is complete as soon as all announced bytes are there (tus), or only when the client says so (IETF).
    public let endsByLength: Bool
    /// What the note will be.
    public let draft: NoteDraft
    /// `Upload-Metadata` as the client sent it; nil outside tus.
    public let metadata: String?
    /// The parts of a ``Kind/final`` upload, as the client named them.
    public let parts: String?
    /// Bytes that are on disk. Never goes back.
    public var offset: Int64
    /// Bytes in all; nil while the client has not said how many.
    public var length: Int64?
    public var note: Note.ID?
    public var receipt: Receipt?
    public let createdAt: Timestamp
    /// When a client was last heard of.
    public var updatedAt: Timestamp

    public init(
        id: ID, account: Account.ID, kind: Kind, state: State, isLive: Bool, endsByLength: Bool, draft: NoteDraft,
        metadata: String?, parts: String?, offset: Int64, length: Int64?, note: Note.ID?, receipt: Receipt?,
        createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.account = account
        self.kind = kind
        self.state = state
        self.isLive = isLive
        self.endsByLength = endsByLength
        self.draft = draft
        self.metadata = metadata
        self.parts = parts
        self.offset = offset
        self.length = length
        self.note = note
        self.receipt = receipt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Whether every announced byte is there.
    public var hasAllBytes: Bool { offset == length }

    /// Whether nothing but the note is missing.
    public var isEndedByLength: Bool { endsByLength && kind == .whole && hasAllBytes }
}
