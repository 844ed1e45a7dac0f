public import Core
import Crypto
import Dispatch
import NIOCore
public import NIOPosix

/// Blobs in the data folder: received under a temporary name, linked to the name of their content, then synced.
public final class LocalStore: Sendable {
    /// The store's name in the table of replicas.
    public static let name = "local"

    public let folder: DataFolder
    let threads: NIOThreadPool
    let committer: CommitQueue
    let journal: Journal
    let writer = BlockWriter()
    private let gatherMemory = GatherMemory()
    /// Temporary files that nobody needs any more. They are removed together, when nobody waits for anything.
    private let discards = BatchQueue<String>(
        label: "voicenote.blobs.discard", mostTogether: 256, patience: .milliseconds(20)
    ) { paths in
        // A leftover wastes space until the next start clears it; there is nothing better to do about a failure.
        for path in paths { _ = try? Files.remove(path) }
        return { _ in }
    }

    /// - Parameter threads: where blocking calls run; started and stopped by the caller.
    public init(folder: DataFolder, threads: NIOThreadPool) {
        self.folder = folder
        self.threads = threads
        committer = CommitQueue(folder: folder, threads: threads)
        journal = Journal(folder: folder)
    }

    /// Files that come in one request begin with it: nobody is told of them before they are complete.
    static let singlePrefix = "single-"

    /// Begins to receive a file.
    public func receive() -> IncomingFile {
        let name = Self.singlePrefix + Identifier<IncomingName>().description
        return IncomingFile(
            path: "\(folder.path(.incoming))/\(name)", threads: threads, writer: writer, memory: gatherMemory)
    }

    /// Goes on receiving an upload's file from the point.
    public func receive(_ upload: Upload.ID, from point: UploadPoint) -> IncomingFile {
        IncomingFile(
            path: folder.incoming(upload), from: point, threads: threads, writer: writer, memory: gatherMemory)
    }

    /// Ends the receiving and makes the blob durable: data, length, name and every folder above are on disk when this
    /// returns. The temporary name stays until ``discard(_:)``, so that a blob which is deleted in the same moment can
    /// be put back by ``restore(_:)``.
    /// - Throws: ``UnexpectedDigest`` when the bytes have another digest than the expected one; nothing is stored then.
    public func commit(
        _ incoming: inout IncomingFile, expecting expected: SHA256Hash? = nil
    ) async throws -> StoredBlob {
        try await commit(&incoming, expecting: expected, for: .note) { blob, _, done in done(.success(blob)) }
    }

    /// Like ``commit(_:expecting:)``, and goes on with `next` without a turn on another thread: what belongs to the same
    /// acknowledgement follows the sync directly.
    /// - Parameter next: gets the durable blob and must call its last argument once. It may block when its second argument
    ///   is true.
    public func commit<Value: Sendable>(
        _ incoming: inout IncomingFile, expecting expected: SHA256Hash?, for purpose: CommitPurpose,
        then next:
            @escaping @Sendable (
                _ blob: StoredBlob, _ mayBlock: Bool, _ done: @escaping @Sendable (Result<Value, any Error>) -> Void
            ) -> Void
    ) async throws -> Value {
        let rest = try await incoming.rest()
        let sha256 = incoming.digest()
        if let expected, expected != sha256 { throw UnexpectedDigest(actual: sha256) }
        let blob = StoredBlob(sha256: sha256, size: incoming.size, incomingPath: incoming.path)
        return try await withCheckedThrowingContinuation { continuation in
            committer.commit(rest, .link(sha256, for: purpose)) { result, mayBlock in
                let done: @Sendable (Result<Value, any Error>) -> Void = { continuation.resume(with: $0) }
                self.settle(result, mayBlock, of: blob) { result, mayBlock in
                    switch result {
                    case .success: next(blob, mayBlock, done)
                    case .failure(let error): done(.failure(error))
                    }
                }
            }
        }
    }

    /// Makes a blob of a file that another process wrote below this folder (the media worker's output), durably.
    public func adopt(_ path: String) async throws -> StoredBlob {
        try await onThread { done in
            let file = try OpenFile.reading(path)
            let (sha256, size) = try Self.digest(of: file)
            let blob = StoredBlob(sha256: sha256, size: size, incomingPath: path)
            self.link(file, blob) { result, _ in done(result.map { blob }) }
        }
    }

    /// Links the blob again from its temporary file, after a deletion came in between.
    public func restore(_ blob: StoredBlob) async throws {
        try await onThread { (done: @escaping @Sendable (Result<Void, any Error>) -> Void) in
            self.link(try OpenFile.reading(blob.incomingPath), blob) { result, _ in done(result) }
        }
    }

