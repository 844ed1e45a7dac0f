import Blobs
import Core
import NIOPosix
import Persistence
import Testing

@testable import Services

/// A process died between the name of an upload's blob and its row: it is finished or undone, and never half of it.
@Suite struct LinkedUploadTests {
    private static let bytes = Array("what was said".utf8)

    private static func start(_ fixture: Fixture) async throws -> (uploads: Uploads, report: Recovery.Report) {
        let store = LocalStore(folder: fixture.folder, threads: .singleton)
        let report = try await Recovery(database: fixture.database, store: store, logger: fixture.logger).run()
        return (fixture.restarted(), report)
    }

    private static func expectComplete(_ upload: Upload, _ fixture: Fixture) async throws {
        let row = try #require(try await fixture.row(upload))
        let receipt = try #require(row.receipt)
        #expect(row.state == .complete && row.offset == 13 && receipt.size == 13)
        #expect(try fixture.content(of: receipt.sha256) == bytes)
        #expect(try await fixture.database.read { try $0.blobs.exists(receipt.sha256) })
        let note = try await fixture.notes.find(try #require(row.note), of: upload.account)
        #expect(note.recording.blob.sha256 == receipt.sha256 && !note.recording.isRecovered)
        try await eventually { try fixture.names(.incoming).isEmpty }
    }

    private static func expectNothing(of upload: Upload, _ fixture: Fixture) async throws {
        #expect(try await fixture.row(upload)?.state == .gone)
        #expect(try fixture.blobFiles().isEmpty)
        #expect(try fixture.names(.incoming) == [])
        #expect(try await fixture.noteCount(of: upload.account) == 0)
    }

    @Test("the start keeps it for the one who completes it", arguments: [0, 4, 13])
    func completed(acknowledged: Int) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (upload, _) = try await fixture.linkedUpload(Self.bytes, acknowledged: acknowledged, of: account)
        let (uploads, report) = try await Self.start(fixture)
        #expect(report.openUploads == 1 && report.removedBlobs == 0 && report.removedFiles == 0)
        try await uploads.completeLinked()
        try await Self.expectComplete(upload, fixture)
        try await uploads.completeLinked()
        #expect(try await fixture.noteCount(of: account) == 1)
    }

    @Test("a client that asks where to go on hears that it is complete", arguments: [0, 4, 13])
    func resumed(acknowledged: Int) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (upload, _) = try await fixture.linkedUpload(Self.bytes, acknowledged: acknowledged, of: account)
        let (uploads, _) = try await Self.start(fixture)
        let now = try await fixture.resume(upload, by: uploads)
        #expect(now.state == .complete && now.offset == 13)
        try await Self.expectComplete(upload, fixture)
        let again = try await fixture.send([], at: 13, to: upload, isLast: true, by: uploads)
        #expect(again == now)
    }

    @Test("a client that sends the rest again hears that it is complete")
    func sentAgain() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (upload, _) = try await fixture.linkedUpload(Self.bytes, acknowledged: 4, of: account)
        let (uploads, _) = try await Self.start(fixture)
        await expectRefusal(.complete) {
            try await fixture.send(Array(Self.bytes[4...]), at: 4, to: upload, isLast: true, by: uploads)
        }
        try await Self.expectComplete(upload, fixture)
    }

    @Test("when it is deleted instead, no file is left without a row", arguments: [0, 4])
    func deleted(acknowledged: Int) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (upload, _) = try await fixture.linkedUpload(Self.bytes, acknowledged: acknowledged, of: account)
        let (uploads, _) = try await Self.start(fixture)
        try await uploads.delete(upload.id, of: account, stop: {})
        try await Self.expectNothing(of: upload, fixture)
    }

    @Test("when it is deleted instead, the note with the same content keeps its file")
    func deletedWithOther() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (upload, blob) = try await fixture.linkedUpload(Self.bytes, acknowledged: 4, of: account)
        let (uploads, _) = try await Self.start(fixture)
        try await fixture.upload(Self.bytes, of: account)
        try await uploads.delete(upload.id, of: account, stop: {})
        #expect(try fixture.content(of: blob) == Self.bytes)
        #expect(try await fixture.noteCount(of: account) == 1)
    }

    @Test("when nobody comes, nothing is left of it either")
    func expired() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (upload, _) = try await fixture.linkedUpload(Self.bytes, acknowledged: 4, of: account)
        let (uploads, _) = try await Self.start(fixture)
        let sweep = UploadSweep(uploads: uploads, settings: fixture.settings.uploads, logger: fixture.logger)
        try await sweep.sweep(at: .now() + fixture.settings.uploads.expiry + .seconds(60))
        try await Self.expectNothing(of: upload, fixture)
    }
}
