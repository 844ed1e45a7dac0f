import Blobs
import Core
import NIOCore
import Persistence
import Testing

@testable import Services

/// The last step: everything becomes a note, or nothing happened.
@Suite struct UploadCompletionTests {
    private static let bytes = Array("what was said".utf8)
    private static let other = SHA256Hash(bytes: [UInt8](repeating: 1, count: 32))

    /// The digest of the bytes, as a note with the same content has it.
    private static func digest(_ fixture: Fixture) async throws -> SHA256Hash {
        try await fixture.upload(bytes, of: try await fixture.account()).receipt.sha256
    }

    @Test("bytes that are what was announced at the creation become a note")
    func announced() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account, announced: try await Self.digest(fixture))
        try await fixture.send(Array(Self.bytes[..<4]), at: 0, to: upload)
        let done = try await fixture.send(Array(Self.bytes[4...]), at: 4, to: upload, isLast: true)
        #expect(done.state == .complete && done.receipt?.sha256 == upload.draft.announced)
    }

    @Test("bytes that are not what was announced at the creation end the upload, and nothing of them stays")
    func notAnnounced() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        for start in [0, 4, 13] {
            let upload = try await fixture.create(of: account, announced: Self.other)
            if start > 0 { try await fixture.send(Array(Self.bytes[..<start]), at: 0, to: upload) }
            await expect(.digestMismatch) {
                try await fixture.send(Array(Self.bytes[start...]), at: Int64(start), to: upload, isLast: true)
            }
            #expect(try await fixture.row(upload)?.state == .gone)
            await expectRefusal(.gone) { _ = try await fixture.resume(upload) }
            #expect(try !fixture.hasFile(upload))
            // An open descriptor keeps the bytes on the disk, whatever the folder says.
            try await eventually("from \(start)", within: .seconds(5)) { fixture.descriptors(of: upload) == 0 }
        }
        #expect(try fixture.blobFiles().isEmpty)
        #expect(try await fixture.noteCount(of: account) == 0)
    }

    @Test("a mismatch does not touch the note that has the content that did arrive")
    func notAnnouncedWithOther() async throws {
        let fixture = try await Fixture()
        let digest = try await Self.digest(fixture)
        let upload = try await fixture.create(of: try await fixture.account(), announced: Self.other)
        await expect(.digestMismatch) { try await fixture.send(Self.bytes, at: 0, to: upload, isLast: true) }
        #expect(try fixture.content(of: digest) == Self.bytes)
    }

    @Test(
        "when the database refuses the note, no file is left without a row, and the upload is where it was",
        arguments: [0, 9])
    func refused(acknowledged: Int) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account)
        if acknowledged > 0 { try await fixture.send(Array(Self.bytes[..<acknowledged]), at: 0, to: upload) }
        let rest = Array(Self.bytes[acknowledged...])
        try await fixture.refusingNotes {
            await #expect(throws: (any Error).self) {
                try await fixture.send(rest, at: Int64(acknowledged), to: upload, isLast: true)
            }
        }
        #expect(try fixture.blobFiles().isEmpty)
        #expect(try await fixture.database.read { try $0.blobs.totals() } == (0, 0))
        #expect(try await fixture.noteCount(of: account) == 0)
        let row = try #require(try await fixture.row(upload))
        #expect(row.state == .open && row.offset == Int64(acknowledged))
        #expect(try await fixture.resume(upload) == row)
        let done = try await fixture.send(rest, at: Int64(acknowledged), to: upload, isLast: true)
        #expect(try fixture.content(of: try #require(done.receipt).sha256) == Self.bytes)
    }

    @Test(
        "when the database refuses, a blob that somebody has come to rely on is not cut, and the upload is completed later",
        arguments: [0, 9])
    func refusedWithOther(acknowledged: Int) async throws {
        let fixture = try await Fixture()
        let digest = try await Self.digest(Fixture())
        // As if the same content were recorded by another request between the name of the blob and the refusal.
        try await fixture.database.write { connection in
            try connection.blobs.recordVerified(digest, size: 13, store: LocalStore.name, at: .now())
        }
        let upload = try await fixture.create(of: try await fixture.account())
        if acknowledged > 0 { try await fixture.send(Array(Self.bytes[..<acknowledged]), at: 0, to: upload) }
        let rest = Array(Self.bytes[acknowledged...])
        try await fixture.refusingNotes {
            await #expect(throws: (any Error).self) {
                try await fixture.send(rest, at: Int64(acknowledged), to: upload, isLast: true)
            }
        }
        #expect(try fixture.content(of: digest) == Self.bytes)
        // All bytes are there, under two names: whoever asks has it completed.
        let done = try await fixture.resume(upload)
        #expect(done.state == .complete && done.receipt?.sha256 == digest)
        #expect(try fixture.content(of: digest) == Self.bytes)
    }

    @Test("an upload that was ended by another while its last bytes came becomes no note", arguments: [0, 9])
    func ended(acknowledged: Int) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account)
        if acknowledged > 0 { try await fixture.send(Array(Self.bytes[..<acknowledged]), at: 0, to: upload) }
        await expect(.conflict) {
            var piece = Uploads.Piece(offset: Int64(acknowledged))
            piece.isLast = true
            let end = Script.Step.run {
                _ = try await fixture.database.write { try $0.uploads.abandon(upload.id, at: .now()) }
            }
            try await fixture.send(piece, [.bytes(Array(Self.bytes[acknowledged...])), end], to: upload)
        }
        #expect(try await fixture.row(upload)?.state == .gone)
        #expect(try fixture.blobFiles().isEmpty)
        #expect(try await fixture.database.read { try $0.blobs.totals() } == (0, 0))
        #expect(try await fixture.database.read { try $0.jobs.counts() } == [:])
        #expect(try await fixture.noteCount(of: account) == 0)
    }

    @Test("an upload that was ended by another while more bytes came does not go on")
    func endedInBetween() async throws {
        let fixture = try await Fixture()
        let upload = try await fixture.create(of: try await fixture.account())
        await expectRefusal(.gone) {
            let end = Script.Step.run {
                _ = try await fixture.database.write { try $0.uploads.abandon(upload.id, at: .now()) }
            }
            try await fixture.send(Uploads.Piece(offset: 0), [.bytes(Self.bytes), end], to: upload)
        }
        #expect(try await fixture.row(upload)?.offset == 0)
    }

    @Test("the same content by two uploads is two notes on one file")
    func same() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let uploads = [try await fixture.create(of: account), try await fixture.create(of: account)]
        for upload in uploads { try await fixture.send(Array(Self.bytes[..<4]), at: 0, to: upload) }
        let done = try await withThrowingTaskGroup(of: Upload.self) { group in
            for upload in uploads {
                group.addTask {
                    try await fixture.send(Array(Self.bytes[4...]), at: 4, to: upload, isLast: true)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(done.map(\.receipt)).count == 1 && Set(done.map(\.note)).count == 2)
        #expect(try fixture.blobFiles().count == 1)
        try await eventually { try fixture.names(.incoming).isEmpty }
    }

    @Test("a creation that was refused leaves no upload, unless something of it was told")
    func refusedCreation() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (empty, begun) = (try await fixture.create(of: account), try await fixture.create(of: account))
        try await fixture.send(Array(Self.bytes[..<4]), at: 0, to: begun)
        for upload in [empty, begun] { await fixture.uploads.deleteIfEmpty(upload.id) }
        #expect(try await fixture.row(empty)?.state == .gone)
        #expect(try await fixture.row(begun)?.state == .open)
        #expect(try await fixture.resume(begun).offset == 4)
    }
}
