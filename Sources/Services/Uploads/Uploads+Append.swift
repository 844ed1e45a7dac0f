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

    /// Appends the bytes that came with the creation of an upload. When they are refused and nothing of them was kept, no
    /// upload is left behind: its client may not know it.
    public func appendFirst<Body: AsyncSequence & Sendable>(
        _ piece: Piece, to upload: Upload, body: () -> Body, stop: @escaping @Sendable () -> Void
    ) async throws -> Upload where Body.Element == ByteBuffer {
        do {
            return try await append(piece, to: upload.id, of: upload.account, body: body, stop: stop)
        } catch let error where error is UploadRefusal || error is VoiceNoteError {
            await deleteIfEmpty(upload.id)
            throw error
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

    /// One transfer under way.
    private struct Reception: ~Copyable {
        let transfer: Transfer
        /// Its offset is on disk.
        var upload: Upload
        var point: UploadPoint
        var incoming: IncomingFile
        var digests: PieceDigests
        /// Where a commit failed, nobody knows whether it happened: only the row does, when it is read again.
        var isCertain = true

        init(_ transfer: Transfer, from point: UploadPoint, _ incoming: consuming IncomingFile) {
            self.transfer = transfer
            upload = transfer.upload
            self.point = point
            self.incoming = incoming
            digests = transfer.piece.digests
        }

        /// Whether these bytes end the recording.
        var isLast: Bool {
            upload.kind == .whole && transfer.piece.isLast ?? (incoming.size == upload.length)
        }
    }

    private func receive<Body: AsyncSequence & Sendable>(
        _ transfer: Transfer, from start: UploadPoint, _ body: Body
    ) async throws -> Upload where Body.Element == ByteBuffer {
        var reception = Reception(transfer, from: start, store.receive(transfer.upload.id, from: start))
        do {
            guard try await take(body, &reception) else {
                // What came is the client's, but a digest speaks of all or nothing.
                if reception.digests.isEmpty, reception.incoming.size > reception.point.size {
                    try await persist(&reception)
                }
                throw BrokenBody()
            }
            guard reception.digests.hold else { throw UploadRefusal.digest(transfer.upload) }
            guard reception.isLast else {
                try await persist(&reception)
                points.put(reception.point, for: transfer.upload.id)
                return reception.upload
            }
            if let length = reception.upload.length, reception.incoming.size != length {
                throw UploadRefusal.inconsistentLength(reception.upload)
            }
            reception.isCertain = false
            return try await finish(reception.upload, &reception.incoming)
        } catch {
            await goBack(&reception)
            throw Ingest.translated(error)
        }
    }

    /// Takes the bytes as they come, and puts them on disk now and then. False when the body broke off.
    private func take<Body: AsyncSequence>(
        _ body: Body, _ reception: inout Reception
    ) async throws -> Bool where Body.Element == ByteBuffer {
        let start = reception.incoming.size
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
            guard reception.incoming.size + Int64(buffer.readableBytes) <= reception.transfer.end else {
                throw reception.upload.length == nil
                    ? UploadRefusal.tooLarge(most: largestFile) : UploadRefusal.inconsistentLength(reception.upload)
            }
            reception.digests.update(buffer)
            try await ingest.append(buffer, to: &reception.incoming)
            let fresh = reception.incoming.size - reception.point.size
            let isDue = fresh >= Self.syncEvery || (fresh > 0 && .now - syncedAt >= Self.syncAfter)
            guard isDue else { continue }
            try space.require(0)
            if reception.digests.isEmpty {
                try await persist(&reception)
            } else {
                // They count all the same while nobody knows whether they are good.
                try tally.set(reception.upload, to: max(reception.upload.share, reception.incoming.size))
            }
            syncedAt = .now
        }
        return reception.transfer.piece.contentLength.map { reception.incoming.size == start + $0 } ?? true
    }

    /// Puts what came on disk, file first, then row.
    private func persist(_ reception: inout Reception) async throws {
        var next = reception.upload
        next.offset = reception.incoming.size
        next.updatedAt = .now()
        try tally.set(next, to: next.share)
        reception.isCertain = false
        let (point, isOpen) = try await store.persist(
            &reception.incoming, isNew: reception.point.size == 0
        ) { [database, next] mayBlock, done in
            database.submit(mayBlock ? .onThisThread : .prompt) { connection in
                try connection.uploads.advance(next.id, to: next.offset, length: next.length, at: next.updatedAt)
            } completion: {
                done($0)
            }
        }
        guard isOpen else { throw UploadRefusal.gone }
        FailurePoint.appendRecorded.pass()
        reception.upload = next
        reception.point = point
        reception.isCertain = true
    }

    /// Leaves the file as it was when it was synced last; if nobody knows when that was, or it fails, the next request finds
    /// the point by the row.
    private func goBack(_ reception: inout Reception) async {
        let upload = reception.upload
        do {
            guard reception.isCertain else { return await store.settle(&reception.incoming) }
            points.put(try await store.abort(&reception.incoming, backTo: reception.point), for: upload.id)
            try tally.set(upload, to: upload.share)
        } catch {
            logger.warning(
                "an upload was not set back", metadata: ["upload": "\(upload.id)", "error": "\(error)"])
        }
    }
}

/// The client, or the way to it, ended the body before all of it came. What came is kept.
public struct BrokenBody: Error, Sendable {}
