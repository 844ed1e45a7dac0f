public import Core

/// A place for replicas beside the local one. Blobs are named by their digest on every store, so that equal content is
/// there once, and doing anything twice is as good as once.
///
/// Implementations wait for the network only: they read blobs by ``BlobSource``, in constant memory, time out, and try a
/// single request again where that is harmless. What is left is told as a ``StoreError``; whether and when to come back
/// is decided above. Secrets stand in no error and in no log.
public protocol Store: Sendable {
    /// As it was configured.
    var name: String { get }
    var kind: Settings.Store.Kind { get }

    /// Brings the blob to the store and proves, by digest, that it is there. One that is there already is verified instead,
    /// or sent again where that costs less.
    /// - Parameters:
    ///   - transfer: what an earlier attempt left; parts that the store confirms are not sent again.
    ///   - progress: told of every part that the store has confirmed. What it throws ends the transfer.
    func put(
        _ blob: Blob, from source: any BlobSource, resuming transfer: StoreTransfer?,
        progress: @escaping @Sendable (StoreProgress) async throws -> Void
    ) async throws -> StoreReceipt

    /// Asks what the store says of the blob, without reading its bytes.
    func check(_ blob: Blob, _ receipt: StoreReceipt?) async throws -> StoreFinding

    /// Reads the blob, or a part of it. Nothing is proven: the caller hashes.
    func read(_ blob: Blob, _ receipt: StoreReceipt?, range: Range<Int64>?) async throws -> StoreBody

    /// Whether its file of the blob is the file at the path: then it is no copy of it.
    func isSameFile(_ blob: SHA256Hash, as path: String) async throws -> Bool

    /// Removes the blob; one that is not there is removed already.
    func remove(_ blob: SHA256Hash, _ receipt: StoreReceipt?) async throws

    /// A URL that gives the blob to whoever has it, until `window` ends; nil where the store has none. Makes no request.
    func signedURL(_ blob: Blob, _ receipt: StoreReceipt?, _ request: SignedURLRequest) -> String?

    /// The id that was written into the store when it was first used; nil when there is none.
    func marker() async throws -> String?
    func setMarker(_ id: String) async throws

    /// Transfers that were begun before the time and neither ended nor given up, of this program's blobs only.
    func abandonedTransfers(before time: Timestamp) async throws -> [AbandonedTransfer]
    /// Gives one of them up; the store forgets its parts.
    func abandon(_ transfer: AbandonedTransfer) async throws
    /// Gives up a transfer of the blob that nobody wants any more.
    func abandon(_ transfer: StoreTransfer, of blob: SHA256Hash) async throws
    /// Ends its connections.
    func shutdown() async throws
}

extension Store {
    public func shutdown() async throws {}

    public func isSameFile(_ blob: SHA256Hash, as path: String) async throws -> Bool { false }

    // Most stores forget what nobody goes on with.
    public func abandon(_ transfer: StoreTransfer, of blob: SHA256Hash) async throws {}
}

/// Where a store gets a blob's bytes from.
public protocol BlobSource: Sendable {
    /// The bytes of the range in pieces of at most 256 KiB.
    func bytes(_ range: Range<Int64>) -> FilePieces
}

/// How far a transfer is.
public struct StoreProgress: Sendable, Hashable {
    /// Bytes that the store has confirmed.
    public var bytesDone: Int64
    /// What is needed to go on from there; nil where the store keeps nothing of a part.
    public var transfer: StoreTransfer?

    public init(bytesDone: Int64, transfer: StoreTransfer?) {
        self.bytesDone = bytesDone
        self.transfer = transfer
    }
}

/// What a store says of a blob.
public enum StoreFinding: Sendable, Hashable {
    /// It is there, and what the store says of its content is what was verified before.
    case verified(StoreReceipt)
    /// Something of the right size is there, and only reading it can tell whether it is the blob.
    case unproven
    /// Something else is there.
    case different(String)
    case missing
}

/// What a signed URL is to be.
public struct SignedURLRequest: Sendable, Hashable {
    /// When its life begins: the same for all that are made in a window, so that they are the same text.
    public var begins: Timestamp
    public var lifetime: Duration
    /// The `Content-Type` and `Content-Disposition` of the answer, where the store can set them.
    public var mimeType: String
    public var disposition: String?

    public init(begins: Timestamp, lifetime: Duration, mimeType: String, disposition: String?) {
        self.begins = begins
        self.lifetime = lifetime
        self.mimeType = mimeType
        self.disposition = disposition
    }
}

/// A transfer that nobody goes on with.
public struct AbandonedTransfer: Sendable, Hashable {
    /// The store's name of the object.
    public let key: String
    public let id: String
    public let begunAt: Timestamp?

    public init(key: String, id: String, begunAt: Timestamp?) {
        self.key = key
        self.id = id
        self.begunAt = begunAt
    }
}
