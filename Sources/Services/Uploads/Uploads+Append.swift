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
    /// What comes slowly is put on disk at least so often, as for a recording that streams as one long request.
    private static let syncAfter = Duration.seconds(1)

    /// Appends the bytes. When this returns, they are on disk; so is the note when they were the last.
    ///
    /// A body that breaks off leaves what arrived, unless a digest was announced for it.
    /// - Parameter stop: ends the body; called when a newer request for the upload comes.
    /// - Throws: ``UploadRefusal``; ``VoiceNoteError`` with `tooLarge`, `storageFull`, `badRequest` for a broken body, or
    ///   what completion throws.
    public func append<Body: AsyncSequence & Sendable>(
        _ piece: Piece, to id: Upload.ID, of account: Account.ID, body: () -> Body, stop: @escaping @Sendable () -> Void
    ) async throws -> Upload where Body.Element == ByteBuffer {
        // Before anybody's transfer is ended.
        _ = try await find(id, of: account)
        try await tally.load()
        return try await locks.withLock(id, stop: stop) {
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
    }

    /// The answer to a request on a complete upload: the same as before when nothing new was sent.
    private func repeated(_ upload: Upload, _ piece: Piece) throws -> Upload {
        guard upload.kind != .final else { throw UploadRefusal.isFinal(upload) }
        guard piece.isLast != false, piece.offset == upload.offset, piece.contentLength == 0 else {
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
        var share = upload.share
        if let count = piece.contentLength {
            let (end, isOverflow) = piece.offset.addingReportingOverflow(count)
            if isOverflow { throw UploadRefusal.tooLarge(most: largestFile) }
            if let length = upload.length, end > length || (piece.isLast == true && end != length) {
                throw UploadRefusal.inconsistentLength(upload)
            }
            if end > largestFile { throw UploadRefusal.tooLarge(most: largestFile) }
            share = max(share, end)
        }
        if let length = upload.length, length > largestFile { throw UploadRefusal.tooLarge(most: largestFile) }
        try space.require(piece.contentLength ?? 0)
        try tally.set(upload, to: share)
        return Transfer(upload: upload, piece: piece, end: upload.length ?? largestFile)
    }

    private func receive<Body: AsyncSequence & Sendable>(
        _ transfer: Transfer, from start: UploadPoint, _ body: Body
    ) async throws -> Upload where Body.Element == ByteBuffer {
        var upload = transfer.upload
        var point = start
        var digests = transfer.piece.digests
        var incoming = store.receive(upload.id, from: point)
        // Where a commit failed, nobody knows whether it happened: only the row does, when it is read again.
        var isCertain = true
        do {
            let isWhole = try await take(body, transfer, &upload, &digests, &incoming, &point, &isCertain)
            guard isWhole else {
                // What came is the client's, but a digest speaks of all or nothing.
                if digests.isEmpty, incoming.size > point.size {
                    isCertain = false
                    point = try await persist(&incoming, &upload, isNew: point.size == 0)
                    isCertain = true
                }
                throw BrokenBody()
            }
            guard digests.hold else { throw UploadRefusal.digest(transfer.upload) }
            if upload.kind == .whole, transfer.piece.isLast ?? (incoming.size == upload.length) {
                if let length = upload.length, incoming.size != length {
                    throw UploadRefusal.inconsistentLength(upload)
                }
                isCertain = false
                return try await finish(upload, &incoming)
            }
            isCertain = false
            point = try await persist(&incoming, &upload, isNew: point.size == 0)
            points.put(point, for: upload.id)
            return upload
        } catch {
            await goBack(&incoming, to: isCertain ? point : nil, upload)
            throw Ingest.translated(error)
        }
    }

    /// Takes the bytes as they come, and puts them on disk now and then. False when the body broke off.
    private func take<Body: AsyncSequence>(
        _ body: Body, _ transfer: Transfer, _ upload: inout Upload, _ digests: inout PieceDigests,
        _ incoming: inout IncomingFile, _ point: inout UploadPoint, _ isCertain: inout Bool
    ) async throws -> Bool where Body.Element == ByteBuffer {
        let start = incoming.size
        var syncedAt = ContinuousClock.now
        var iterator = body.makeAsyncIterator()
        while true {
            let next: ByteBuffer?
            do {
                next = try await iterator.next()
            } catch {
                return false
            }
            guard let buffer = next else { break }
            guard incoming.size + Int64(buffer.readableBytes) <= transfer.end else {
                throw upload.length == nil
                    ? UploadRefusal.tooLarge(most: largestFile) : UploadRefusal.inconsistentLength(upload)
            }
            digests.update(buffer)
            try await ingest.append(buffer, to: &incoming)
            let fresh = incoming.size - point.size
            guard digests.isEmpty, fresh >= Self.syncEvery || (fresh > 0 && .now - syncedAt >= Self.syncAfter) else {
                continue
            }
            try space.require(0)
            isCertain = false
            point = try await persist(&incoming, &upload, isNew: point.size == 0)
            isCertain = true
            syncedAt = .now
        }
        return transfer.piece.contentLength.map { incoming.size == start + $0 } ?? true
    }

    /// Puts what came on disk, file first, then row.
    private func persist(
        _ incoming: inout IncomingFile, _ upload: inout Upload, isNew: Bool
    ) async throws -> UploadPoint {
        var next = upload
        next.offset = incoming.size
        next.updatedAt = .now()
        try tally.set(next, to: next.share)
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

    /// Leaves the file as it was at the point; without one, or if that fails, the next request finds the point by the row.
    private func goBack(_ incoming: inout IncomingFile, to point: UploadPoint?, _ upload: Upload) async {
        do {
            if let point {
                points.put(try await store.abort(&incoming, backTo: point), for: upload.id)
                try tally.set(upload, to: upload.share)
            } else {
                await store.settle(&incoming)
            }
        } catch {
            logger.warning(
                "an upload was not set back", metadata: ["upload": "\(upload.id)", "error": "\(error)"])
        }
    }
}

/// The client, or the way to it, ended the body before all of it came. What came is kept.
public struct BrokenBody: Error, Sendable {}
