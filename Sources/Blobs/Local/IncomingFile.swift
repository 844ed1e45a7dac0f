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
    private let writer: BlockWriter
    private var hash = SHA256()
    private var gathered: [ByteBuffer] = []
    private var gatheredBytes = 0
    /// Small pieces are gathered up to this many bytes, so that a thread is woken for a worthwhile write.
    private static let worthWriting = 256 * 1024
    /// However small the pieces are, each holds on to memory of the connection.
    private static let mostGathered = 64

    init(path: String, threads: NIOThreadPool, writer: BlockWriter) {
        self.path = path
        self.threads = threads
        self.writer = writer
    }

    /// Takes the bytes; returns when they are gathered or written, which is what slows a fast sender down.
    public mutating func append(_ buffer: ByteBuffer) async throws {
        // Here, where they have just been read or copied, the bytes are still in the processor's cache.
        buffer.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        size += Int64(buffer.readableBytes)
        gatheredBytes += buffer.readableBytes
        gathered.append(buffer)
        if gatheredBytes >= Self.worthWriting || gathered.count >= Self.mostGathered { try await writeOut() }
    }

    /// The digest of all bytes that came.
    func digest() -> SHA256Hash {
        guard let digest = SHA256Hash(bytes: hash.finalize()) else { preconditionFailure("SHA-256 has 32 bytes") }
        return digest
    }

    /// What is left to do when all bytes have come: blocking work, which gives the complete file. It is not synced yet.
    func rest() -> FileWrite {
        FileWrite(path: path, file: file, pieces: gathered, position: written, writer: writer)
    }

    /// Bytes that are in the file.
    private var written: Int64 { size - Int64(gatheredBytes) }

    private mutating func writeOut() async throws {
        let position = written
        let kept = takeSurplus()
        let write = FileWrite(path: path, file: file, pieces: gathered, position: position, writer: writer)
        gathered = kept
        gatheredBytes = kept.reduce(0) { $0 + $1.readableBytes }
        file = try await threads.runIfActive { try write.perform() }
    }

    /// Takes away what is beyond the last whole block, so that writes begin and end where direct ones can.
    private mutating func takeSurplus() -> [ByteBuffer] {
        var surplus = Int(size % Int64(BlockWriter.block))
        guard surplus < gatheredBytes else { return [] }
        var kept: [ByteBuffer] = []
        while surplus > 0, var last = gathered.popLast() {
            let length = min(surplus, last.readableBytes)
            if let rest = last.readSlice(length: last.readableBytes - length), rest.readableBytes > 0 {
                gathered.append(rest)
            }
            kept.insert(last, at: 0)
            surplus -= length
        }
        return kept
    }
}

/// One turn on a thread: pieces that go into a file, which is made if there is none yet.
struct FileWrite: Sendable {
    let path: String
    let file: OpenFile?
    let pieces: [ByteBuffer]
    let position: Int64
    let writer: BlockWriter

    func perform() throws(FileError) -> OpenFile {
        let file = if let file { file } else { try OpenFile.creating(path) }
        try writer.write(pieces, to: file, at: position)
        return file
    }
}
