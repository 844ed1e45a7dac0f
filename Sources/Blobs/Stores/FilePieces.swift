public import Core
import Crypto
import Glibc
public import NIOCore
public import NIOPosix
import Synchronization

/// A range of a file as a sequence of pieces, read by threads that may block, one ahead of the reader at most.
public struct FilePieces: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer

    private let file: OpenFile
    private let range: Range<Int64>
    private let threads: NIOThreadPool
    private let digests: PieceDigest?
    static let pieceBytes = 256 << 10

    public init(_ file: OpenFile, _ range: Range<Int64>, threads: NIOThreadPool) {
        self.init(file, range, threads: threads, digests: nil)
    }

    init(_ file: OpenFile, _ range: Range<Int64>, threads: NIOThreadPool, digests: PieceDigest?) {
        self.file = file
        self.range = range
        self.threads = threads
        self.digests = digests
    }

    /// The same, which tells `digest` of every piece that is read.
    func hashed(by digest: PieceDigest) -> FilePieces {
        FilePieces(file, range, threads: threads, digests: digest)
    }

    public func makeAsyncIterator() -> Iterator {
        // A sequence that is read from the beginning again is hashed from the beginning.
        digests?.reset()
        return Iterator(
            file: file, position: range.lowerBound, end: range.upperBound, threads: threads, digest: digests)
    }

    public struct Iterator: AsyncIteratorProtocol {
        let file: OpenFile
        var position: Int64
        let end: Int64
        let threads: NIOThreadPool
        let digest: PieceDigest?

        public mutating func next() async throws -> ByteBuffer? {
            guard position < end else { return nil }
            let (file, position, digest) = (file, position, digest)
            let count = Int(Swift.min(Int64(FilePieces.pieceBytes), end - position))
            let piece = try await threads.runIfActive {
                var piece = ByteBuffer()
                try piece.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
                    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]), at: position)
                }
                digest?.update(piece)
                return piece
            }
            // The length was promised.
            guard piece.readableBytes > 0 else { throw FileError("read", file.path, number: EIO) }
            self.position += Int64(piece.readableBytes)
            return piece
        }
    }
}

/// The digests of what was read, for comparison with what a store says of it.
final class PieceDigest: Sendable {
    private struct State {
        var md5 = Insecure.MD5()
        var count: Int64 = 0
    }

    private let state = Mutex(State())

    func reset() {
        state.withLock { $0 = State() }
    }

    func update(_ piece: ByteBuffer) {
        state.withLock { state in
            piece.withUnsafeReadableBytes { state.md5.update(bufferPointer: $0) }
            state.count += Int64(piece.readableBytes)
        }
    }

    /// The MD5 of what was read so far.
    var md5: [UInt8] { state.withLock { Array($0.md5.finalize()) } }
    /// Bytes that were read so far.
    var count: Int64 { state.withLock { $0.count } }
}

/// A blob in the local store.
public struct LocalBlobSource: BlobSource {
    private let file: OpenFile
    private let threads: NIOThreadPool

    public init(_ file: OpenFile, threads: NIOThreadPool) {
        self.file = file
        self.threads = threads
    }

    public func bytes(_ range: Range<Int64>) -> FilePieces { FilePieces(file, range, threads: threads) }
}

extension OpenFile {
    /// Writes what can be read from the buffer, from the offset on.
    public func write(_ buffer: ByteBuffer, at offset: Int64) throws(FileError) {
        let result = buffer.withUnsafeReadableBytes { bytes in
            Result { () throws(FileError) in try write(bytes, at: offset) }
        }
        try result.get()
    }
}

extension LocalStore {
    /// The blob's bytes, for another store.
    public func source(_ sha256: SHA256Hash) async throws -> LocalBlobSource {
        LocalBlobSource(try await open(sha256), threads: threads)
    }

    /// The range of a file in pieces.
    public func pieces(of file: OpenFile, _ range: Range<Int64>) -> FilePieces {
        FilePieces(file, range, threads: threads)
    }
}
