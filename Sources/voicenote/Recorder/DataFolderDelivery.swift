import Core
import Foundation
import Logging
import Persistence
import Services

/// Hands a finished recording to the services on the data folder, in this process: what a server does with an upload.
struct DataFolderDelivery {
    let settings: Settings
    /// The address of the account that gets the note; nil for the only one, or the owner.
    let email: String?

    /// Whether a server is at work on the folder, which nobody else can use then. Blocks.
    func isServed() throws -> Bool {
        let folder = try Composition.folder(settings)
        // Taken and let go at once.
        return (try? FolderLock(folder)) == nil
    }

    /// Finds the account before anything is recorded.
    /// - Throws: ``CommandFailure`` when there is none.
    func checkAccount() async throws {
        // None is made here by the way.
        try Composition.requireFolder(settings)
        let (_, database) = try await Composition.open(settings, logger: logger)
        do {
            _ = try await owner(in: database)
            try await database.close()
        } catch {
            try? await database.close()
            throw error
        }
    }

    /// Stores the recording, durably, and its note with it; the note's id.
    /// - Throws: ``CommandFailure``, ``VoiceNoteError``. The recording stays where it is.
    func deliver(_ recording: RecordingOnDisk) async throws -> String {
        // Before anything is opened: nobody else may be at work on the folder.
        let lock = try FolderLock(try Composition.folder(settings))
        defer { withExtendedLifetime(lock) {} }
        let composition = try await Composition.make(settings, logger: logger)
        let result: Result<Note.ID, any Error>
        do {
            _ = try await composition.recovery.run()
            _ = try await composition.ingest.replayJournal()
            result = .success(try await take(recording, composition))
        } catch {
            result = .failure(error)
        }
        do {
            try await composition.shutdown()
        } catch {
            // What became of the recording is known by now.
            StandardError.say("The data folder was not closed well: \(error)")
        }
        return try result.get().description
    }

    private func take(_ recording: RecordingOnDisk, _ composition: Composition) async throws -> Note.ID {
        let owner = try await owner(in: composition.database)
        let ingest = composition.ingest
        let file = try await FileBody(recording.soundPath)
        var incoming = try ingest.begin(expecting: file.size)
        let note: Note
        do {
            for try await piece in file { try await ingest.append(piece, to: &incoming) }
            note = try await ingest.complete(&incoming, as: recording.record.draft, of: owner).note
        } catch {
            await ingest.abort(&incoming)
            throw error
        }
        let text = recording.record.noteText
        guard !text.isEmpty else { return note.id }
        do {
            _ = try await composition.notes.update(note.id, with: NotePatch(text: text), ifVersion: nil, of: owner)
        } catch {
            // The sound is safe: to try it again would make another note.
            StandardError.say("The note \(note.id) is there, but without its text: \(FailureText.text(error))")
        }
        return note.id
    }

    private func owner(in database: any SQLDatabase) async throws -> Account.ID {
        let accounts = try await database.read { try $0.accounts.all() }
        if let email {
            guard let found = accounts.first(where: { $0.email == email.lowercased() }) else {
                throw CommandFailure("There is no account \(email); voicenote account list shows those that there are.")
            }
            return found.id
        }
        guard let first = accounts.first(where: { $0.role == .owner }) ?? accounts.first else {
            throw CommandFailure(
                "There is no account in \(settings.data.folder) yet: make one with \"voicenote account create\", or "
                    + "record to a file with --output.")
        }
        return first.id
    }

    private var logger: Logger {
        var logger = Composition.logger(settings)
        // Lines of the program stand between the lines of the command otherwise.
        if settings.log.level == "info" { logger.logLevel = .warning }
        return logger
    }
}