    private typealias Completion = @Sendable (_ result: Result<Void, any Error>, _ mayBlock: Bool) -> Void

    /// Gives the file its blob's name, durably. Blocks at most for what a commit takes.
    private func link(_ file: OpenFile, _ blob: StoredBlob, completion: @escaping Completion) {
        committer.commit(file, .link(blob.sha256, for: .rendition)) {
            self.settle($0, $1, of: blob, completion: completion)
        }
    }

    /// Ends a commit, or begins the next one where the name was taken.
    private func settle(
        _ result: Result<CommitQueue.Outcome, FileError>, _ mayBlock: Bool, of blob: StoredBlob,
        completion: @escaping Completion
    ) {
        switch result {
        case .success(.durable): completion(.success(()), mayBlock)
        case .failure(let error): completion(.failure(error), mayBlock)
        case .success(.alreadyThere):
            submit({ completion(.failure($0), false) }) {
                let file = try OpenFile.reading(blob.incomingPath)
                // Nil: deleted in between, so that the name is free again.
                guard let existing = try self.examined(file, as: blob.sha256) else {
                    return self.link(file, blob, completion: completion)
                }
                self.committer.commit(existing, .linked(blob.sha256)) {
                    self.settle($0, $1, of: blob, completion: completion)
                }
            }
        }
    }

    /// The good file that has the blob's name already. Believes nothing: reads what is there. A damaged copy is replaced
    /// by the good one that just arrived.
    private func examined(_ file: OpenFile, as sha256: SHA256Hash) throws -> OpenFile? {
        let path = folder.blob(sha256)
        do throws(FileError) {
            let existing = try OpenFile.reading(path)
            if try Self.digest(of: existing).0 == sha256 { return existing }
            let spare = file.path + ".repair"
            try Files.remove(spare)
            guard try Files.link(file.path, to: spare) else { return nil }
            try Files.rename(spare, to: path)
            return file
        } catch  where error.isMissing {
            return nil
        }
    }

    /// Begins on a thread that may block, and waits until `done` is called or the body throws.
    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable (_ done: @escaping @Sendable (Result<Value, any Error>) -> Void) throws -> Void
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit({ continuation.resume(throwing: $0) }) { try body { continuation.resume(with: $0) } }
        }
    }

    /// Runs the body on a thread that may block; tells its error, and that of a pool that was shut down.
    private func submit(_ fail: @escaping @Sendable (any Error) -> Void, _ body: @escaping @Sendable () throws -> Void)
    {
        threads.submit { state in
            guard case .active = state else { return fail(CancellationError()) }
            do { try body() } catch { fail(error) }
        }
    }

    /// Forgets a file that is being received. Nothing of it stays.
    public func abort(_ incoming: inout IncomingFile) async {
        // The write that is under way may only just make the file; its error does not matter any more.
        _ = try? await incoming.endWrite()
        discard(incoming.path)
    }

    /// Removes a temporary file. The blob, if it became one, stays.
    /// Does not wait for it: nobody depends on the file being gone.
    public func discard(_ path: String) {
        discards.add(path, .relaxed)
    }

    /// Whether the blob's file is there. Blocks shortly: for the body of a database transaction.
    public func isPresent(_ sha256: SHA256Hash) -> Bool {
        Files.exists(folder.blob(sha256))
    }

    /// Deletes the blob's file. Blocks shortly: for the body of the transaction that made sure nobody refers to it.
    public func deleteFile(_ sha256: SHA256Hash) throws {
        try Files.remove(folder.blob(sha256))
        try Files.remove(quarantined(sha256))
    }

    /// Opens the blob to read it.
    public func open(_ sha256: SHA256Hash) async throws -> OpenFile {
        let path = folder.blob(sha256)
        return try await threads.runIfActive { try OpenFile.reading(path) }
    }

    /// Runs blocking work with the store's threads.
    public func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await threads.runIfActive(body)
    }

    /// Reads the whole file and hashes it.
    static func digest(of file: OpenFile) throws(FileError) -> (SHA256Hash, Int64) {
        var hash = SHA256()
        var offset: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try file.read(into: buffer, at: offset)
            if count == 0 { break }
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
        return (SHA256Hash(hash.finalize()), offset)
    }
}

/// A blob that is durable in the local store.
public struct StoredBlob: Sendable, Hashable {
    public let sha256: SHA256Hash
    /// Bytes.
    public let size: Int64
    /// The temporary file that still holds the same bytes.
    public let incomingPath: String
}

/// The bytes that arrived are not those that were announced.
public struct UnexpectedDigest: Error, Hashable, Sendable {
    /// The digest of what arrived.
    public let actual: SHA256Hash
}

/// The name space of temporary files.
private enum IncomingName {}
