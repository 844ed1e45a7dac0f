import Blobs
public import Core
import Logging
public import NIOCore
import Persistence

extension Uploads {
    /// What a client says about the bytes that it sends.
    public struct Piece: Sendable {
        /// Where they begin.
        public var offset: Int64
        /// Whether the recording ends with them; nil where only the length tells.
        public var isLast: Bool?
        /// Bytes of the whole recording, where the client says so now.
        public var length: Int64?
        /// Bytes of this request, where the client says so.
        public var contentLength: Int64?
        public var digests = PieceDigests()

        public init(offset: Int64) {
            self.offset = offset
        }
    }

    /// So many bytes of one request are put on disk at a time, so that a power cut in a long one costs no more.
    private static let syncEvery: Int64 = 32 << 20

    /// Appends the bytes. When this returns, they are on disk; so is the note when they were the last.
    ///
    /// A body that breaks off leaves what arrived, unless a digest was announced for it.
    /// - Parameter stop: ends the body; called when a newer request for the upload comes.
    /// - Throws: ``UploadRefusal``; ``VoiceNoteError`` with `tooLarge`, `storageFull`, `badRequest` for a broken body, or
    ///   what completion throws.
    public func append<Body: AsyncSequence & Sendable>(
        _ piece: Piece, to id: Upload.ID, of account: Account.ID, body: () -> Body, stop: @escaping @Sendable () -> Void
    ) async throws -> Upload where Body.Element == ByteBuffer {
        try await locks.withLock(id, stop: stop) {
            let (upload, point) = try await prepare(try await find(id, of: account))
            guard let point else { return try repeated(upload, piece) }
            let transfer: Transfer
            do {
                transfer = try check(upload, piece)
            } catch {
                points.put(point, for: id)
                throw error
            }
            return try await receive(transfer, from: point, body())
        }
    }

    /// A checked piece and the upload that it belongs to.
    private struct Transfer {
        var upload: Upload
        let piece: Piece
        /// The last byte that may come.
        let end: Int64
        let isLast: Bool?
    }

    /// The answer to a request on a complete upload: the same as before when nothing new was sent.
    private func repeated(_ upload: Upload, _ piece: Piece) throws -> Upload {
        guard upload.kind != .final else { throw UploadRefusal.isFinal(upload) }
        guard piece.isLast != false, piece.offset == upload.offset, (piece.contentLength ?? 0) == 0 else {
            throw UploadRefusal.complete(upload)
        }
        return upload
    }

    private func check(_ upload: Upload, _ piece: Piece) throws -> Transfer {
        var upload = upload
        guard upload.kind != .final else { throw UploadRefusal.isFinal(upload) }
        guard piece.offset == upload.offset else { throw UploadRefusal.offset(upload, provided: piece.offset) }
        if let length = piece.length {
            guard upload.length == nil || upload.length == length, length >= upload.offset else {
                throw UploadRefusal.inconsistentLength(upload)
            }
            upload.length = length
        }
        if let count = piece.contentLength {
            let (end, isOverflow) = piece.offset.addingReportingOverflow(count)
            if isOverflow { throw UploadRefusal.tooLarge(most: largestFile) }
            if let length = upload.length, end > length || (piece.isLast == true && end != length) {
                throw UploadRefusal.inconsistentLength(upload)
            }
            if end > largestFile { throw UploadRefusal.tooLarge(most: largestFile) }
        }
        if let length = upload.length, length > largestFile { throw UploadRefusal.tooLarge(most: largestFile) }
        try space.require(piece.contentLength ?? 0)
        return Transfer(upload: upload, piece: piece, end: upload.length ?? largestFile, isLast: piece.isLast)
    }

    private func receive<Body: AsyncSequence & Sendable>(
        _ transfer: Transfer, from start: UploadPoint, _ body: Body
    ) async throws -> Upload where Body.Element == ByteBuffer {
        var upload = transfer.upload
        var point = start
        var digests = transfer.piece.digests
        var incoming = store.receive(upload.id, from: point)
        do {
            var isBroken = false
            do {
                for try await buffer in body {
                    guard incoming.size + Int64(buffer.readableBytes) <= transfer.end else {
                        throw upload.length == nil
                            ? UploadRefusal.tooLarge(most: largestFile) : UploadRefusal.inconsistentLength(upload)
                    }
                    digests.update(buffer)
                    try await ingest.append(buffer, to: &incoming)
                    if digests.isEmpty, incoming.size - point.size >= Self.syncEvery {
                        try await growQuota(upload, to: incoming.size)
                        point = try await persist(&incoming, &upload, isNew: point.size == 0)
                    }
                }
                if let count = transfer.piece.contentLength { isBroken = incoming.size != start.size + count }
            } catch let error where Self.isBreak(error) {
                isBroken = true
            }
            if isBroken {
                // What came is the client's, but a digest speaks of all or nothing.
                if digests.isEmpty, incoming.size > point.size {
                    point = try await persist(&incoming, &upload, isNew: point.size == 0)
                }
                throw BrokenBody()
            }
            guard digests.hold else { throw UploadRefusal.digest(transfer.upload) }
            let isComplete = transfer.isLast ?? (upload.kind == .whole && incoming.size == upload.length)
            if isComplete {
                if let length = upload.length, incoming.size != length {
                    throw UploadRefusal.inconsistentLength(upload)
                }
                return try await finish(upload, &incoming)
            }
            point = try await persist(&incoming, &upload, isNew: point.size == 0)
            points.put(point, for: upload.id)
            return upload
        } catch {
            await goBack(&incoming, to: point, upload)
            throw Ingest.translated(error)
        }
    }

    /// Puts what came on disk, file first, then row.
    private func persist(
        _ incoming: inout IncomingFile, _ upload: inout Upload, isNew: Bool
    ) async throws -> UploadPoint {
        var next = upload
        next.offset = incoming.size
        next.updatedAt = .now()
        let (point, isOpen) = try await store.persist(&incoming, isNew: isNew) { [database, next] mayBlock, done in
            database.submit(mayBlock ? .onThisThread : .prompt) { connection in
                try connection.uploads.advance(next.id, to: next.offset, length: next.length, at: next.updatedAt)
            } completion: {
                done($0)
            }
        }
        guard isOpen else { throw UploadRefusal.gone }
        FailurePoint.appendRecorded.pass()
        upload = next
        return point
    }

    /// Leaves the file as it was at the point; if that fails, the next request finds the point by the row.
    private func goBack(_ incoming: inout IncomingFile, to point: UploadPoint, _ upload: Upload) async {
        do {
            points.put(try await store.abort(&incoming, backTo: point), for: upload.id)
        } catch {
            logger.warning(
                "an upload was not set back", metadata: ["upload": "\(upload.id)", "error": "\(error)"])
        }
    }

    /// An upload of unknown length takes its share of the limits as it grows.
    private func growQuota(_ upload: Upload, to size: Int64) async throws {
        try space.require(0)
        guard upload.length == nil else { return }
        let (own, all) = try await database.read { connection in
            (
                try connection.uploads.openTotals(of: upload.account).bytes,
                try connection.uploads.openTotals().bytes
            )
        }
        try Self.requireQuota(settings, own, all, size - upload.offset)
    }

    /// Whether the client, or the way to it, ended the body: not an error of the server or of the bytes.
    private static func isBreak(_ error: any Error) -> Bool {
        !(error is UploadRefusal || error is VoiceNoteError || error is FileError)
    }
}

/// The client, or the way to it, ended the body before all of it came. What came is kept.
public struct BrokenBody: Error, Sendable {}
