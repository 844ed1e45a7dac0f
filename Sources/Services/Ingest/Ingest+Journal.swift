import Blobs
import Core
import Logging
import NIOCore
import Persistence

extension Ingest {
    /// Brings everything that stands in the journal to its proper place, and lets recordings go by way of it from then on.
    /// Call it once, before anything is received, by the only process on the data folder. How many notes it made.
    @discardableResult
    public func replayJournal() async throws -> Int {
        let (recorded, retired) = try await database.read { try JournalRecord.numbers(in: $0) }
        var last = max(recorded, retired)
        var made = 0
        for entry in try await store.journalEntries() where entry.number > retired {
            if try await replay(entry, isRecorded: entry.number <= recorded) { made += 1 }
            last = max(last, entry.number)
        }
        try await database.write { [last] connection in
            try JournalRecord.setRecorded(last, in: connection)
            try JournalRecord.setRetired(last, in: connection)
        }
        store.openJournal(after: last) { [database, logger] in
            do {
                try await database.sync()
                return true
            } catch {
                logger.error("the journal cannot be settled", metadata: ["error": "\(error)"])
                return false
            }
        }
        return made
    }

    /// Stores what the entry holds in the ordinary, durable way. True when that made a note.
    private func replay(_ entry: JournalEntry, isRecorded: Bool) async throws -> Bool {
        guard let record = JournalRecord(entry.record)?.contents else {
            throw VoiceNoteError(
                .internalError, "The journal holds what this program did not write; start a newer one.")
        }
        let isWanted = try await database.read { connection in
            // Without a local copy, a recorded one was deleted for good since, or is elsewhere; without its account, it has nowhere to go.
            isRecorded
                ? try connection.replicas.find(entry.sha256, in: LocalStore.name)?.replica.state == .verified
                : try connection.accounts.find(record.new.account) != nil
        }
        guard isWanted else { return false }
        var incoming = store.receive()
        let path = incoming.path
        do {
            try await incoming.append(ByteBuffer(bytes: entry.content))
            let blob = try await store.commit(&incoming, expecting: entry.sha256)
            if !isRecorded {
                let note = Self.note(
                    for: blob, record.new, id: record.note, recording: record.recording, at: record.createdAt)
                guard try await database.write(.prompt, { try self.insert(note, record.new, in: $0) }) else {
                    throw VoiceNoteError(
                        .unavailable, "A recording's file went away while it was recorded; start again.")
                }
            }
            store.discard(path)
            return !isRecorded
        } catch {
            store.discard(path)
            throw error
        }
    }
}
