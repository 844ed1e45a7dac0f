import Blobs
import Core
import Foundation
import Jobs
import NIOPosix
import Persistence
import Testing

@testable import Services

/// What a start makes of the journal.
@Suite struct JournalReplayTests {
    private let fixture: Fixture
    private let account: Account.ID

    init() async throws {
        fixture = try await Fixture()
        account = try await fixture.account(.owner)
    }

    /// A note that went by way of the journal.
    private func journaled() async throws -> Note {
        #expect(try await fixture.ingest.replayJournal() == 0)
        for number in 0..<1000 {
            let draft = NoteDraft(title: "Talk \(number)", tags: ["a"], folder: "F", mimeType: "audio/wav")
            let (note, receipt) = try await fixture.upload(Array("what was said \(number)".utf8), draft, of: account)
            if try await fixture.store.journalEntries().last?.sha256 == receipt.sha256 { return note }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Recordings.Missing(description: "nothing went by way of the journal")
    }

    /// Takes the note's rows back, as a power cut does with what was not synced.
    private func loseRows(of note: Note) async throws {
        let number = try await fixture.store.journalEntries().last?.number ?? 0
        try await fixture.database.write { connection in
            try connection.notes.delete(note.id)
            try connection.recordings.delete(note.recording.id)
            try connection.jobs.delete(kind: Processing.jobKind, subject: note.recording.id.description)
            _ = try connection.blobs.deleteIfUnreferenced(note.recording.blob.sha256)
            try connection.blobs.removed(note.recording.blob.sha256)
            try JournalRecord.setRecorded(number - 1, in: connection)
        }
    }

    private func restarted() throws -> Ingest {
        let store = LocalStore(folder: fixture.folder, threads: .singleton)
        let space = FreeSpace(folder: fixture.folder, limits: fixture.settings.limits)
        return Ingest(
            database: fixture.database, store: store, limits: fixture.settings.limits, space: space,
            events: fixture.events, runner: fixture.runner, foreground: .init(), logger: fixture.logger)
    }

    @Test("a note whose rows and bytes did not get to the disk comes back as it was", arguments: [false, true])
    func comesBack(isDamaged: Bool) async throws {
        let note = try await journaled()
        let bytes = try fixture.content(of: note.recording.blob.sha256)
        try await loseRows(of: note)
        let path = fixture.folder.blob(note.recording.blob.sha256)
        if isDamaged {
            try Data(count: 16).write(to: URL(fileURLWithPath: path))
        } else {
            try FileManager.default.removeItem(atPath: path)
        }
        #expect(try await restarted().replayJournal() == 1)
        let found = try #require(try await fixture.database.read { try $0.notes.find(note.id, of: account) })
        #expect(found.recording.blob == note.recording.blob)
        #expect((found.title, found.folder) == (note.title, note.folder) && found.tags == note.tags)
        #expect(found.createdAt == note.createdAt && found.recording.id == note.recording.id)
        #expect(try await fixture.job(of: note)?.state == .waiting)
        #expect(try fixture.content(of: note.recording.blob.sha256) == bytes)
        #expect(try await restarted().replayJournal() == 0, "once is enough")
    }

    @Test("bytes that did not get to the disk come back for a note that did")
    func bytesOnly() async throws {
        let note = try await journaled()
        let path = fixture.folder.blob(note.recording.blob.sha256)
        let bytes = try fixture.content(of: note.recording.blob.sha256)
        try Data(count: bytes.count).write(to: URL(fileURLWithPath: path))
        #expect(try await restarted().replayJournal() == 0)
        #expect(try fixture.content(of: note.recording.blob.sha256) == bytes)
        let list = try await fixture.notes.list(NoteQuery(limit: 500), of: account)
        #expect(list.items.filter { $0.id == note.id }.count == 1)
    }

    @Test("what was deleted for good stays deleted")
    func deleted() async throws {
        let note = try await journaled()
        _ = try await fixture.notes.trash(note.id, of: account)
        try await fixture.notes.deleteForGood(note.id, of: account)
        #expect(try await restarted().replayJournal() == 0)
        #expect(try await fixture.database.read { try $0.notes.find(note.id) } == nil)
        #expect(try !fixture.blobFiles().contains(note.recording.blob.sha256.description))
    }

    @Test("the note of an account that is gone does not come back")
    func accountGone() async throws {
        let note = try await journaled()
        try await loseRows(of: note)
        try await fixture.database.write { connection in
            for other in try connection.notes.list(NoteQuery(limit: 500), of: account).items {
                try connection.notes.delete(other.id)
                try connection.recordings.delete(other.recording.id)
            }
            try connection.execute("DELETE FROM accounts", [])
        }
        #expect(try await restarted().replayJournal() == 0)
        #expect(try await fixture.database.read { try $0.notes.find(note.id) } == nil)
    }
}
