public import Core
import Crypto
import Glibc

/// Uploads that come in pieces: each piece is on disk before it is acknowledged, and an upload goes on from its row's
/// offset after anything that may have happened.
extension LocalStore {
    /// Writes and syncs all that was received so far, and goes on with `next` without a turn on another thread.
    /// - Parameter next: must call its last argument once. It may block when its first argument is true.
    /// - Returns: the point that is on disk now, and what `next` gave.
    /// - Throws: ``FileError``; what was received since the last point may then be damaged, and must be sent again.
    public func persist<Value: Sendable>(
        _ incoming: inout IncomingFile, isNew: Bool,
        then next:
            @escaping @Sendable (
                _ mayBlock: Bool, _ done: @escaping @Sendable (Result<Value, any Error>) -> Void
            ) -> Void
    ) async throws -> (point: UploadPoint, value: Value) {
        let rest = try await incoming.rest()
        let (file, value): (OpenFile, Value) = try await withCheckedThrowingContinuation { continuation in
            committer.commit(rest, .append(isNew: isNew)) { result, mayBlock in
                switch result {
                case .success(.durable(let file)):
                    next(mayBlock) { continuation.resume(with: $0.map { (file, $0) }) }
                case .success(.alreadyThere):
                    // Nothing is linked, so nothing can be in the way.
                    continuation.resume(throwing: FileError("link", rest.path, number: EEXIST))
                case .failure(let error): continuation.resume(throwing: error)
                }
            }
        }
        return (incoming.written(to: file), value)
    }

    /// Forgets what came after the point, which was synced.
    /// - Returns: the point from which the upload goes on.
    public func abort(_ incoming: inout IncomingFile, backTo point: UploadPoint) async throws -> UploadPoint {
        _ = try? await incoming.endWrite()
        let path = incoming.path
        return try await blocking {
            guard let file = point.file else {
                _ = try Files.remove(path)
                return point
            }
            // It may have become a blob that somebody else has come to rely on.
            guard try file.nameCount() <= 1 else { return try Self.prefix(of: file, point.size, movedTo: path) }
            if try file.status().size > point.size {
                try file.truncate(to: point.size)
                try file.sync()
            }
            return point
        }
    }

    /// Waits until nobody writes to the file any more.
    public func settle(_ incoming: inout IncomingFile) async {
        // Whoever goes on looks at the file itself.
        _ = try? await incoming.endWrite()
    }

    /// What a restart finds of an upload.
    public enum Leftover: Sendable {
        case point(UploadPoint)
        /// All bytes had come, and the blob had its name already: the upload has this digest and size.
        case linked(UploadPoint)
        /// Bytes that were acknowledged are not there.
        case lost
    }

    /// Finds the point at which an upload stopped, of which `offset` bytes were acknowledged. What is there beyond was
    /// never acknowledged and is cut off. Reads all bytes to hash them.
    public func recover(_ upload: Upload.ID, acknowledged offset: Int64) async throws -> Leftover {
        let path = folder.incoming(upload)
        return try await blocking {
            let file: OpenFile
            do throws(FileError) {
                file = try OpenFile.appending(path)
            } catch  where error.isMissing {
                return offset == 0 ? .point(UploadPoint()) : .lost
            }
            let size = try file.status().size
            guard size >= offset else { return .lost }
            if try file.nameCount() > 1 {
                // The file is a blob, or was about to become one: it must never be written to again.
                if let point = try self.linkedPoint(file) { return .linked(point) }
                return .point(try Self.prefix(of: file, offset, movedTo: path))
            }
            if size > offset {
                try file.truncate(to: offset)
                try file.sync()
            }
            return .point(UploadPoint(size: offset, hash: try Self.hash(of: file, offset), file: file))
        }
    }

    /// The end of the file, when its content is that of the blob that it is.
    private func linkedPoint(_ file: OpenFile) throws -> UploadPoint? {
        let size = try file.status().size
        let hash = try Self.hash(of: file, size)
        guard let sha256 = SHA256Hash(bytes: hash.finalize()),
            let blob = try? OpenFile.reading(folder.blob(sha256)), blob.isSameFile(as: file)
        else { return nil }
        return UploadPoint(size: size, hash: hash, file: file)
    }

    /// Copies the first bytes into a file of their own, which takes the other's place.
    private static func prefix(
        of file: OpenFile, _ count: Int64, movedTo path: String
    ) throws(FileError) -> UploadPoint {
        let spare = path + ".copy"
        try Files.remove(spare)
        let copy = try OpenFile.creating(spare)
        var hash = SHA256()
        try read(file, count) { (bytes, offset) throws(FileError) in
            hash.update(bufferPointer: bytes)
            try copy.write(bytes, at: offset)
        }
        try copy.sync()
        try Files.rename(spare, to: path)
        try OpenFile.folder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])).sync()
        // Opened anew, because it knows itself by its name.
        return UploadPoint(size: count, hash: hash, file: try OpenFile.appending(path))
    }

    private static func hash(of file: OpenFile, _ count: Int64) throws(FileError) -> SHA256 {
        var hash = SHA256()
        try read(file, count) { (bytes, _) in hash.update(bufferPointer: bytes) }
        return hash
    }

    /// Hands over the first bytes of the file, piece by piece.
    static func read(
        _ file: OpenFile, _ count: Int64, _ body: (UnsafeRawBufferPointer, Int64) throws(FileError) -> Void
    ) throws(FileError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while offset < count {
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(count - offset, 1 << 20))])
            let length = try file.read(into: wanted, at: offset)
            guard length > 0 else { throw FileError("read", file.path, number: EIO) }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<length]), offset)
            offset += Int64(length)
        }
    }

    /// Keeps the bytes of an upload of which some are missing, for whoever wants to look into it; where they are then.
    public func setAside(_ upload: Upload.ID) async throws -> String? {
        let (path, kept) = (folder.incoming(upload), "\(folder.path(.backup))/upload-\(upload)")
        return try await blocking {
            do throws(FileError) {
                try Files.rename(path, to: kept)
                return kept
            } catch  where error.isMissing {
                return nil
            }
        }
    }

    /// Opens what is on disk of an upload, to read it.
    public func open(_ upload: Upload.ID) async throws -> OpenFile {
        let path = folder.incoming(upload)
        return try await blocking { try OpenFile.reading(path) }
    }
}
