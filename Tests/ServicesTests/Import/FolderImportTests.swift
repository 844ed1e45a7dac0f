import Blobs
import Core
import Foundation
import Persistence
import Testing

@testable import Services

/// Folder trees, with real media workers. One at a time: each test has a worker process of its own.
@Suite(.serialized) struct FolderImportTests {
    @Test("every audio file of the tree becomes a note that plays, with its file's time, and nothing there changes")
    func whole() async throws {
        let place = try await ImportPlace()
        try place.speech("note.opus", as: "top.opus")
        let deep = try place.speech("note.m4a", as: "2019/trip to Köln/train.M4A")
        try place.write(Array("words".utf8), as: "2019/read me.txt")
        try place.speech("note.mp3", as: ".hidden/secret.mp3")
        let time = Date(timeIntervalSince1970: 1_560_000_000)
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: deep)
        let before = try place.sourceState()
        let told = ToldEvents()
        let summary = try await place.run { told.note($0) }
        #expect((summary.total, summary.imported, summary.leftOut) == (2, 2, 0))
        #expect(summary.problems.isEmpty && summary.remarks.count == 1, "\(summary.findings)")
        #expect(told.steps == [.backup, .ingest, .process, .validate, .done])
        #expect(try place.sourceState() == before)
        let notes = try await place.notes()
        let train = try #require(notes.first { $0.title == "train" })
        #expect(train.folder == "2019/trip to Köln" && train.recording.fileName == "train.M4A")
        #expect(train.createdAt == Timestamp(time) && train.id.time == train.createdAt)
        #expect(train.updatedAt > train.createdAt, "it came here only now")
        for note in notes {
            #expect(note.state == .ready && note.recording.report?.durationMs ?? 0 > 9_000)
            #expect(note.recording.renditions.contains { $0.kind == .listen })
            let audio = try await place.fixture.playback.audio(note.id, nil, of: place.account)
            #expect(audio.fileName.hasSuffix(".ogg"), "the copy for listening")
        }
        #expect(try place.fixture.content(of: train.recording.blob.sha256) == Recordings.bytes("note.m4a"))
    }

    @Test("a second import brings in what is new or changed, and skips the rest, also what was deleted since")
    func again() async throws {
        let place = try await ImportPlace()
        try place.speech("note.opus", as: "stays.opus")
        try place.speech("note.mp3", as: "changes.mp3")
        try place.speech("note.m4a", as: "deleted.m4a")
        let first = try await place.run()
        #expect(first.imported == 3)
        let deleted = try #require(try await place.notes().first { $0.title == "deleted" })
        _ = try await place.fixture.notes.trash(deleted.id, of: place.account)
        try await place.fixture.notes.deleteForGood(deleted.id, of: place.account)
        try place.speech("note.aac", as: "changes.mp3")
        try place.speech("note-u8.wav", as: "new.wav")
        let second = try await place.run()
        #expect(second.id != first.id)
        #expect((second.imported, second.alreadyThere, second.leftOut) == (2, 2, 0))
        #expect(second.problems.isEmpty)
        #expect(try await place.notes().map(\.title).sorted() == ["changes", "changes", "new", "stays"])
    }

    @Test("equal content becomes one note, and a note that was there before is not the import's")
    func duplicates() async throws {
        let place = try await ImportPlace()
        let (mine, _) = try await place.fixture.upload(
            Recordings.bytes("note.m4a"), NoteDraft(title: "mine", mimeType: "audio/mp4"), of: place.account)
        try place.speech("note.opus", as: "a.opus")
        try place.speech("note.opus", as: "copies/b.opus")
        try place.speech("note.m4a", as: "c.m4a")
        let summary = try await place.run()
        #expect((summary.imported, summary.alreadyThere) == (1, 2))
        #expect(summary.problems.isEmpty)
        let rollback = try await place.importer().rollback(
            summary.id, originals: ImportOriginals(try place.source.contents()))
        #expect(rollback.removed == 1 && rollback.kept.isEmpty)
        #expect(try await place.notes().map(\.id) == [mine.id])
    }

    @Test("what is only in the trash is brought in again, because it will go from there")
    func trashOnly() async throws {
        let place = try await ImportPlace()
        let (note, _) = try await place.fixture.upload(try Recordings.bytes("note.opus"), of: place.account)
        _ = try await place.fixture.notes.trash(note.id, of: place.account)
        try place.speech("note.opus", as: "a.opus")
        #expect(try await place.run().imported == 1)
        #expect(try await place.notes().count == 1)
    }

    @Test("what cannot be analysed is stored and named, what is empty or too large is left out and named")
    func bad() async throws {
        let place = try await ImportPlace { $0.largestFile = 100_000 }
        try place.speech("bad/text.mp3", as: "text.mp3")
        try place.write([], as: "empty.wav")
        try place.speech("note.wav", as: "large.wav")
        try place.speech("note.opus", as: "good.opus")
        let summary = try await place.run()
        #expect((summary.imported, summary.leftOut) == (2, 2))
        #expect(Set(summary.problems.map(\.name)) == ["text.mp3", "empty.wav", "large.wav"])
        let notes = try await place.notes()
        #expect(notes.first { $0.title == "text" }?.state == .failed)
        #expect(notes.first { $0.title == "good" }?.state == .ready)
        // Those that were left out come with the next import, once they are right.
        try place.speech("note.mp3", as: "empty.wav")
        let second = try await place.run()
        #expect((second.imported, second.alreadyThere, second.leftOut) == (1, 2, 1))
    }

    @Test("a plan names every file with a reason, and stores nothing")
    func plan() async throws {
        let place = try await ImportPlace()
        let note = try await place.fixture.upload(try Recordings.bytes("note.m4a"), of: place.account).note
        try place.speech("note.opus", as: "a.opus")
        try place.speech("note.opus", as: "b.opus")
        try place.speech("note.m4a", as: "c.m4a")
        try place.write([], as: "d.wav")
        let before = try await place.state()
        let planner = ImportPlanner(
            database: place.fixture.database, store: place.fixture.store, largestFile: 1_000_000)
        var lines: [ImportPlanner.Line] = []
        _ = try await planner.plan(place.source, for: place.account) { lines.append($0) }
        #expect(lines.map(\.name) == ["a.opus", "b.opus", "c.m4a", "d.wav"])
        #expect(lines.map(\.action) == [.take, .skip, .skip, .leaveOut])
        #expect(lines[1].reason.contains("a.opus") && lines[2].reason.contains(note.id.description))
        #expect(try await place.state() == before)
        #expect(try await place.records().isEmpty)
        #expect(try place.fixture.names(.backup).isEmpty)
    }
}
