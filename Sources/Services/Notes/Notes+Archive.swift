public import Core
import Persistence

extension Notes {
    /// What an archive of the notes holds, in their order; nothing is opened.
    /// - Throws: ``Core/VoiceNoteError/Code/notFound`` when any of them is not the account's.
    public func archive(
        _ notes: NoteSelection, prefersListen: Bool, of account: Account.ID
    ) async throws -> [ArchiveEntry] {
        try await database.read { connection in
            try notes.ids.map { id in
                guard let id = Note.ID(id), let note = try connection.notes.find(id, of: account) else {
                    throw VoiceNoteError.notFound("note")
                }
                return ArchiveEntry(note, prefersListen: prefersListen)
            }
        }
    }
}
