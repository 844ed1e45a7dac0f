import Blobs
import Core
import Foundation
import Persistence
import ServiceLifecycle
import Testing

@testable import Services

@Suite struct NotesTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("a patch changes what it names, and the version grows by one")
    func patch() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(
            Self.bytes("a"), NoteDraft(title: "old", tags: ["t"], folder: "F", mimeType: "audio/wav"), of: account)
        let patched = try await fixture.notes.update(
            note.id, with: NotePatch(title: " new ", folder: .some(nil), pinned: true), ifVersion: 1, of: account)
        #expect(patched.title == "new" && patched.tags == ["t"] && patched.folder == nil && patched.pinned)
        #expect(patched.version == 2)
        #expect(try await fixture.notes.find(note.id, of: account) == patched)
    }

    @Test("a patch of another version is refused, one that changes nothing makes no version")
    func versions() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Self.bytes("a"), of: account)
        let notes = fixture.notes
        await expect(.versionMismatch) {
            _ = try await notes.update(note.id, with: NotePatch(title: "x"), ifVersion: 7, of: account)
        }
        let same = try await notes.update(note.id, with: NotePatch(title: note.title), ifVersion: 1, of: account)
        #expect(same.version == 1 && same.updatedAt == note.updatedAt)
        await expect(.validationFailed) {
            _ = try await notes.update(note.id, with: NotePatch(title: "a\u{0}"), ifVersion: nil, of: account)
        }
    }

    @Test("of two patches of the same version one wins")
    func race() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Self.bytes("a"), of: account)
        let wins = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask {
                    let patch = NotePatch(title: "by \(number)")
                    return (try? await fixture.notes.update(note.id, with: patch, ifVersion: 1, of: account)) != nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(wins == 1)
        #expect(try await fixture.notes.find(note.id, of: account).version == 2)
    }

    @Test("another's note is not found, whatever one wants to do with it")
    func foreign() async throws {
        let fixture = try await Fixture()
        let ada = try await fixture.account()
        let bob = try await fixture.account()
        let (note, _) = try await fixture.upload(Self.bytes("a"), of: ada)
        let notes = fixture.notes
        await expect(.notFound) { _ = try await notes.find(note.id, of: bob) }
        await expect(.notFound) { _ = try await notes.update(note.id, with: NotePatch(), ifVersion: nil, of: bob) }
        await expect(.notFound) { _ = try await notes.trash(note.id, of: bob) }
        await expect(.notFound) { _ = try await notes.restore(note.id, of: bob) }
        await expect(.notFound) { _ = try await notes.retry(note.id, of: bob) }
        await expect(.notFound) { try await notes.revokeURLs(note.id, of: bob) }
        await expect(.notFound) { try await notes.deleteForGood(note.id, of: bob) }
        #expect(try await notes.list(NoteQuery(), of: bob).items.isEmpty)
        #expect(try await notes.find(note.id, of: ada) == note)
    }

    @Test("the trash hides a note and gives it back, and takes its signed URLs for good")
    func trash() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Self.bytes("a"), of: account)
        let trashed = try await fixture.notes.trash(note.id, of: account)
        #expect(trashed.trashedAt != nil && trashed.urlEpoch == note.urlEpoch + 1)
        #expect(try await fixture.notes.trash(note.id, of: account) == trashed, "twice is as good as once")
        #expect(try await fixture.notes.list(NoteQuery(), of: account).items.isEmpty)
        #expect(try await fixture.notes.list(NoteQuery(trashed: true), of: account).items == [trashed])
        let restored = try await fixture.notes.restore(note.id, of: account)
        #expect(restored.trashedAt == nil && restored.urlEpoch == trashed.urlEpoch)
        #expect(try await fixture.notes.restore(note.id, of: account) == restored)
        #expect(fixture.store.isPresent(note.recording.blob.sha256))
    }

    @Test("only what is in the trash can be deleted for good")
    func notInTrash() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Self.bytes("a"), of: account)
        await expect(.notInTrash) { try await fixture.notes.deleteForGood(note.id, of: account) }
        #expect(fixture.store.isPresent(note.recording.blob.sha256))
    }

    @Test("deleting for good takes note, job and file, and tells who listens")
    func deleteForGood() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Self.bytes("a"), of: account)
        _ = try await fixture.notes.trash(note.id, of: account)
        var events = fixture.events.events(for: account).makeAsyncIterator()
        try await fixture.notes.deleteForGood(note.id, of: account)
        await expect(.notFound) { _ = try await fixture.notes.find(note.id, of: account) }
        #expect(try await fixture.job(of: note) == nil)
        #expect(try fixture.blobFiles().isEmpty)
        #expect(try await fixture.database.read { try $0.blobs.totals().count } == 0)
        guard case .removed(let id)? = await events.next() else {
            Issue.record("no event")
            return
        }
        #expect(id == note.id)
        await expect(.notFound) { try await fixture.notes.deleteForGood(note.id, of: account) }
    }

    @Test("a blob stays while any note, also another account's or one in the trash, refers to it")
    func shared() async throws {
        let fixture = try await Fixture()
        let ada = try await fixture.account()
        let bob = try await fixture.account()
        let mine = try await fixture.upload(Self.bytes("same"), of: ada).note
        let twin = try await fixture.upload(Self.bytes("same"), of: ada).note
        let theirs = try await fixture.upload(Self.bytes("same"), of: bob).note
        let blob = mine.recording.blob.sha256
        for (note, owner) in [(mine, ada), (twin, ada), (theirs, bob)] {
            #expect(try fixture.content(of: blob) == Self.bytes("same"))
            _ = try await fixture.notes.trash(note.id, of: owner)
            #expect(try fixture.content(of: blob) == Self.bytes("same"))
            try await fixture.notes.deleteForGood(note.id, of: owner)
        }
        #expect(!fixture.store.isPresent(blob))
    }

    @Test("emptying the trash takes what was there for too long and nothing else, however many they are")
    func emptyTrash() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let old = Timestamp.now() - .seconds(100)
        for number in 0..<230 {
            let note = try await fixture.upload(Self.bytes("\(number)"), of: account).note
            guard number < 220 else { continue }
            try await fixture.database.write { connection in
                var trashed = note
                trashed.trashedAt = number < 210 ? old : .now()
                _ = try connection.notes.update(trashed, from: note)
            }
        }
        #expect(try await fixture.notes.emptyTrash(olderThan: .seconds(50)) == 210)
        #expect(try await fixture.notes.emptyTrash(olderThan: .seconds(50)) == 0)
        #expect(try fixture.blobFiles().count == 20)
        #expect(try await fixture.notes.list(NoteQuery(limit: 500), of: account).items.count == 10)
        #expect(try await fixture.notes.list(NoteQuery(limit: 500, trashed: true), of: account).items.count == 10)
    }

    @Test("the sweep empties the trash as soon as it starts, and ends when it is told to")
    func sweep() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Self.bytes("a"), of: account)
        _ = try await fixture.notes.trash(note.id, of: account)
        try await Task.sleep(for: .milliseconds(5))
        let sweep = TrashSweep(notes: fixture.notes, retention: .milliseconds(1), logger: fixture.logger)
        let task = Task { try await sweep.run() }
        try await eventually { try fixture.blobFiles().isEmpty }
        task.cancel()
        try await task.value
    }

    @Test("only a failed recording can be processed again, and then it waits for its job")
    func retry() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Self.bytes("a"), of: account)
        await expect(.notFailed) { _ = try await fixture.notes.retry(note.id, of: account) }
        try await fixture.database.write { connection in
            var failed = note
            failed.state = .failed
            failed.reason = "why"
            _ = try connection.notes.update(failed, from: note)
            try connection.jobs.delete(kind: Processing.jobKind, subject: note.recording.id.description)
        }
        let again = try await fixture.notes.retry(note.id, of: account)
        #expect(again.state == .processing && again.reason == nil)
        #expect(try await fixture.job(of: note)?.state == .waiting)
    }

    @Test("a page has from 1 to 500 notes", arguments: [0, -1, 501])
    func limit(limit: Int) async throws {
        let fixture = try await Fixture()
        await expect(.validationFailed) { _ = try await fixture.notes.list(NoteQuery(limit: limit), of: Account.ID()) }
    }
}
