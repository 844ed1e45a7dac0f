import Blobs
import Core
import Persistence

/// Decides what becomes of each item. Reads only.
struct ImportSorter: Sendable {
    enum Decision: Sendable {
        /// To be stored: the digest, the size and the time of the file.
        case take(SHA256Hash, size: Int64, modified: Timestamp)
        /// What is there already, and why it counts as that. The digest is that of the file, unless it was not read.
        case isThere(Note.ID?, SHA256Hash?, reason: String)
        case leaveOut(reason: String)
    }

    let database: any SQLDatabase
    let store: LocalStore
    /// Bytes.
    let largestFile: Int64
    let account: Account.ID
    let source: String
    /// The import that is under way; nil for a mere plan.
    let record: Import.ID?

    func decide(_ item: ImportItem) async throws -> Decision {
        if let record, let known = try await brought(item, in: record) { return known }
        do {
            let file = try await store.blocking { try SourceFile(item.path) }
            guard file.size > 0 else { return .leaveOut(reason: "Its file is empty.") }
            guard file.size <= largestFile else {
                return .leaveOut(reason: "It is larger than the \(largestFile) bytes that a recording may have here.")
            }
            let (digest, size) = try await store.blocking { try file.digest() }
            if let known = try await existing(item, digest) { return known }
            return .take(digest, size: size, modified: file.modified)
        } catch let error as SourceFileError {
            return .leaveOut(reason: error.reason)
        }
    }

    /// What an import that goes on has done already.
    private func brought(_ item: ImportItem, in record: Import.ID) async throws -> Decision? {
        try await database.read { [account] connection in
            guard let id = try connection.imports.note(of: item.key, in: record) else { return nil }
            guard try connection.notes.find(id, of: account) != nil else {
                return .isThere(nil, nil, reason: Self.deletedSince)
            }
            return .isThere(id, nil, reason: "this import brought it in before it was interrupted")
        }
    }

    private static let deletedSince = "it was imported before, and its note was deleted since"

    private func existing(_ item: ImportItem, _ digest: SHA256Hash) async throws -> Decision? {
        try await database.read { [source, account] connection in
            for id in try connection.imports.notes(of: item.key, from: source, into: account) {
                guard let note = try connection.notes.find(id, of: account) else {
                    return .isThere(nil, digest, reason: Self.deletedSince)
                }
                if note.recording.blob.sha256 == digest {
                    return .isThere(id, digest, reason: "it was imported before")
                }
            }
            // What is in the trash only would go with it, unless it is to be there anyway.
            for trashed in item.status == .deleted ? [false, true] : [false] {
                if let note = try connection.imports.known(digest, of: account, inTrash: trashed) {
                    return .isThere(note, digest, reason: "the note \(note) has the same content")
                }
            }
            return nil
        }
    }
}
