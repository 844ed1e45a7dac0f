import Blobs
import Core
import Foundation
import NIOCore
import Persistence
import Testing

@testable import Services

@Suite struct UploadsTests {
    private static let bytes = Array("what was said".utf8)

    @Test("a new upload is open, empty and described by its cleaned draft")
    func create() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        var new = Uploads.NewUpload(
            draft: NoteDraft(tags: ["Work", "work"], fileName: "../a.webm", mimeType: "audio/webm"))
        new.length = 13
        new.metadata = "filename Li4vYS53ZWJt"
        let upload = try await fixture.uploads.create(new, of: account)
        #expect(upload.state == .open && upload.kind == .whole && upload.offset == 0 && upload.length == 13)
        #expect(upload.draft == NoteDraft(title: "a", tags: ["Work"], fileName: "a.webm", mimeType: "audio/webm"))
        #expect(try await fixture.row(upload) == upload)
        #expect(try await fixture.uploads.find(upload.id, of: account) == upload)
        #expect(fixture.uploads.expiry(of: upload) == upload.updatedAt + fixture.settings.uploads.expiry)
        #expect(try await fixture.resume(upload) == upload)
        #expect(try fixture.names(.incoming) == [])
    }

    @Test("a draft with mistakes makes no upload")
    func badDraft() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let new = Uploads.NewUpload(draft: NoteDraft(tags: [","], mimeType: "audio/webm"))
        await expect(.validationFailed) { _ = try await fixture.uploads.create(new, of: account) }
        #expect(try await fixture.uploads.open(of: account, announced: nil).isEmpty)
    }

    @Test(
        "pieces are on disk one by one and a note in the end, by word or by length",
        arguments: [false, true], [[13], [1, 12], [0, 5, 0, 8, 0], [4, 4, 5]])
    func pieces(endsByLength: Bool, lengths: [Int]) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        var upload = try await fixture.create(of: account, endsByLength: endsByLength, length: endsByLength ? 13 : nil)
        for (number, length) in lengths.enumerated() {
            if upload.state == .complete { break }
            let start = Int(upload.offset)
            let isLast = endsByLength ? nil : number == lengths.count - 1
            upload = try await fixture.send(
                Array(Self.bytes[start..<start + length]), at: upload.offset, to: upload, isLast: isLast)
            #expect(upload.offset == Int64(start + length))
            let row = try await fixture.row(upload)
            #expect(row == upload, "what is answered is what is on disk")
            if upload.state == .open {
                #expect(try fixture.bytes(of: upload) == Array(Self.bytes[..<(start + length)]))
            }
        }
        let receipt = try #require(upload.receipt)
        #expect(upload.state == .complete && upload.length == 13 && receipt.size == 13)
        #expect(fixture.uploads.expiry(of: upload) == nil)
        let note = try await fixture.notes.find(try #require(upload.note), of: account)
        #expect(note.title == "Talk" && note.recording.blob.sha256 == receipt.sha256 && !note.recording.isRecovered)
        #expect(try fixture.content(of: receipt.sha256) == Self.bytes)
        #expect(try await fixture.job(of: note)?.state == .waiting)
        #expect(try await fixture.resume(upload) == upload)
        #expect(try await fixture.noteCount(of: account) == 1)
        try await eventually { try fixture.names(.incoming).isEmpty }
    }

    @Test("an announced length of nothing is there at once")
    func nothing() async throws {
        let fixture = try await Fixture()
        let upload = try await fixture.create(of: try await fixture.account(), endsByLength: true, length: 0)
        let done = try await fixture.resume(upload)
        #expect(done.state == .complete && done.receipt?.size == 0)
    }

    @Test("all bytes are not the end where the client says when it is, and an empty piece can say it")
    func endByWord() async throws {
        let fixture = try await Fixture()
        let upload = try await fixture.create(of: try await fixture.account(), length: 13)
        #expect(try await fixture.send(Self.bytes, at: 0, to: upload).state == .open)
        #expect(try await fixture.resume(upload).state == .open)
        let done = try await fixture.send([], at: 13, to: upload, isLast: true)
        #expect(done.state == .complete && done.receipt?.size == 13)
    }

    @Test("the last answer can be asked for again, and nothing else is taken")
    func again() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account)
        let done = try await fixture.send(Self.bytes, at: 0, to: upload, isLast: true)
        for isLast in [true, nil] {
            #expect(try await fixture.send([], at: 13, to: upload, isLast: isLast) == done)
        }
        await expectRefusal(.complete) { try await fixture.send([1], at: 13, to: upload, isLast: true) }
        await expectRefusal(.complete) { try await fixture.send([], at: 13, to: upload, isLast: false) }
        await expectRefusal(.complete) { try await fixture.send([], at: 0, to: upload, isLast: true) }
        #expect(try await fixture.noteCount(of: account) == 1)
    }

    @Test("bytes that come after the end are refused also where the client did not say how many they are")
    func afterTheEnd() async throws {
        let fixture = try await Fixture()
        let upload = try await fixture.create(of: try await fixture.account())
        try await fixture.send(Self.bytes, at: 0, to: upload, isLast: true)
        await expectRefusal(.complete) {
            var piece = Uploads.Piece(offset: 13)
            piece.isLast = true
            try await fixture.send(piece, [.bytes([1, 2])], to: upload)
        }
    }

    @Test("a deleted upload is gone with its bytes")
    func delete() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account)
        try await fixture.send(Self.bytes, at: 0, to: upload)
        try await fixture.uploads.delete(upload.id, of: account, stop: {})
        #expect(try fixture.names(.incoming) == [])
        try await eventually(within: .seconds(5)) { fixture.descriptors(of: upload) == 0 }
        #expect(try await fixture.uploads.open(of: account, announced: nil).isEmpty)
        await expectRefusal(.gone) { _ = try await fixture.uploads.find(upload.id, of: account) }
        await expectRefusal(.gone) { _ = try await fixture.resume(upload) }
        await expectRefusal(.gone) { try await fixture.send([1], at: 13, to: upload) }
        await expectRefusal(.gone) { try await fixture.uploads.delete(upload.id, of: account, stop: {}) }
        await expectRefusal(.gone) { _ = try await fixture.uploads.audio(upload.id, of: account) }
    }

    @Test("the note of a complete upload stays when the upload is deleted")
    func deleteComplete() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account)
        let done = try await fixture.send(Self.bytes, at: 0, to: upload, isLast: true)
        try await fixture.uploads.delete(upload.id, of: account, stop: {})
        #expect(try await fixture.noteCount(of: account) == 1)
        #expect(try fixture.content(of: try #require(done.receipt).sha256) == Self.bytes)
    }

    @Test("what is on disk can be read while more comes")
    func audio() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account, isLive: true)
        await expect(.notReady) { _ = try await fixture.uploads.audio(upload.id, of: account) }
        try await fixture.send(Self.bytes, at: 0, to: upload)
        let (found, file) = try await fixture.uploads.audio(upload.id, of: account)
        var buffer = [UInt8](repeating: 0, count: 20)
        #expect(try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: 0) } == 13)
        #expect(found.offset == 13 && Array(buffer[..<13]) == Self.bytes)
        try await fixture.send([], at: 13, to: upload, isLast: true)
        await expect(.notReady) { _ = try await fixture.uploads.audio(upload.id, of: account) }
    }

    @Test("open uploads are listed for their account, and found by what they announced")
    func list() async throws {
        let fixture = try await Fixture()
        let (account, other) = (try await fixture.account(), try await fixture.account())
        let announced = SHA256Hash(bytes: [UInt8](repeating: 1, count: 32))
        let upload = try await fixture.create(of: account, announced: announced)
        _ = try await fixture.create(of: account)
        #expect(try await fixture.uploads.open(of: account, announced: nil).count == 2)
        #expect(try await fixture.uploads.open(of: account, announced: announced) == [upload])
        #expect(try await fixture.uploads.open(of: other, announced: nil).isEmpty)
    }

    @Test("to another account, an upload is not there")
    func otherAccount() async throws {
        let fixture = try await Fixture()
        let (account, other) = (try await fixture.account(), try await fixture.account())
        let upload = try await fixture.create(of: account)
        try await fixture.send(Self.bytes, at: 0, to: upload)
        await expect(.notFound) { _ = try await fixture.uploads.find(upload.id, of: other) }
        await expect(.notFound) { _ = try await fixture.uploads.resume(upload.id, of: other, stop: {}) }
        await expect(.notFound) { try await fixture.uploads.delete(upload.id, of: other, stop: {}) }
        await expect(.notFound) { _ = try await fixture.uploads.audio(upload.id, of: other) }
        await expect(.notFound) {
            _ = try await fixture.uploads.append(
                Uploads.Piece(offset: 13), to: upload.id, of: other, body: { Script(steps: [.bytes([1])]) }, stop: {})
        }
        #expect(try await fixture.resume(upload).offset == 13)
        #expect(try fixture.bytes(of: upload) == Self.bytes)
    }
}
