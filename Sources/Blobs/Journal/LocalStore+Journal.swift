public import Core
import Dispatch
import Glibc
import NIOCore
import NIOPosix

extension LocalStore {
    /// Commits a small file that comes alone by way of the journal: when `next` is called, content and record are on disk.
    /// Nil when it is no case for that: ``commit(_:expecting:for:then:)`` is.
    /// - Parameters:
    ///   - describe: what `next` needs, and the record from which a start can repeat it.
    ///   - next: must call its last argument once. It may block.
    public func commitByJournal<Context: Sendable, Value: Sendable>(
        _ incoming: inout IncomingFile, expecting expected: SHA256Hash?,
        describe: (StoredBlob) throws -> (Context, record: [UInt8]),
        then next:
            @escaping @Sendable (
                _ blob: StoredBlob, _ context: Context, _ number: UInt64,
                _ done: @escaping @Sendable (Result<Value, any Error>) -> Void
            ) -> Void
    ) async throws -> Value? {
        guard incoming.isAlone, let pieces = incoming.allInMemory, incoming.size <= JournalEntry.largestContent else {
            return nil
        }
        let sha256 = incoming.digest()
        if let expected, expected != sha256 { throw UnexpectedDigest(actual: sha256) }
        let blob = StoredBlob(sha256: sha256, size: incoming.size, incomingPath: incoming.path)
        let (context, record) = try describe(blob)
        // What is there already has to be read, and a file that waits for its removal may be needed again.
        guard !isPresent(sha256), let length = JournalEntry.length(record: record.count, content: Int(blob.size)),
            let place = journal.reserve(length)
        else { return nil }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "voicenote.journal").async {
                guard self.write(pieces, of: blob, record, length, to: place) else {
                    return continuation.resume(returning: nil)
                }
                next(blob, context, place.number) { result in
                    self.journal.release()
                    continuation.resume(with: result.map { $0 })
                }
            }
        }
    }

    /// Writes the entry and waits for the disk; meanwhile, another thread writes the blob, without waiting for it. False when
    /// nothing of it happened.
    private func write(
        _ pieces: [ByteBuffer], of blob: StoredBlob, _ record: [UInt8], _ length: Int, to place: Journal.Place
    ) -> Bool {
        let filed = BlockingResult<Bool>()
        threads.submit { state in
            guard case .active = state else { return filed.set(false) }
            filed.set((try? self.file(pieces, as: blob)) ?? false)
        }
        let isWritten: Bool
        do {
            try writeEntry(pieces, of: blob, record, length, to: place)
            isWritten = true
        } catch {
            isWritten = false
        }
        let isFiled = filed.wait()
        if isWritten, isFiled {
            journal.written(place, length: length, of: blob.sha256)
            FailurePoint.noteJournaled.pass()
            return true
        }
        if isFiled { _ = try? Files.remove(folder.blob(blob.sha256)) }
        _ = try? Files.remove(blob.incomingPath)
        // Otherwise the next start would make a note of an entry that nobody relied on.
        if isWritten, (try? void(place)) != nil { journal.release() } else { journal.giveUp() }
        return false
    }

    /// Makes the blob's file, not durably; false when there is one of that name, which somebody would have to read.
    private func file(_ pieces: [ByteBuffer], as blob: StoredBlob) throws(FileError) -> Bool {
        let file = try OpenFile.creating(blob.incomingPath)
        try writer.write(pieces, to: file, at: 0)
        guard try Files.link(file.path, to: folder.blob(blob.sha256)) else { return false }
        FailurePoint.noteFiled.pass()
        return true
    }

    /// Takes the entry back, durably.
    private func void(_ place: Journal.Place) throws(FileError) {
        let zeros = UnsafeMutableRawBufferPointer.allocate(
            byteCount: JournalEntry.block, alignment: JournalEntry.block)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        try place.file.write(UnsafeRawBufferPointer(zeros), at: place.offset)
        try place.file.syncData()
    }

    private func writeEntry(
        _ pieces: [ByteBuffer], of blob: StoredBlob, _ record: [UInt8], _ length: Int, to place: Journal.Place
    ) throws(FileError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: JournalEntry.block)
        defer { buffer.deallocate() }
        var position = JournalEntry.encode(
            place.number, record: record, sha256: blob.sha256, contentLength: Int(blob.size), into: buffer)
        for piece in pieces {
            piece.withUnsafeReadableBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[position...]).copyMemory(from: bytes)
            }
            position += piece.readableBytes
        }
        do throws(FileError) {
            try place.file.write(UnsafeRawBufferPointer(buffer), at: place.offset)
        } catch  where error.number == EINVAL || error.number == EOPNOTSUPP {
            // Some file systems allow direct writes and then want larger blocks.
            place.file.setDirect(false)
            try place.file.write(UnsafeRawBufferPointer(buffer), at: place.offset)
        }
        try place.file.syncData()
    }

    /// What earlier processes left in the journal.
    public func journalEntries() async throws -> [JournalEntry] {
        try await blocking { [journal] in try journal.entries() }
    }

    /// Lets recordings that come alone go by way of the journal from now on.
    /// - Parameters:
    ///   - last: every entry up to this number is in its proper place.
    ///   - settle: brings the rows of what was journaled to the disk; false when that failed.
    public func openJournal(after last: UInt64, settle: @escaping @Sendable () async -> Bool) {
        let syncs = BatchSync(folder: folder)
        journal.open(after: last) { [folder] blobs, done in
            DispatchQueue(label: "voicenote.journal.retire").async {
                do {
                    let items = try blobs.compactMap { try Self.item($0, in: folder) }
                    if let error = syncs.sync(items).compactMap(\.self).first { throw error }
                    Task { done(await settle()) }
                } catch {
                    done(false)
                }
            }
        }
    }

    /// What to sync for the blob; nil when it was deleted since, and needs no place.
    private static func item(_ blob: SHA256Hash, in folder: DataFolder) throws(FileError) -> BatchSync.Item? {
        do throws(FileError) {
            let file = try OpenFile.reading(folder.blob(blob))
            return BatchSync.Item(file: file, folder: folder.blobFolder(of: blob), newName: nil)
        } catch  where error.isMissing {
            return nil
        }
    }
}
