import Glibc
import NIOCore
import Synchronization

/// Writes pieces of memory to files, past the page cache where it is worth it.
///
/// What goes through the page cache is copied into memory that must be found, zeroed and later given back, and then
/// waited for by the sync; for megabytes that costs many times what the disk needs. Whole blocks go to the disk directly
/// instead (`O_DIRECT`), by way of one aligned buffer for each thread that writes. Short pieces and the ends of files,
/// which direct writes cannot do, and file systems that have none, use the page cache.
final class BlockWriter: Sendable {
    /// What offsets and lengths of direct writes are multiples of.
    static let block = 4096
    /// Fewer bytes at a time are not worth it.
    private static let worthWhile = 64 * 1024
    private static let bufferBytes = 256 * 1024

    /// An aligned buffer, owned by whoever took it out of ``spare``.
    // Unchecked: the memory belongs to one thread at a time, because it is either in the array or taken out of it.
    private struct Buffer: @unchecked Sendable {
        let memory: UnsafeMutableRawBufferPointer
    }

    private let spare = Mutex<[Buffer]>([])

    deinit {
        for buffer in spare.withLock({ $0 }) { buffer.memory.deallocate() }
    }

    /// Writes the pieces one after the other into the file, from `position` on.
    func write(_ pieces: [ByteBuffer], to file: OpenFile, at position: Int64) throws(FileError) {
        var source = Source(pieces: pieces[...], position: position)
        let total = pieces.reduce(0) { $0 + $1.readableBytes }
        let head = Int(-position & Int64(Self.block - 1))
        let whole = (total - head) / Self.block * Self.block
        guard whole >= Self.worthWhile else { return try writeThroughCache(&source, total, to: file) }
        try writeThroughCache(&source, head, to: file)
        try writeDirectly(&source, whole, to: file)
        try writeThroughCache(&source, total - head - whole, to: file)
    }

    /// What is left to write, and where.
    private struct Source {
        var pieces: ArraySlice<ByteBuffer>
        var position: Int64

        /// Hands over up to `count` bytes of the first piece that has any.
        mutating func take(
            _ count: Int, _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
        ) throws(FileError) -> Int {
            while pieces[pieces.startIndex].readableBytes == 0 { pieces.removeFirst() }
            let length = min(count, pieces[pieces.startIndex].readableBytes)
            let result: Result<Void, FileError> = pieces[pieces.startIndex].readWithUnsafeReadableBytes { bytes in
                (
                    length,
                    Result { () throws(FileError) in try body(UnsafeRawBufferPointer(rebasing: bytes[..<length])) }
                )
            }
            try result.get()
            position += Int64(length)
            return length
        }
    }

    private func writeThroughCache(_ source: inout Source, _ count: Int, to file: OpenFile) throws(FileError) {
        var left = count
        while left > 0 {
            let position = source.position
            left -= try source.take(left) { (bytes) throws(FileError) in try file.write(bytes, at: position) }
        }
    }

    private func writeDirectly(_ source: inout Source, _ count: Int, to file: OpenFile) throws(FileError) {
        let buffer = takeBuffer()
        defer { spare.withLock { $0.append(buffer) } }
        // Where the file system has no direct writes, this changes nothing, and the cache is used.
        file.setDirect(true)
        defer { file.setDirect(false) }
        var left = count
        while left > 0 {
            let position = source.position
            let length = min(left, buffer.memory.count)
            var filled = 0
            while filled < length {
                filled += try source.take(length - filled) { (bytes) throws(FileError) in
                    UnsafeMutableRawBufferPointer(rebasing: buffer.memory[filled...]).copyMemory(from: bytes)
                }
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer.memory[..<length])
            do throws(FileError) {
                try file.write(bytes, at: position)
            } catch  where error.number == EINVAL || error.number == EOPNOTSUPP {
                // Some allow the mode and then want larger blocks.
                file.setDirect(false)
                try file.write(bytes, at: position)
            }
            left -= length
        }
    }

    private func takeBuffer() -> Buffer {
        spare.withLock { $0.popLast() }
            ?? Buffer(memory: .allocate(byteCount: Self.bufferBytes, alignment: Self.block))
    }
}
