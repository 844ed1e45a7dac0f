import Core
import Crypto
public import NIOCore
import NIOPosix

/// A file that is being received: bytes go through SHA-256 and to disk on the way, in constant memory. One piece is
/// written while the next is gathered. It may go on where an earlier one stopped.
///
/// Not shared: one task writes to it and finishes it. Blocking calls are made on threads that may block.
public struct IncomingFile: ~Copyable {
    public let path: String
    /// Bytes that came so far.
    public private(set) var size: Int64 = 0

    private let threads: NIOThreadPool
    private let writer: BlockWriter
    private let memory: GatherMemory
    private var hash = SHA256()
    private var gathered: [ByteBuffer] = []
    private var gatheredBytes = 0
    /// Made by the first write: a small file then needs one turn on a thread in all.
    private var file: OpenFile?
    /// The write that is under way.
    private var underWay: ThreadResult<OpenFile>?
    private var underWayBytes = 0
    /// However small the pieces are, each holds on to memory of the connection.
    private static let mostGathered = 64

    init(
        path: String, from start: UploadPoint? = nil, threads: NIOThreadPool, writer: BlockWriter,
        memory: GatherMemory
    ) {
        self.path = path
        size = start?.size ?? 0
        hash = start?.hash ?? SHA256()
        file = start?.file
        self.threads = threads
        self.writer = writer
        self.memory = memory
        memory.begin()
    }

    deinit {
        memory.give(back: gatheredBytes + underWayBytes)
        memory.end()
    }

    /// Takes the bytes; returns when they are gathered, or the write before has ended, which is what slows a fast sender
    /// down.
    public mutating func append(_ buffer: ByteBuffer) async throws {
        // Here, where they have just been read or copied, the bytes are still in the processor's cache.
        buffer.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        size += Int64(buffer.readableBytes)
        gatheredBytes += buffer.readableBytes
        memory.take(buffer.readableBytes)
        gathered.append(buffer)
        if gatheredBytes >= memory.worthWriting || gathered.count >= Self.mostGathered { try await writeOut() }
    }

    /// Whether no other file is being received.
    var isAlone: Bool { memory.isForOne }

    /// All bytes that came; nil when some are in the file already.
    var allInMemory: [ByteBuffer]? { file == nil && underWay == nil && size > 0 ? gathered : nil }

    /// The digest of all bytes that came.
    func digest() -> SHA256Hash {
        return SHA256Hash(hash.finalize())
    }

    /// What is left to do when all bytes have come: blocking work, which gives the complete file. It is not synced yet.
    mutating func rest() async throws -> FileWrite {
        try await endWrite()
        let position = size - Int64(gatheredBytes)
        return FileWrite(path: path, file: file, pieces: gathered, position: position, writer: writer)
    }

    /// The point that is reached when ``rest()`` was written to the file; from there the file may go on.
    mutating func written(to file: OpenFile) -> UploadPoint {
        memory.give(back: gatheredBytes)
        gathered = []
        gatheredBytes = 0
        self.file = file
        return UploadPoint(size: size, hash: hash, file: file)
    }

    /// Waits for the write that is under way, if there is one. Afterwards nobody touches the file.
    mutating func endWrite() async throws {
        guard let underWay else { return }
        self.underWay = nil
        let result = await underWay.value
        memory.give(back: underWayBytes)
        underWayBytes = 0
        file = try result.get()
    }

    private mutating func writeOut() async throws {
        let position = size - Int64(gatheredBytes)
        let kept = takeSurplus()
        let pieces = gathered
        let keptBytes = kept.reduce(0) { $0 + $1.readableBytes }
        guard gatheredBytes > keptBytes else { return }
        try await endWrite()
        underWayBytes = gatheredBytes - keptBytes
        gathered = kept
        gatheredBytes = keptBytes
        let write = FileWrite(path: path, file: file, pieces: pieces, position: position, writer: writer)
        underWay = ThreadResult(threads) { try write.perform() }
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

/// How far a file was received: everything that is needed to go on from there, or to go back to it.
public struct UploadPoint: Sendable {
    /// Bytes.
    public let size: Int64
    let hash: SHA256
    /// Open for writing; nil while nothing was written.
    let file: OpenFile?

    /// The beginning.
    public init() {
        self.init(size: 0, hash: SHA256(), file: nil)
    }

    init(size: Int64, hash: SHA256, file: OpenFile?) {
        self.size = size
        self.hash = hash
        self.file = file
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
