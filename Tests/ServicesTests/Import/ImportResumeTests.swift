import Core
import Foundation
import Testing

@testable import Persistence
@testable import Services

/// Going on after an interruption.
@Suite(.serialized) struct ImportResumeTests {
    private static func place() async throws -> ImportPlace {
        let place = try await ImportPlace()
        try place.speech("note.opus", as: "a.opus")
        try place.speech("note.m4a", as: "b.m4a")
        return place
    }

    @Test(
        "what was kept of a failed import is gone on with, and nothing comes twice",
        arguments: [Import.State.backup, .ingest, .process, .validate])
    func kept(state: Import.State) async throws {
        let place = try await Self.place()
        let failure = try await place.failure(keepsPartial: true) { if $0 == state { throw Broken() } }
        guard case .kept = failure.aftermath else {
            Issue.record("\(failure)")
            return
        }
        let record = try #require(try await place.records().first?.record)
        #expect(record.state == state && record.error == Broken().description)
        let brought = state == .backup ? 0 : 2
        let summary = try await place.run()
        #expect(summary.id == failure.id && summary.backup == record.backup)
        #expect((summary.imported, summary.alreadyThere) == (2 - brought, brought))
        #expect(summary.problems.isEmpty)
        #expect(try await place.notes().map(\.state) == [.ready, .ready])
        let done = try await place.records()
        #expect(done.map(\.record.state) == [.done] && done.map(\.notes) == [2] && done[0].record.error == nil)
        let rollback = try await place.importer().rollback(
            summary.id, originals: ImportOriginals(try place.source.contents()))
        #expect(rollback.removed == 2)
        #expect(try place.fixture.blobFiles().isEmpty)
    }

    @Test("an import that ended between two recordings goes on with the second")
    func middle() async throws {
        let place = try await Self.place()
        try await place.change(
            """
            CREATE TRIGGER broken BEFORE INSERT ON import_items WHEN NEW.item = 'b.m4a'
            BEGIN SELECT RAISE(ABORT, 'no more'); END
            """)
        let failure = try await place.failure(keepsPartial: true)
        #expect(try await place.notes().map(\.title) == ["a"], "a note and the row of its item come together")
        try await place.change("DROP TRIGGER broken")
        // What is in the source by then counts, not what was there at first.
        try place.speech("note.mp3", as: "c.mp3")
        let summary = try await place.run()
        #expect(summary.id == failure.id)
        #expect((summary.imported, summary.alreadyThere) == (2, 1))
        #expect(try await place.notes().count == 3)
    }

    @Test("a part of a backup that an interruption left is no backup")
    func partOfBackup() async throws {
        let place = try await Self.place()
        let failure = try await place.failure(keepsPartial: true) { if $0 == .backup { throw Broken() } }
        let record = try #require(try await place.fixture.database.read { try $0.imports.find(failure.id) })
        try Data("SQLite for".utf8).write(to: URL(fileURLWithPath: record.backup))
        #expect(try await place.run().imported == 2)
        let copy = try SQLiteDatabase(path: record.backup)
        #expect(try await copy.integrityProblems().isEmpty)
        #expect(try await copy.read { try $0.query("SELECT * FROM notes") }.isEmpty)
        try await copy.close()
    }

    @Test("another source, and another account, begin an import of their own")
    func others() async throws {
        let place = try await Self.place()
        let failure = try await place.failure(keepsPartial: true) { if $0 == .ingest { throw Broken() } }
        let summary = try await place.run(into: try await place.fixture.account())
        #expect(summary.id != failure.id && summary.imported == 2)
        let sub = FolderSource("\(place.folder)/.", endings: ["opus"])
        #expect(try await place.run(sub).id != failure.id)
    }
}
