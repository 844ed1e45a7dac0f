import Blobs
import Core
import Foundation
import Persistence
import Testing

@testable import Services

@Suite struct UploadSweepTests {
    private static let bytes = Array("what was said".utf8)

    private static func sweep(_ fixture: Fixture, _ uploads: Uploads? = nil) -> UploadSweep {
        UploadSweep(
            uploads: uploads ?? fixture.uploads, settings: fixture.settings.uploads, logger: fixture.logger)
    }

    /// Just before and just after an upload has been quiet for so long.
    private static func around(_ upload: Upload, _ quiet: Duration) -> (before: Timestamp, after: Timestamp) {
        (upload.updatedAt + quiet, upload.updatedAt + quiet + .milliseconds(1))
    }

    @Test(
        "a live recording that fell silent is completed with what came, after a restart too", arguments: [false, true])
    func live(isRestarted: Bool) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let created = try await fixture.create(of: account, isLive: true)
        let upload = try await fixture.send(Self.bytes, at: 0, to: created)
        let (before, after) = Self.around(upload, fixture.settings.uploads.liveQuiet)
        let sweep = Self.sweep(fixture, isRestarted ? fixture.restarted() : nil)
        try await sweep.sweep(at: before)
        #expect(try await fixture.row(upload) == upload)
        try await sweep.sweep(at: after)
        let done = try #require(try await fixture.row(upload))
        #expect(done.state == .complete && done.receipt?.size == 13)
        let note = try await fixture.notes.find(try #require(done.note), of: account)
        #expect(note.recording.isRecovered)
        #expect(try fixture.content(of: note.recording.blob.sha256) == Self.bytes)
        try await eventually { try fixture.names(.incoming).isEmpty }
        await expectRefusal(.complete) { try await fixture.send([1], at: 13, to: upload) }
    }

    @Test("a live recording of which all announced bytes came is not one that was broken off")
    func liveWhole() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let created = try await fixture.create(of: account, isLive: true, length: 13)
        let upload = try await fixture.send(Self.bytes, at: 0, to: created)
        try await Self.sweep(fixture).sweep(at: Self.around(upload, fixture.settings.uploads.liveQuiet).after)
        let note = try await fixture.notes.find(try #require(try await fixture.row(upload)?.note), of: account)
        #expect(!note.recording.isRecovered)
    }

    @Test("time in which the server was away or asleep does not count", arguments: [false, true])
    func away(isLive: Bool) async throws {
        let fixture = try await Fixture()
        let created = try await fixture.create(of: try await fixture.account(), isLive: isLive)
        let upload = try await fixture.send(Self.bytes, at: 0, to: created)
        let quiet = isLive ? fixture.settings.uploads.liveQuiet : fixture.settings.uploads.expiry
        let start = upload.updatedAt + .seconds(2 * 86_400)
        try await Self.sweep(fixture).sweep(at: start + quiet - .seconds(1), awakeSince: start)
        #expect(try await fixture.row(upload)?.state == .open)
        try await Self.sweep(fixture).sweep(at: start + quiet + .seconds(1), awakeSince: start)
        #expect(try await fixture.row(upload)?.state == (isLive ? .complete : .gone))
    }

