import Core
import Persistence
import Testing

@testable import Services

@Suite struct NotesArchiveTests {
    private let fixture: Fixture
    private let account: Account.ID

    init() async throws {
        fixture = try await Fixture()
        account = try await fixture.account()
    }

    private func archive(_ ids: [String], prefersListen: Bool = false) async throws -> [ArchiveEntry] {
        try await fixture.notes.archive(try NoteSelection(ids), prefersListen: prefersListen, of: account)
    }

    private func note(_ draft: NoteDraft, _ byte: UInt8 = 1) async throws -> Note {
        try await fixture.upload([byte], draft, of: account).note
    }

    @Test("a source keeps the name of its file, and without one is named after the note")
    func names() async throws {
        let named = try await note(NoteDraft(title: "Title", fileName: "memo.wav", mimeType: "audio/wav"))
        let titled = try await note(NoteDraft(title: "A/B: c", mimeType: "audio/wav"))
        let bare = try await note(NoteDraft(mimeType: "audio/wav"))
        let entries = try await archive([named, titled, bare].map(\.id.description))
        #expect(entries.map(\.note) == [named.id, titled.id, bare.id])
        #expect(entries[0].fileName == "memo.wav")
        #expect(entries[1].fileName == "A-B- c.audio")
        #expect(entries[2].fileName == "note-\(bare.createdAt.description.prefix(19)).audio".replacing(":", with: "-"))
        #expect(entries.allSatisfy { $0.choice == .source })
        #expect(entries[0].blob == named.recording.blob && entries[0].recordedAt == named.createdAt)
    }

    @Test("the listen copy is taken where it is wished for and there is one")
    func listen() async throws {
        let copied = try await note(NoteDraft(title: "Copied", fileName: "a.wav", mimeType: "audio/wav"))
        let plain = try await note(NoteDraft(title: "Plain", fileName: "b.wav", mimeType: "audio/wav"), 2)
        let copy = try await fixture.upload([7, 8, 9], of: account).note.recording.blob
        try await fixture.database.write { connection in
            try connection.recordings.setRendition(
                Rendition(kind: .listen, blob: copy, codec: "opus"), of: copied.recording.id)
        }
        let ids = [copied, plain].map(\.id.description)
        let entries = try await archive(ids, prefersListen: true)
        #expect(entries.map(\.choice) == [.listen, .source])
        #expect(entries.map(\.blob.size) == [3, 1])
        #expect(entries.map(\.fileName) == ["Copied.ogg", "b.wav"])
        #expect(try await archive(ids).map(\.choice) == [.source, .source])
        for entry in entries {
            let audio = try await fixture.playback.audio(entry.note, entry.choice, of: account)
            #expect(audio.size == entry.blob.size && audio.entityTag == entry.blob.sha256.description)
            #expect(audio.fileName == entry.fileName, "the same name as alone")
        }
    }

    @Test("one note that is not the account's, and there is no archive")
    func foreign() async throws {
        let mine = try await note(NoteDraft(mimeType: "audio/wav")).id.description
        let stranger = try await fixture.account()
        let theirs = try await fixture.upload([3], of: stranger).note.id.description
        for wanted in [theirs, Note.ID().description, "no-id", ""] {
            await expect(.notFound) { _ = try await archive([mine, wanted]) }
        }
    }

    @Test("a note that is named twice is there once, and one in the trash is there, too")
    func selection() async throws {
        let note = try await note(NoteDraft(mimeType: "audio/wav"))
        _ = try await fixture.notes.trash(note.id, of: account)
        let id = note.id.description
        #expect(try await archive([id, id.uppercased(), id]).count == 1)
    }
}
