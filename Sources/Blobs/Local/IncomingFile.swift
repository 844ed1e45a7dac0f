import Core
import Crypto
public import NIOCore
import NIOPosix
import Glibc

/// A file that is being received: bytes go to disk and through SHA-256 on the way, in constant memory.
///
/// Not shared: one task writes to it and finishes it. Blocking calls go to the thread pool.
public struct IncomingFile: ~Copyable {
    public let path: String
    /// Bytes written so far.
    public private(set) var size: Int64 = 0

    /// Made by the first write: a small file then needs one turn on a thread in all.
    private var file: OpenFile?
    private let threads: NIOThreadPool
    private var hash = SHA256()
    private var gathered: [ByteBuffer] = []
    private var gatheredBytes = 0
    private var writtenOut: Int64 = 0
    /// Bytes after which the disk is told to begin.
    private static let worthWritingOut: Int64 = 1 << 20
    /// Small pieces are gathered up to this many bytes, so that a thread is woken for a worthwhile write.
    private static let worthWriting = 256 * 1024
    /// However small the pieces are, each holds on to memory of the connection.
    private static let mostGathered = 64

    init(path: String, threads: NIOThreadPool) {
        self.path = path
        self.threads = threads
    }

    /// Takes the bytes; returns when they are gathered or written, which is what slows a fast sender down.
    public mutating func append(_ buffer: ByteBuffer) async throws {
        size += Int64(buffer.readableBytes)
        gatheredBytes += buffer.readableBytes
        gathered.append(buffer)
        if gatheredBytes >= Self.worthWriting || gathered.count >= Self.mostGathered { try await writeOut() }
    }

    /// Writes what is left and gives the digest of all bytes. The file is not synced yet: ``LocalStore`` does that.
    mutating func finish() async throws -> (file: OpenFile, sha256: SHA256Hash) {
        let file = try await writeOut()
        guard let digest = SHA256Hash(bytes: hash.finalize()) else { preconditionFailure("SHA-256 has 32 bytes") }
        return (file, digest)
    }

    @discardableResult
    private mutating func writeOut() async throws -> OpenFile {
        if let file, gatheredBytes == 0 { return file }
        let buffers = gathered
        gathered.removeAll(keepingCapacity: true)
        gatheredBytes = 0
        // What is complete goes to the disk while the rest arrives, so that the sync at the end has little left to do.
        let startsWriteOut = size - writtenOut >= Self.worthWritingOut
        if startsWriteOut { writtenOut = size }
        let (hash, file) = try await threads.runIfActive { [hash, file, path] in
            let file = try file ?? OpenFile.creating(path)
            var hash = hash
            for buffer in buffers {
                try buffer.withUnsafeReadableBytes { bytes in
                    hash.update(bufferPointer: bytes)
                    try file.write(bytes)
                }
            }
            if startsWriteOut { file.startWriteOut() }
            return (hash, file)
        }
        self.hash = hash
        self.file = file
        return file
    }
}
