import Blobs
import Core
import Foundation
import Persistence
import Testing

@testable import Services

/// The old recorder's recordings, with real media workers.
@Suite(.serialized) struct OldRecorderImportTests {
    @Test("title, time and state of each recording are kept, and everything that is not right is named")
    func whole() async throws {
        let place = try await ImportPlace()
        var rows = [
            try place.row(1, "note.wav", as: "a1.wav"), try place.row(2, "note.m4a", in: "edited", as: "b2.m4a"),
            try place.row(3, "note.opus", as: "c3.opus"), try place.row(4, "note.mp3", as: "d4.mp3"),
        ]
        rows[0].title = " Monday\ntalk "
        rows[1].status = "archived"
        rows[2].status = "deleted"
        rows[3].checksum = String(repeating: "0", count: 64)
        rows[3].duration = 12
        rows.append(OldRecorder.Row(id: 5, filename: "gone.wav", storedName: "gone.wav", duration: 1))
        try place.speech("note.aac", as: "recordings/raw/stray.aac")
        let source = try await place.oldRecorder(.last, rows)
        let before = try place.sourceState()
        let summary = try await place.run(source)
        #expect(try place.sourceState() == before, "nothing is written beside the database")
        #expect((summary.total, summary.imported, summary.leftOut) == (4, 4, 0))
        let problems = summary.problems.map(\.description)
        #expect(problems.count == 3, "\(problems)")
        #expect(problems.contains { $0.contains("recording 5 (gone.wav)") && $0.contains("missing") })
        #expect(problems.contains { $0.contains("recording 4 (d4.mp3)") && $0.contains("SHA-256") })
        #expect(problems.contains { $0.contains("recording 4 (d4.mp3)") && $0.contains("12.0 s") })
        #expect(summary.remarks.contains { $0.name.hasSuffix("raw/stray.aac") })
        #expect(summary.remarks.contains { $0.name.contains("recording 1") && $0.text.contains("Monday talk") })

        let active = try await place.notes()
        let monday = try #require(active.first { $0.title == "Monday talk" })
        #expect(monday.createdAt == Timestamp("2024-05-01T10:11:12.250Z") && monday.id.time == monday.createdAt)
        #expect(monday.recording.fileName == "original a1.wav" && monday.state == .ready && monday.tags.isEmpty)
        #expect(active.first { $0.title == "Talk 4" }?.tags == ["checksum mismatch"])
        let archived = try await place.notes(archived: true)
        #expect(archived.map(\.title) == ["Talk 2"] && archived.first?.tags == ["edited"])
        let trashed = try await place.notes(trashed: true)
        #expect(trashed.map(\.title) == ["Talk 3"])
        let trashedAt = try #require(trashed.first?.trashedAt)
        #expect(Timestamp.now() - trashedAt < .seconds(300), "its time in the trash begins now")
        try await eventually("the copy of the database stays") { try place.fixture.names(.temp).isEmpty }
    }

    @Test("a database from before the last migration is read, too")
    func firstShape() async throws {
        let place = try await ImportPlace()
        try place.speech("note.opus", as: "recordings/raw/one.opus")
        try place.speech("note.m4a", as: "recordings/edited/two.m4a")
        let rows = [
            OldRecorder.Row(
                id: 1, filename: "one.opus", title: "One", duration: 10.2, createdAt: "2020-02-29T23:59:59Z"),
            OldRecorder.Row(id: 2, filename: "two.m4a", status: "archived", createdAt: nil),
        ]
        let summary = try await place.run(try await place.oldRecorder(.first, rows))
        #expect(summary.imported == 2 && summary.problems.isEmpty, "\(summary.problems)")
        #expect(try await place.notes().map(\.createdAt) == [Timestamp("2020-02-29T23:59:59Z")])
        #expect(try await place.notes(archived: true).map(\.title) == ["two"])
    }

    @Test("a raw recording and its edited copy of the same name each belong to the row that describes them")
    func sameName() async throws {
        let place = try await ImportPlace()
        let raw = try place.row(1, "note.opus", as: "same.opus")
        let edited = try place.row(2, "note.mp3", in: "edited", as: "same.opus")
        // Stored names are unique, so only one of them can have a row.
        let source = try await place.oldRecorder(.last, [edited])
        let summary = try await place.run(source)
        #expect(summary.imported == 1 && summary.problems.isEmpty)
        let note = try #require(try await place.notes().first)
        #expect(note.recording.blob.sha256.description == edited.checksum && raw.checksum != edited.checksum)
        #expect(summary.remarks.contains { $0.text.contains("another file") })
    }

    @Test("files may be elsewhere, and what was written last may stand in the log only")
    func elsewhere() async throws {
        let place = try await ImportPlace()
        try place.speech("note.opus", as: "disk/raw/one.opus")
        try FileManager.default.createDirectory(atPath: "\(place.folder)/live", withIntermediateDirectories: true)
        let live = try await OldRecorder.make(
            "\(place.folder)/live/app.db", .last, [OldRecorder.Row(id: 7, filename: "one.opus", storedName: "one.opus")]
        )
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: "\(place.folder)/live/app.db\(suffix)", toPath: "\(place.folder)/app.db\(suffix)")
        }
        try await live.close()
        let source = OldRecorderSource(
            "\(place.folder)/app.db", files: "\(place.folder)/disk", temporary: place.fixture.folder.path(.temp))
        let before = try place.sourceState()
        #expect(try await place.run(source).imported == 1)
        #expect(try place.sourceState() == before)
    }

    @Test("names that lead elsewhere, and texts that no recorder wrote, do no harm and are named")
    func hostile() async throws {
        let place = try await ImportPlace()
        try place.speech("note.opus", as: "recordings/secret.opus")
        try place.speech("note.mp3", as: "recordings/raw/line\r\nbreak.mp3")
        let names = ["../secret.opus", "/etc/passwd", ".", "..", String(repeating: "x", count: 400), "raw/../a"]
        var rows = names.enumerated().map { number, name in
            OldRecorder.Row(id: Int64(number + 1), filename: "n\(number)", storedName: name)
        }
        rows.append(OldRecorder.Row(id: 20, filename: "\u{1B}[2J", storedName: "line\r\nbreak.mp3"))
        rows[6].title = String(repeating: "long ", count: 20_000)
        rows[6].createdAt = "9999-01-01 00:00:00"
        rows[6].duration = .infinity
        rows[6].checksum = "md5:abc"
        let nul = """
            INSERT INTO recordings (id, filename, stored_filename) VALUES
            (30, 'nul.opus', CAST(X'7365637265742E6F7075730061' AS TEXT)), (31, NULL, NULL)
            """
        let source = try await place.oldRecorder(.last, rows, more: [nul])
        let told = ToldEvents()
        let summary = try await place.run(source) { told.note($0) }
        #expect((summary.total, summary.imported) == (1, 1))
        for number in 1...6 {
            #expect(summary.problems.contains { $0.name.hasPrefix("recording \(number) ") }, "row \(number)")
        }
        #expect(summary.problems.contains { $0.name.hasPrefix("recording 30") })
        #expect(summary.problems.contains { $0.name.hasPrefix("recording 31") })
        #expect(try place.fixture.blobFiles().count >= 1)
        let note = try #require(try await place.notes().first)
        #expect(note.title == "[2J", "the file's name, because the title was too long to be one")
        #expect(note.createdAt < Timestamp.now() + .seconds(1), "the file's time instead")
        let texts = summary.findings.map(\.description) + told.names
        #expect(texts.allSatisfy { text in text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } })
    }
}
