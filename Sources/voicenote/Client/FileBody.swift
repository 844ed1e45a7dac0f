import Blobs
import Crypto
import Foundation
import NIOCore
import NIOPosix

/// The bytes of a file, piece by piece, read on threads that may block.
struct FileBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let file: OpenFile
    let size: Int64
    let start: Int64
    let onRead: @Sendable (Int) -> Void

    init(_ path: String, onRead: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
        let (file, size) = try await NIOThreadPool.singleton.runIfActive {
            let file = try OpenFile.reading(path)
            return (file, try file.status().size)
        }
        self.file = file
        self.size = size
        start = 0
        self.onRead = onRead
    }

    /// The same bytes again, from the offset to the size that the file had.
    func reading(from start: Int64 = 0, _ onRead: @escaping @Sendable (Int) -> Void) -> FileBody {
        FileBody(file: file, size: size, start: start, onRead: onRead)
    }

    /// The bytes of the range, of a file that may be growing.
    func reading(_ range: Range<Int64>) -> FileBody {
        FileBody(file: file, size: range.upperBound, start: range.lowerBound, onRead: onRead)
    }

    private init(file: OpenFile, size: Int64, start: Int64, onRead: @escaping @Sendable (Int) -> Void) {
        self.file = file
        self.size = size
        self.start = start
        self.onRead = onRead
    }

    func makeAsyncIterator() -> Iterator { Iterator(body: self, offset: start) }

    struct Iterator: AsyncIteratorProtocol {
        let body: FileBody
        var offset: Int64

        mutating func next() async throws -> ByteBuffer? {
            let (file, start) = (body.file, offset)
            // A file that grows meanwhile must not be longer than was announced.
            let count = Int(Swift.min(256 * 1024, body.size - offset))
            guard count > 0 else { return nil }
            let buffer = try await NIOThreadPool.singleton.runIfActive {
                var buffer = ByteBuffer()
                try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
                    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]), at: start)
                }
                return buffer
            }
            guard buffer.readableBytes > 0 else { return nil }
            offset += Int64(buffer.readableBytes)
            body.onRead(buffer.readableBytes)
            return buffer
        }
    }
}
