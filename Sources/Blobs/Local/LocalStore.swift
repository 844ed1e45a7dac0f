public import Core
import Crypto
import Foundation
import NIOCore
public import NIOPosix
import Synchronization

/// Blobs in the data folder: received under a temporary name, synced, then linked to the name of their content.
public final class LocalStore: Sendable {
    /// The store's name in the table of replicas.
    public static let name = "local"

    public let folder: DataFolder
    private let threads: NIOThreadPool
    private let committer: CommitQueue

    /// - Parameter threads: where blocking calls run; started and stopped by the caller.
    public init(folder: DataFolder, threads: NIOThreadPool) {
        self.folder = folder
        self.threads = threads
        committer = CommitQueue(folder: folder)
    }

    /// Begins to receive a file.
    public func receive() -> IncomingFile {
        let name = Identifier<IncomingName>().description
        return IncomingFile(path: "\(folder.path(.incoming))/\(name)", threads: threads)
    }

    /// Ends the receiving and makes the blob durable: data, length, name and every folder above are on disk when this
    /// returns. The temporary name stays until ``discard(_:)``, so that a blob which is deleted in the same moment can
    /// be put back by ``restore(_:)``.
    /// - Throws: ``UnexpectedDigest`` when the bytes have another digest than the expected one; nothing is stored then.
    public func commit(
        _ incoming: inout IncomingFile, expecting expected: SHA256Hash? = nil
    ) async throws -> StoredBlob {
        let (file, sha256) = try await incoming.finish()
        if let expected, expected != sha256 { throw UnexpectedDigest(actual: sha256) }
        try await commit(file, as: sha256)
        return StoredBlob(sha256: sha256, size: incoming.size, incomingPath: incoming.path)
    }

    /// Makes a blob of a file that another process wrote below this folder (the media worker's output), durably.
    public func adopt(_ path: String) async throws -> StoredBlob {
        let (file, sha256, size) = try await threads.runIfActive {
            let file = try OpenFile.reading(path)
            let (sha256, size) = try Self.digest(of: file)
            return (file, sha256, size)
        }
        try await commit(file, as: sha256)
        return StoredBlob(sha256: sha256, size: size, incomingPath: path)
    }

    /// Links the blob again from its temporary file, after a deletion came in between.
    public func restore(_ blob: StoredBlob) async throws {
        let path = blob.incomingPath
        let file = try await threads.runIfActive { try OpenFile.reading(path) }
        try await commit(file, as: blob.sha256)
    }

    private func commit(_ file: OpenFile, as sha256: SHA256Hash) async throws {
        while try await committer.link(file, as: sha256) == .alreadyThere {
            // Believe nothing: read what is there. A damaged copy is replaced by the good one that just arrived.
            let path = folder.blob(sha256)
            let existing: OpenFile? = try await threads.runIfActive {
                do {
                    let existing = try OpenFile.reading(path)
                    if try Self.digest(of: existing).0 == sha256 { return existing }
                    let spare = file.path + ".repair"
                    try Files.remove(spare)
                    guard try Files.link(file.path, to: spare) else { return nil }
                    try Files.rename(spare, to: path)
                    return file
                } catch let error as FileError where error.isMissing {
                    // Deleted in between: link anew.
                    return nil
                }
            }
            guard let existing else { continue }
            return try await committer.sync(existing, as: sha256)
        }
    }

    /// Removes a temporary file. The blob, if it became one, stays.
    /// Does not wait for it: nobody depends on the file being gone.
    public func discard(_ path: String) {
        // A leftover wastes space until the next start clears it; there is nothing better to do about a failure.
        threads.submit { _ in _ = try? Files.remove(path) }
    }

    /// Whether the blob's file is there. Blocks shortly: for the body of a database transaction.
    public func isPresent(_ sha256: SHA256Hash) -> Bool {
        Files.exists(folder.blob(sha256))
    }

    /// Deletes the blob's file. Blocks shortly: for the body of the transaction that made sure nobody refers to it.
    public func deleteFile(_ sha256: SHA256Hash) throws {
        try Files.remove(folder.blob(sha256))
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
    static func digest(of file: OpenFile) throws -> (SHA256Hash, Int64) {
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
        guard let digest = SHA256Hash(bytes: hash.finalize()) else { preconditionFailure("SHA-256 has 32 bytes") }
        return (digest, offset)
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
