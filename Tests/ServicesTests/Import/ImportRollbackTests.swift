import Blobs
import Core
import Foundation
import Testing

@testable import Persistence
@testable import Services

/// The way back from every step.
@Suite(.serialized) struct ImportRollbackTests {
    /// A place that has notes from before, one of them with content that the import brings, too.
    private static func place() async throws -> ImportPlace {
        let place = try await ImportPlace()
        try place.speech("note.mp3", as: "kept.mp3")
        try await place.run()
        let other = try await place.fixture.account()
        try FileManager.default.removeItem(atPath: "\(place.folder)/kept.mp3")
        try place.speech("note.opus", as: "shared.opus")
        try await place.run(into: other)
        try place.speech("note.m4a", as: "more/new.m4a")
        return place
    }

    @Test(
        "a failure after any step takes everything back, to the last row and file",
        arguments: [Import.State.backup, .ingest, .process, .validate, .done])
    func everyStep(state: Import.State) async throws {
        let place = try await Self.place()
        let before = try await place.state()
        let failure = try await place.failure { if $0 == state { throw Broken() } }
        guard case .undone(let rollback) = failure.aftermath else {
            Issue.record("\(failure)")
            return
        }
        #expect(rollback.kept.isEmpty && rollback.removed == (state == .backup ? 0 : 2))
        #expect(failure.description.contains(Broken().description))
        #expect(try await place.state() == before)
        let record = try #require(try await place.fixture.database.read { try $0.imports.find(failure.id) })
        #expect(record.state == .undone && record.error == Broken().description)
        let copy = try SQLiteDatabase(path: record.backup)
        #expect(try await ImportPlace.dump(copy) == before.tables)
        try await copy.close()
        #expect(try await place.run().imported == 2, "and then it works")
        #expect(try await place.fixture.database.integrityProblems().isEmpty)
    }

    @Test("a failure between two recordings takes the first one back")
    func middle() async throws {
        let place = try await Self.place()
        try await place.change(
            """
            CREATE TRIGGER broken BEFORE INSERT ON import_items WHEN NEW.item = 'shared.opus'
            BEGIN SELECT RAISE(ABORT, 'no more'); END
            """)
        let before = try await place.state()
        let failure = try await place.failure()
        guard case .undone(let rollback) = failure.aftermath else {
            Issue.record("\(failure)")
            return
        }
        #expect(rollback.removed == 1 && failure.reason.contains("no more"))
        #expect(try await place.state() == before)
    }

    @Test("a stored recording that is damaged is found, and nothing is left of its import")
    func damaged() async throws {
        let place = try await Self.place()
        let before = try await place.state()
        let failure = try await place.failure { [fixture = place.fixture, account = place.account] state in
            guard state == .process else { return }
            let notes = try await fixture.notes.list(NoteQuery(), of: account).items
            let note = try #require(notes.first { $0.title == "new" })
            let path = fixture.folder.blob(note.recording.blob.sha256)
            try Data("damage".utf8).write(to: URL(fileURLWithPath: path))
        }
        #expect(failure.reason.contains("more/new.m4a"))
        #expect(try await place.state() == before)
    }

    @Test("when rows cannot be removed, the advice that is given brings the database back")
    func stuck() async throws {
        let place = try await Self.place()
        let before = try await place.state()
        let failure = try await place.failure { state in
            guard state == .validate else { return }
            try await place.change(
                "CREATE TRIGGER stuck BEFORE DELETE ON notes BEGIN SELECT RAISE(ABORT, 'stuck'); END")
            throw Broken()
        }
        guard case .stuck(let advice) = failure.aftermath else {
            Issue.record("\(failure)")
            return
        }
        #expect(try await place.notes().count == 3, "nothing is half removed")
        let record = try #require(try await place.fixture.database.read { try $0.imports.find(failure.id) })
        #expect(record.state == .undo)
        // Every voicenote is stopped, as the advice says.
        try await place.fixture.database.close()
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", String(try #require(advice.split(separator: "\n").last))]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        let restored = try SQLiteDatabase(path: place.fixture.folder.database)
        #expect(try await ImportPlace.dump(restored) == before.tables)
        #expect(try await restored.integrityProblems().isEmpty)
        try await restored.close()
    }

    @Test("a rollback that was interrupted goes on, and one of an import that nobody made is refused")
    func interrupted() async throws {
        let place = try await Self.place()
        let before = try await place.state()
        let summary = try await place.run()
        let originals = ImportOriginals(try place.source.contents())
        try await place.fixture.database.write { connection in
            let item = try connection.imports.items(of: summary.id, after: "", limit: 1)[0]
            let note = try #require(try connection.notes.find(item.note))
            _ = try Notes.delete(note, on: connection)
            try connection.imports.set(.undo, of: summary.id)
        }
        let rollback = try await place.importer().rollback(summary.id, originals: originals)
        #expect(rollback.removed == 1)
        #expect(try await place.importer().rollback(summary.id, originals: originals).removed == 0)
        #expect(try await ImportPlace.dump(place.fixture.database)["notes"] == before.tables["notes"])
        await expect(.notFound) { _ = try await place.importer().rollback(Import.ID(), originals: originals) }
    }

    @Test("a note whose original is gone or changed stays until somebody says that it may go")
    func onlyCopy() async throws {
        let place = try await Self.place()
        let before = try await place.state()
        let summary = try await place.run()
        try FileManager.default.removeItem(atPath: "\(place.folder)/more/new.m4a")
        try place.write(Array("something else".utf8), as: "shared.opus")
        let originals = ImportOriginals(try place.source.contents())
        let careful = try await place.importer().rollback(summary.id, originals: originals)
        #expect(careful.removed == 0 && Set(careful.kept.map(\.name)) == ["more/new.m4a", "shared.opus"])
        #expect(try await place.notes().count == 3)
        let final = try await place.importer().rollback(summary.id, originals: .notAsked)
        #expect(final.removed == 2 && final.kept.isEmpty)
        #expect(try await place.state() == before)
    }
}
