/// What a person sees: a title, text, tags, a folder and one recording.
public struct Note: Sendable, Equatable {
    public typealias ID = Identifier<Note>

    public let id: ID
    public let account: Account.ID
    public var title: String
    public var text: String
    public var tags: [String]
    public var folder: String?
    public var archived: Bool
    public var pinned: Bool
    /// Where processing of the recording stands.
    public var state: NoteState
    /// Why processing failed, in words for a person; nil unless ``state`` is `failed`.
    public var reason: String?
    public let createdAt: Timestamp
    public var updatedAt: Timestamp
    /// When the note went to the trash; nil outside it.
    public var trashedAt: Timestamp?
    /// Grows by one with every change a client can see; the API's ETag and `If-Match`.
    public var version: Int64
    /// Part of every signed URL of the note: raising it revokes all that were given out.
    public var urlEpoch: Int64
    public var recording: Recording

    public init(
        id: ID, account: Account.ID, title: String, text: String, tags: [String], folder: String?, archived: Bool,
        pinned: Bool, state: NoteState, reason: String?, createdAt: Timestamp, updatedAt: Timestamp,
        trashedAt: Timestamp?, version: Int64, urlEpoch: Int64, recording: Recording
    ) {
        self.id = id
        self.account = account
        self.title = title
        self.text = text
        self.tags = tags
        self.folder = folder
        self.archived = archived
        self.pinned = pinned
        self.state = state
        self.reason = reason
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.trashedAt = trashedAt
        self.version = version
        self.urlEpoch = urlEpoch
        self.recording = recording
    }
}

/// Where a note's recording stands. The source is safe in every one of these states.
public enum NoteState: String, Sendable, Codable, CaseIterable {
    /// Stored; analysis and the listen copy are on their way.
    case processing
    /// Analysed and playable.
    case ready
    /// The recording could not be analysed; the source is there and can be downloaded.
    case failed
}
