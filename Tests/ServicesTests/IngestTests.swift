import Blobs
import Core
import Foundation
import NIOCore
import Persistence
import Testing

@testable import Services

@Suite struct IngestTests {
    private static let bytes = Array("what was said".utf8)

    @Test("an acknowledged recording is a note, a recording, a verified blob and a job, and its file is in place")
    func complete() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let draft = NoteDraft(
            title: " Talk ", tags: ["Work", "work"], folder: "A", fileName: "../memo.wav", mimeType: "audio/wav")
        let (note, receipt) = try await fixture.upload(Self.bytes, draft, of: account)
        #expect(receipt == Receipt(sha256: note.recording.blob.sha256, size: Int64(Self.bytes.count)))
        let stored = try #require(try await fixture.database.read { try $0.notes.find(note.id, of: account) })
        #expect(stored == note)
        #expect(
            stored.title == "Talk" && stored.tags == ["Work"] && stored.folder == "A" && stored.state == .processing)
        #expect(stored.recording.fileName == "memo.wav")
        #expect(stored.recording.verifiedAt != nil)
        #expect(try fixture.content(of: receipt.sha256) == Self.bytes)
        let job = try await fixture.job(of: note)
        #expect(job?.state == .waiting && job?.attempts == 0)
        try await eventually { try fixture.names(.incoming).isEmpty }
    }

    @Test("the file's name becomes the title where none was given")
    func title() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let draft = NoteDraft(fileName: "C:\\tmp\\My talk.m4a", mimeType: "audio/mp4")
        #expect(try await fixture.upload(Self.bytes, draft, of: account).note.title == "My talk")
    }

    @Test("everything is recorded or nothing: what cannot be recorded leaves no file and no row (known mistake 7)")
    func together() async throws {
        let fixture = try await Fixture()
        await #expect(throws: (any Error).self, "there is no such account") {
            try await fixture.upload(Self.bytes, of: Account.ID())
        }
        try await eventually { try fixture.names(.incoming).isEmpty }
        #expect(try fixture.blobFiles().isEmpty)
        #expect(try await fixture.database.read { try $0.blobs.totals() } == (0, 0))
        #expect(try await fixture.database.read { try $0.jobs.counts() } == [:])
    }

    @Test("what cannot be recorded leaves the file of a note with the same content in place")
    func togetherWithOther() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (_, receipt) = try await fixture.upload(Self.bytes, of: account)
        await #expect(throws: (any Error).self) { try await fixture.upload(Self.bytes, of: Account.ID()) }
        #expect(try fixture.content(of: receipt.sha256) == Self.bytes)
    }

    @Test("bytes that are not what was announced leave nothing")
    func mismatch() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let other = SHA256Hash(bytes: [UInt8](repeating: 1, count: 32))
        await expect(.digestMismatch) {
            try await fixture.upload(Self.bytes, NoteDraft(mimeType: "audio/wav", announced: other), of: account)
        }
        try await eventually { try fixture.names(.incoming).isEmpty }
        #expect(try fixture.blobFiles().isEmpty)
        #expect(try await fixture.notes.list(NoteQuery(), of: account).items.isEmpty)
    }

    @Test("a mismatch does not touch a note that has the content that did arrive")
    func mismatchWithOther() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Self.bytes, of: account)
        let other = SHA256Hash(bytes: [UInt8](repeating: 1, count: 32))
        await expect(.digestMismatch) {
            try await fixture.upload(Self.bytes, NoteDraft(mimeType: "audio/wav", announced: other), of: account)
        }
        #expect(try fixture.content(of: note.recording.blob.sha256) == Self.bytes)
        let good = NoteDraft(mimeType: "audio/wav", announced: note.recording.blob.sha256)
        #expect(try await fixture.upload(Self.bytes, good, of: account).note.id != note.id)
    }

    @Test("a draft with mistakes leaves nothing and says what is wrong")
    func badDraft() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let draft = NoteDraft(title: "a\u{0}", tags: [","], folder: "\n\u{1}x", mimeType: "audio/wav")
        await #expect {
            try await fixture.upload(Self.bytes, draft, of: account)
        } throws: { error in
            (error as? VoiceNoteError)?.fields.map(\.field) == ["title", "tags", "folder"]
        }
        try await eventually { try fixture.names(.incoming).isEmpty }
        #expect(try fixture.blobFiles().isEmpty)
    }

    @Test("a recording may be as large as the limit and no byte larger, announced or not")
    func tooLarge() async throws {
        let fixture = try await Fixture { $0.largestFile = 1000 }
        let account = try await fixture.account()
        try await fixture.upload([UInt8](repeating: 1, count: 1000), of: account)
        await expect(.tooLarge) { _ = try fixture.ingest.begin(expecting: 1001) }
        var incoming = try fixture.ingest.begin(expecting: nil)
        try await fixture.ingest.append(ByteBuffer(repeating: 1, count: 600), to: &incoming)
        do {
            try await fixture.ingest.append(ByteBuffer(repeating: 1, count: 401), to: &incoming)
            Issue.record("the limit was passed")
        } catch {
            #expect((error as? VoiceNoteError)?.code == .tooLarge)
        }
        await fixture.ingest.abort(&incoming)
        try await eventually { try fixture.names(.incoming).isEmpty }
    }

    @Test("an upload that would fill the disk is refused before it begins, where the check is on")
    func full() async throws {
        let checked = try await Fixture { limits in
            limits.minimumFree = .max / 2
            limits.diskCheck = true
        }
        await expect(.storageFull) { _ = try checked.ingest.begin(expecting: 1) }
        await expect(.storageFull) { _ = try checked.ingest.begin(expecting: nil) }
        #expect(try checked.names(.incoming).isEmpty)
        let unchecked = try await Fixture { $0.minimumFree = .max / 2 }
        try await unchecked.upload(Self.bytes, of: try await unchecked.account())
    }

    @Test("the same content twice is two notes on one file")
    func same() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let first = try await fixture.upload(Self.bytes, of: account)
        let second = try await fixture.upload(Self.bytes, of: account)
        #expect(first.note.id != second.note.id)
        #expect(first.receipt == second.receipt)
        #expect(try fixture.blobFiles().count == 1)
        #expect(try await fixture.database.read { try $0.blobs.totals().count } == 1)
    }

    @Test("fifty uploads at once are fifty notes, each with its file (known mistake 3)")
    func concurrent() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { try await fixture.upload(Array("number \(number % 40)".utf8), of: account) }
            }
            try await group.waitForAll()
        }
        let notes = try await fixture.notes.list(NoteQuery(limit: 500), of: account).items
        #expect(notes.count == 50)
        #expect(Set(notes.map(\.recording.blob.sha256.description)) == (try fixture.blobFiles()))
        #expect(try fixture.blobFiles().count == 40)
    }

    @Test("whoever listens hears of the new note")
    func event() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        var events = fixture.events.events(for: account).makeAsyncIterator()
        let (note, _) = try await fixture.upload(Self.bytes, of: account)
        guard case .changed(let heard)? = await events.next() else {
            Issue.record("no event")
            return
        }
        #expect(heard == note)
    }

    @Test("a deletion that races with an upload of the same content never takes the file of the new note")
    func racingDeletion() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        var last = try await fixture.upload(Self.bytes, of: account).note
        for round in 0..<200 {
            let old = last.id
            _ = try await fixture.notes.trash(old, of: account)
            async let deletion: Void = fixture.notes.deleteForGood(old, of: account)
            if !round.isMultiple(of: 3) { try await Task.sleep(for: .microseconds(Int64(round) * 20)) }
            async let upload = fixture.upload(Self.bytes, of: account)
            last = try await upload.note
            try await deletion
            let sha256 = last.recording.blob.sha256
            try #require(fixture.store.isPresent(sha256), "round \(round)")
            #expect(try await fixture.database.read { try $0.blobs.exists(sha256) })
        }
        #expect(try fixture.content(of: last.recording.blob.sha256) == Self.bytes)
        #expect(try await fixture.notes.list(NoteQuery(), of: account).items.map(\.id) == [last.id])
    }
}
