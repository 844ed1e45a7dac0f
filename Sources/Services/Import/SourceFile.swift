import Blobs
import Core
import Crypto
import Glibc
import NIOCore

/// A file of a source, open to be read. All calls block.
struct SourceFile: Sendable {
    private let file: OpenFile
    /// Bytes when it was opened.
    let size: Int64
    /// When it was last changed.
    let modified: Timestamp
    private static let piece = 256 * 1024

    /// Opens a regular file. Symbolic links are not followed.
    init(_ path: String) throws(SourceFileError) {
        guard !path.utf8.contains(0) else { throw SourceFileError("Its name holds a NUL.") }
        do throws(FileError) {
            file = try OpenFile.reading(path)
        } catch {
            throw SourceFileError(error)
        }
        var status = stat()
        guard fstat(file.descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SourceFileError("It is no ordinary file.")
        }
        size = Int64(status.st_size)
        modified = Timestamp(
            milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
    }

    /// Up to 256 KiB from the offset on; empty at the end.
    func piece(at offset: Int64) throws(SourceFileError) -> ByteBuffer {
        var buffer = ByteBuffer()
        let result: Result<Int, FileError> = buffer.writeAll(Self.piece) { memory in
            Result { () throws(FileError) in try file.read(into: memory, at: offset) }
        }
        if case .failure(let error) = result { throw SourceFileError(error) }
        return buffer
    }

    /// The SHA-256 of the whole file, and how many bytes that were.
    func digest() throws(SourceFileError) -> (sha256: SHA256Hash, size: Int64) {
        var hash = SHA256()
        var offset: Int64 = 0
        while case let piece = try piece(at: offset), piece.readableBytes > 0 {
            hash.update(piece)
            offset += Int64(piece.readableBytes)
        }
        return (SHA256Hash(hash.finalize()), offset)
    }

    /// Whether the file is there and holds exactly that.
    static func holds(_ sha256: SHA256Hash, at path: String) -> Bool {
        guard let file = try? SourceFile(path) else { return false }
        return (try? file.digest())?.sha256 == sha256
    }
}

/// A file of a source that cannot be read: it is left out, and the others go on.
struct SourceFileError: Error, Hashable {
    /// A sentence.
    let reason: String

    init(_ reason: String) { self.reason = reason }

    init(_ error: FileError) {
        reason =
            if error.isMissing {
                "Its file is missing."
            } else if error.number == ELOOP {
                "It is a link, and links are not followed."
            } else {
                "It cannot be read: \(String(cString: strerror(error.number)))."
            }
    }
}

extension ByteBuffer {
    /// Writes what the body puts into memory of that size; it says how much that was.
    fileprivate mutating func writeAll(
        _ count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Result<Int, FileError>
    ) -> Result<Int, FileError> {
        var result = Result<Int, FileError>.success(0)
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
            result = body(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
            return (try? result.get()) ?? 0
        }
        return result
    }
}
