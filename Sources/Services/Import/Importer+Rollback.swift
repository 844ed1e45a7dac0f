import Blobs
public import Core
import Persistence

/// Where the originals of an import's notes are.
public enum ImportOriginals: Sendable {
    /// Paths by the items' keys: a note goes only if its original is there, with every byte.
    case at([String: String])
    /// A person said that it does not matter.
    case notAsked

    public init(_ listing: ImportListing) {
        self = .at(Dictionary(listing.items.map { ($0.key, $0.path) }) { first, _ in first })
    }

    func hold(_ item: String, _ sha256: SHA256Hash) -> Bool {
        switch self {
        case .notAsked: true
        case .at(let paths): paths[item].map { SourceFile.holds(sha256, at: $0) } ?? false
        }
    }
}

extension Importer {
    /// Removes the notes that the import made, their recordings and jobs, and the blobs that nothing else refers to. Notes
    /// that were there before stay, also where they have the same content.
    ///
    /// What is removed must not be the only copy: notes whose originals are not there any more stay, until somebody says
    /// that it does not matter. It may be interrupted and called again.
    /// - Parameter reason: why the import failed, if it did.
    /// - Throws: ``VoiceNoteError/Code/notFound``; ``ImportFailure`` when rows cannot be removed, with the way to the copy
    ///   of the database.
    public func rollback(
        _ id: Import.ID, originals: ImportOriginals, because reason: String? = nil,
        tell: @escaping @Sendable (ImportEvent) -> Void = { _ in }
    ) async throws -> ImportRollback {
        guard let record = try await database.read({ try $0.imports.find(id) }) else {
            throw VoiceNoteError.notFound("import")
        }
        tell(.step(.undo))
        do {
            return try await remove(record, originals, reason, tell)
        } catch {
            throw ImportFailure(
                id, Self.reason(error), .stuck(advice: ImportBackup.advice(record, in: store.folder)))
        }
    }

    private func remove(
        _ record: Import, _ originals: ImportOriginals, _ reason: String?,
        _ tell: @Sendable (ImportEvent) -> Void
    ) async throws -> ImportRollback {
        let reason = reason ?? record.error
        try await database.write { try $0.imports.set(.undo, error: reason, of: record.id) }
        var result = ImportRollback()
        let total = try await database.read { try $0.imports.states(of: record.id) }.values.reduce(0, +)
        var last = ""
        while true {
            let items = try await database.read { [last] in
                try $0.imports.items(of: record.id, after: last, limit: Self.together)
            }
            guard let end = items.last else { break }
            last = end.item
            let (going, staying) = try await sorted(items, of: record, originals)
            result.kept += staying
            result.removed += try await remove(going, of: record)
            tell(.progress(.undo, done: result.removed, of: total))
        }
        if result.kept.isEmpty {
            try await database.write { try $0.imports.set(.undone, error: reason, of: record.id) }
        }
        return result
    }

    /// Notes that are removed in one transaction.
    private static let together = 100

    private typealias Item = (item: String, note: Note.ID)

    /// The items whose notes may go, and what is to be said of the others.
    private func sorted(
        _ items: [Item], of record: Import, _ originals: ImportOriginals
    ) async throws -> (going: [Item], staying: [ImportFinding]) {
        let found = try await database.read { connection in
            try items.map { item -> (digest: SHA256Hash?, user: Note.ID?) in
                guard let note = try connection.notes.find(item.note, of: record.account) else { return (nil, nil) }
                let user = try connection.edits.user(of: note.recording.id, besides: note.id)
                return (note.recording.blob.sha256, user)
            }
        }
        return try await store.blocking {
            var going: [Item] = []
            var staying: [ImportFinding] = []
            for (item, (digest, user)) in zip(items, found) {
                if let user {
                    let text = "The edit of the note \(user) takes parts of the note \(item.note), which stays."
                    staying.append(ImportFinding(.problem, item.item, text))
                    continue
                }
                // A note that is gone needs nothing but to be forgotten.
                if digest.map({ originals.hold(item.item, $0) }) ?? true {
                    going.append(item)
                } else {
                    let text = "Its original is not there any more, so the note \(item.note) stays."
                    staying.append(ImportFinding(.problem, item.item, text))
                }
            }
            return (going, staying)
        }
    }

    /// Removes the notes with everything that belongs to them; how many there were.
    private func remove(_ items: [Item], of record: Import) async throws -> Int {
        let (count, blobs) = try await database.write { connection in
            var blobs: Set<SHA256Hash> = []
            var count = 0
            for item in items {
                if let note = try connection.notes.find(item.note, of: record.account) {
                    blobs.formUnion(try Notes.delete(note, on: connection))
                    count += 1
                }
                try connection.imports.forget(item.item, of: record.id)
            }
            return (count, blobs)
        }
        let unreferenced = UnreferencedBlobs(database: database, store: store, logger: ingest.logger)
        // A file that stays is remembered and goes at the next start.
        await unreferenced.removeFiles(blobs)
        return count
    }
}