    @Test("a live recording without a byte vanishes")
    func liveEmpty() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account, isLive: true)
        let (before, after) = Self.around(upload, fixture.settings.uploads.liveQuiet)
        try await Self.sweep(fixture).sweep(at: before)
        #expect(try await fixture.row(upload)?.state == .open)
        try await Self.sweep(fixture).sweep(at: after)
        #expect(try await fixture.row(upload)?.state == .gone)
        #expect(try await fixture.noteCount(of: account) == 0)
    }

    @Test("a part of a recording never becomes a note by itself, live or not", arguments: [true, false])
    func part(isLive: Bool) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        for kind in [Upload.Kind.partial, .final] {
            _ = try await fixture.create(of: account, kind: kind, isLive: isLive, endsByLength: true, length: 20)
        }
        let created = try await fixture.create(
            of: account, kind: .partial, isLive: isLive, endsByLength: true, length: 13)
        let upload = try await fixture.send(Self.bytes, at: 0, to: created, isLast: nil)
        for time in [upload.updatedAt, Self.around(upload, fixture.settings.uploads.expiry).after] {
            try await Self.sweep(fixture).sweep(at: time)
            #expect(try await fixture.noteCount(of: account) == 0)
        }
        #expect(try await fixture.row(upload)?.state == .gone)
    }

    @Test("an upload that nobody goes on with vanishes with its file", arguments: [nil, 20] as [Int64?])
    func expired(length: Int64?) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let created = try await fixture.create(of: account, length: length)
        let upload = try await fixture.send(Self.bytes, at: 0, to: created)
        let (before, after) = Self.around(upload, fixture.settings.uploads.expiry)
        #expect(fixture.uploads.expiry(of: upload) == before)
        try await Self.sweep(fixture).sweep(at: before)
        #expect(try await fixture.row(upload) == upload)
        try await Self.sweep(fixture).sweep(at: after)
        #expect(try await fixture.row(upload)?.state == .gone)
        #expect(try fixture.names(.incoming) == [])
        #expect(try await fixture.noteCount(of: account) == 0)
        try await eventually(within: .seconds(5)) { fixture.descriptors(of: upload) == 0 }
    }

    @Test("what has all its bytes and was not completed is, at once where the length says so")
    func whole() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let byLength = try await fixture.create(of: account, endsByLength: true, length: 13)
        // The last step failed.
        try await fixture.send(Self.bytes, at: 0, to: byLength, isLast: false)
        let byWord = try await fixture.create(of: account, length: 13)
        let waiting = try await fixture.send(Self.bytes, at: 0, to: byWord, isLast: false)
        try await Self.sweep(fixture).sweep(at: .now())
        #expect(try await fixture.row(byLength)?.state == .complete)
        #expect(try await fixture.row(byWord) == waiting)
        try await Self.sweep(fixture).sweep(at: Self.around(waiting, fixture.settings.uploads.expiry).after)
        #expect(try await fixture.row(byWord)?.state == .complete)
        let notes = try await fixture.notes.list(NoteQuery(), of: account).items
        #expect(notes.count == 2 && notes.allSatisfy { !$0.recording.isRecovered })
    }

    @Test("an upload that somebody is at work on is left alone")
    func underWork() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let created = try await fixture.create(of: account, isLive: true)
        let upload = try await fixture.send(Self.bytes, at: 0, to: created)
        let after = Self.around(upload, fixture.settings.uploads.liveQuiet).after
        try await fixture.uploads.locks.withLock(upload.id, stop: { Issue.record("it was disturbed") }) {
            try await Self.sweep(fixture).sweep(at: after)
        }
        #expect(try await fixture.row(upload) == upload)
        try await Self.sweep(fixture).sweep(at: after)
        #expect(try await fixture.row(upload)?.state == .complete)
    }

    @Test("one that cannot be ended does not keep the others")
    func oneFails() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        var uploads: [Upload] = []
        for _ in 0..<3 {
            let created = try await fixture.create(of: account, isLive: true)
            uploads.append(try await fixture.send(Self.bytes, at: 0, to: created))
        }
        let bad = uploads[0]
        try FileManager.default.removeItem(atPath: fixture.folder.incoming(bad.id))
        try FileManager.default.createSymbolicLink(
            atPath: fixture.folder.incoming(bad.id), withDestinationPath: "/etc/passwd")
        let after = uploads[2].updatedAt + fixture.settings.uploads.liveQuiet + .seconds(1)
        try await Self.sweep(fixture, fixture.restarted()).sweep(at: after)
        #expect(try await fixture.row(bad)?.state == .open)
        for upload in uploads.dropFirst() { #expect(try await fixture.row(upload)?.state == .complete) }
    }

    @Test("ended uploads are remembered for a week")
    func memory() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let deleted = try await fixture.create(of: account)
        try await fixture.uploads.delete(deleted.id, of: account, stop: {})
        let complete = try await fixture.create(of: account)
        let done = try await fixture.send(Self.bytes, at: 0, to: complete, isLast: true)
        let week = Duration.seconds(7 * 86_400)
        try await Self.sweep(fixture).sweep(at: done.updatedAt + week - .seconds(60))
        #expect(try await fixture.row(deleted)?.state == .gone)
        #expect(try await fixture.row(complete) == done)
        try await Self.sweep(fixture).sweep(at: done.updatedAt + week + .milliseconds(1))
        #expect(try await fixture.row(deleted) == nil)
        #expect(try await fixture.row(complete) == nil)
        await expect(.notFound) { _ = try await fixture.uploads.find(complete.id, of: account) }
        #expect(try await fixture.noteCount(of: account) == 1)
    }
}
