public import Blobs
public import Core
import NIOCore

extension Uploads {
    /// Makes the note of an upload whose bytes are all there.
    func finish(_ upload: Upload, from point: UploadPoint, isRecovered: Bool = false) async throws -> Upload {
        var incoming = store.receive(upload.id, from: point)
        // If it fails, whoever tries again finds the point by the row and the file.
        return try await finish(upload, &incoming, isRecovered: isRecovered)
    }

    /// Makes the note. A file that is not what its client announced at the beginning is nobody's: the upload ends.
    func finish(
        _ upload: Upload, _ incoming: inout IncomingFile, isRecovered: Bool = false
    ) async throws -> Upload {
        let path = incoming.path
        do {
            let (note, receipt) = try await ingest.record(
                &incoming,
                Ingest.NewRecording(
                    draft: upload.draft, account: upload.account, upload: upload.id, isRecovered: isRecovered))
            FailurePoint.completeRecorded.pass()
            tally.remove(upload.id)
            store.discard(path)
            var done = upload
            done.state = .complete
            done.offset = receipt.size
            done.length = receipt.size
            done.note = note.id
            done.receipt = receipt
            done.updatedAt = note.createdAt
            return done
        } catch let error as VoiceNoteError where error.code == .digestMismatch {
            try await abandon(upload)
            throw error
        }
    }

    /// Makes a recording of parts that were uploaded before (tus 1.0, concatenation). The parts stay until they expire.
    /// - Throws: ``VoiceNoteError/Code/badRequest`` for a part that is not one, or not complete.
    public func concatenate(_ parts: [Upload.ID], as new: NewUpload, of account: Account.ID) async throws -> Upload {
        var new = new
        var sources: [Upload] = []
        var length: Int64 = 0
        for id in parts {
            let part = try await find(id, of: account)
            guard part.kind == .partial, part.state == .open, part.hasAllBytes else {
                throw VoiceNoteError(
                    .badRequest, "The upload \(id) is no complete part; finish it with Upload-Concat: partial first.")
            }
            let (sum, isOverflow) = length.addingReportingOverflow(part.offset)
            guard !isOverflow, sum <= largestFile else { throw UploadRefusal.tooLarge(most: largestFile) }
            length = sum
            sources.append(part)
        }
        new.kind = .final
        new.length = length
        let upload = try await create(new, of: account)
        return try await locks.withLock(upload.id, stop: {}) {
            var incoming = store.receive(upload.id, from: UploadPoint())
            do {
                for part in sources { try await copy(part, to: &incoming) }
                return try await finish(upload, &incoming)
            } catch {
                await store.settle(&incoming)
                try? await abandon(upload)
                throw (error as? FileError)?.isMissing == true ? Self.partGone : Ingest.translated(error)
            }
        }
    }

    private static let partGone = VoiceNoteError(.conflict, "A part was deleted meanwhile; upload it again.")

    private func copy(_ part: Upload, to incoming: inout IncomingFile) async throws {
        guard part.offset > 0 else { return }
        let file = try await store.open(part.id)
        var offset: Int64 = 0
        while offset < part.offset {
            let (start, count) = (offset, Int(min(part.offset - offset, 1 << 20)))
            let bytes = try await store.blocking {
                var buffer = ByteBuffer()
                try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
                    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<count]), at: start)
                }
                return buffer
            }
            guard bytes.readableBytes > 0 else { throw FileError("read", file.path, number: 5) }
            try await ingest.append(bytes, to: &incoming)
            offset += Int64(bytes.readableBytes)
        }
    }

    /// What is on disk of an open upload, to be played while it grows.
    public func audio(_ id: Upload.ID, of account: Account.ID) async throws -> (Upload, OpenFile) {
        let upload = try await find(id, of: account)
        guard upload.state == .open, upload.offset > 0 else {
            throw VoiceNoteError(
                .notReady,
                upload.state == .open
                    ? "Nothing of the recording has arrived yet; try again in a moment."
                    : "The upload is complete; play its note.")
        }
        do {
            return (upload, try await store.open(id))
        } catch let error as FileError where error.isMissing {
            throw VoiceNoteError(.notReady, "The upload has just ended; play its note.")
        }
    }
}
