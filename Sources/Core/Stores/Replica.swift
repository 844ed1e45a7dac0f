/// One blob in one store.
public struct Replica: Sendable, Hashable {
    public enum State: String, Sendable, Codable, CaseIterable {
        /// It is not there; perhaps it is to be.
        case absent
        /// It is on its way.
        case uploading
        /// It was there, and its digest was right, at ``Replica/verifiedAt``.
        case verified
        /// It is there and something is wrong with it.
        case suspect
        /// It was there and is not any more.
        case lost
    }

    public let sha256: SHA256Hash
    /// The store's name.
    public let store: String
    public var state: State
    /// Whether policy asks for it.
    public var isWanted: Bool
    /// Whether a person holds its transfer back.
    public var isPaused: Bool
    /// Bytes that the store has confirmed of a transfer under way.
    public var bytesDone: Int64
    /// Bytes in all.
    public var size: Int64
    /// Why it is not there, in words.
    public var error: String?
    /// When its digest was found right.
    public var verifiedAt: Timestamp?
    /// When the store was last asked for it; at least ``verifiedAt``.
    public var checkedAt: Timestamp?

    /// The kind of the jobs that bring a store's replicas to the state in which they are to be; their subject is the digest.
    /// One job at a time is about one replica, whether it is to come or to go.
    public static func jobKind(_ store: String) -> String { "replicate:\(store)" }

    public init(
        sha256: SHA256Hash, store: String, state: State, isWanted: Bool, isPaused: Bool, bytesDone: Int64, size: Int64,
        error: String?, verifiedAt: Timestamp?, checkedAt: Timestamp?
    ) {
        self.sha256 = sha256
        self.store = store
        self.state = state
        self.isWanted = isWanted
        self.isPaused = isPaused
        self.bytesDone = bytesDone
        self.size = size
        self.error = error
        self.verifiedAt = verifiedAt
        self.checkedAt = checkedAt
    }
}

/// How far a recording's copies are, taken together.
public enum SyncState: String, Sendable, Codable, CaseIterable {
    /// No store but the local one is wanted.
    case none
    /// Something is on its way or waits.
    case pending
    /// Every wanted replica is verified.
    case synced
    /// A transfer was given up.
    case failed
}

/// What a store told of a replica, which later questions to it need.
public struct StoreReceipt: Sendable, Hashable, Codable {
    /// The entity tag, without quotes.
    public var etag: String?
    /// Bytes of a part, where the entity tag depends on them.
    public var partSize: Int64?
    /// The store's own version of the object.
    public var version: String?
    /// The store's own name for the object, where it has one.
    public var assetID: String?
    /// The file extension under which the store delivers it.
    public var format: String?
    /// What the store takes it for, where it treats kinds of content differently.
    public var resourceType: String?

    public init(
        etag: String? = nil, partSize: Int64? = nil, version: String? = nil, assetID: String? = nil,
        format: String? = nil, resourceType: String? = nil
    ) {
        self.etag = etag
        self.partSize = partSize
        self.version = version
        self.assetID = assetID
        self.format = format
        self.resourceType = resourceType
    }
}

/// A transfer in parts that can be gone on with.
public struct StoreTransfer: Sendable, Hashable, Codable {
    /// The store's name for it.
    public var id: String
    /// Bytes of each part but the last.
    public var partSize: Int64
    /// What the store answered for each part that it has, in their order.
    public var parts: [String]
    public var startedAt: Timestamp

    public init(id: String, partSize: Int64, parts: [String] = [], startedAt: Timestamp = .now()) {
        self.id = id
        self.partSize = partSize
        self.parts = parts
        self.startedAt = startedAt
    }
}

/// What a blob is to its recording.
public enum BlobRole: String, Sendable, Hashable, CaseIterable {
    case source
    case listen
    case repaired
    case export
}
