import Blobs
import Core
import NIOCore
import Persistence

extension ImportRun {
    /// Stores every item that is not there yet, durably, each with its note and its row in `import_items`.
    mutating func ingest() async throws {
        held = []
        let sorter = ImportSorter(
            database: database, store: store, largestFile: importer.ingest.largestFile, account: record.account,
            source: record.source, record: record.id)
        for (number, item) in listing.items.enumerated() {
            let outcome = try await bring(item, as: try await sorter.decide(item))
            if case .leftOut(let reason) = outcome { find(.problem, item.name, reason) }
            let name = ImportText.printable(item.name)
            tell(.item(outcome, name: name, number: number + 1, of: listing.items.count))
        }
    }

    private mutating func bring(
        _ item: ImportItem, as decision: ImportSorter.Decision
    ) async throws -> ImportOutcome {
        switch decision {
        case .leaveOut(let reason):
            summary.leftOut += 1
            return .leftOut(reason: reason)
        case .isThere(let note, let digest, let reason):
            summary.alreadyThere += 1
            if let note {
                held.append(Held(item: item, note: note, digest: digest, isOwn: digest == nil))
            } else {
                deletedSince += 1
            }
            return .isThere(reason: reason)
        case .take(let digest, let size, let modified):
            do {
                let note = try await keep(item, digest, size, modified)
                summary.imported += 1
                held.append(Held(item: item, note: note, digest: digest, isOwn: true))
                return .imported(note)
            } catch {
                guard let reason = Self.fault(of: error) else { throw error }
                summary.leftOut += 1
                return .leftOut(reason: reason)
            }
        }
    }

    /// What is wrong with the source, if that is why; such an error stops nothing but its own item.
    private static func fault(of error: any Error) -> String? {
        switch error {
        case let error as SourceFileError: error.reason
        case let error as VoiceNoteError where error.code == .digestMismatch || error.code == .tooLarge:
            "It changed while it was read; import again."
        case let error as VoiceNoteError where error.code == .validationFailed:
            error.fields.map(\.message).joined(separator: " ")
        default: nil
        }
    }

    private mutating func keep(
        _ item: ImportItem, _ digest: SHA256Hash, _ size: Int64, _ modified: Timestamp
    ) async throws -> Note.ID {
        let (draft, remarks) = item.draft(digest: digest)
        let origin = Ingest.Origin(
            importID: record.id, item: item.key, recordedAt: recordedAt(item, modified),
            isArchived: item.status == .archived, isTrashed: item.status == .deleted)
        let (ingest, store) = (importer.ingest, store)
        let file = try await store.blocking { try SourceFile(item.path) }
        var incoming = try ingest.begin(expecting: size)
        do {
            var offset: Int64 = 0
            while true {
                let piece = try await store.blocking { [offset] in try file.piece(at: offset) }
                guard piece.readableBytes > 0 else { break }
                offset += Int64(piece.readableBytes)
                try await ingest.append(piece, to: &incoming)
            }
            let note = try await ingest.complete(&incoming, as: draft, of: record.account, from: origin).note
            summary.findings += remarks
            return note.id
        } catch {
            await ingest.abort(&incoming)
            throw error
        }
    }

    /// The time that the source has, unless no recording can be of that time.
    private mutating func recordedAt(_ item: ImportItem, _ modified: Timestamp) -> Timestamp {
        let now = Timestamp.now()
        let possible = Timestamp(milliseconds: 1)...(now + .seconds(86_400))
        if let time = item.createdAt {
            if possible.contains(time) { return time }
            find(.remark, item.name, "It cannot be of \(time); the time of its file was taken.")
        }
        return possible.contains(modified) ? modified : now
    }
}
