import Blobs
import Core
import Persistence
import Testing

@testable import Services

/// Recordings that are made of parts (tus 1.0).
@Suite struct UploadConcatenationTests {
    private static func part(_ text: String, _ fixture: Fixture, of account: Account.ID) async throws -> Upload {
        let bytes = Array(text.utf8)
        let part = try await fixture.create(
            of: account, kind: .partial, endsByLength: true, length: Int64(bytes.count))
        return try await fixture.send(bytes, at: 0, to: part, isLast: nil)
    }

    private static var draft: Uploads.NewUpload {
        var new = Uploads.NewUpload(draft: NoteDraft(title: "Talk", mimeType: "audio/webm"))
        new.parts = "final;…"
        return new
    }

    @Test("parts follow each other in the order that is asked for, as often as it is")
    func order() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (one, two) = (
            try await Self.part("abc", fixture, of: account), try await Self.part("de", fixture, of: account)
        )
        let none = try await Self.part("", fixture, of: account)
        let done = try await fixture.uploads.concatenate(
            [two.id, one.id, none.id, two.id], as: Self.draft, of: account)
        #expect(done.kind == .final && done.state == .complete && done.offset == 7 && done.parts == "final;…")
        #expect(try await fixture.row(done) == done)
        #expect(try fixture.content(of: try #require(done.receipt).sha256) == Array("deabcde".utf8))
        #expect(try await fixture.notes.find(try #require(done.note), of: account).title == "Talk")
        // The parts can be used again.
        let again = try await fixture.uploads.concatenate([one.id], as: Self.draft, of: account)
        #expect(try fixture.content(of: try #require(again.receipt).sha256) == Array("abc".utf8))
        #expect(try await fixture.noteCount(of: account) == 2)
        #expect(try await fixture.row(one) == one)
    }

    @Test("parts longer than what is read at once arrive whole")
    func long() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let bytes = (0..<1_500_001).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 8) }
        let part = try await fixture.create(
            of: account, kind: .partial, endsByLength: true, length: Int64(bytes.count))
        try await fixture.send(bytes, at: 0, to: part, isLast: nil)
        let done = try await fixture.uploads.concatenate([part.id, part.id], as: Self.draft, of: account)
        #expect(try fixture.content(of: try #require(done.receipt).sha256) == bytes + bytes)
    }

    @Test("what is no complete part of the same account is refused, and nothing is made")
    func refused() async throws {
        let fixture = try await Fixture()
        let (account, other) = (try await fixture.account(), try await fixture.account())
        let good = try await Self.part("abc", fixture, of: account)
        let foreign = try await Self.part("abc", fixture, of: other)
        let whole = try await fixture.create(of: account, length: 3)
        try await fixture.send([1, 2, 3], at: 0, to: whole)
        let short = try await fixture.create(of: account, kind: .partial, endsByLength: true, length: 3)
        try await fixture.send([1, 2], at: 0, to: short, isLast: nil)
        let endless = try await fixture.create(of: account, kind: .partial, endsByLength: true)
        let deleted = try await Self.part("abc", fixture, of: account)
        try await fixture.uploads.delete(deleted.id, of: account, stop: {})
        let open = try await fixture.uploads.open(of: account, announced: nil)
        for bad in [whole, short, endless] {
            await expect(.badRequest) {
                _ = try await fixture.uploads.concatenate([good.id, bad.id], as: Self.draft, of: account)
            }
        }
        for bad in [foreign.id, Upload.ID()] {
            await expect(.notFound) {
                _ = try await fixture.uploads.concatenate([good.id, bad], as: Self.draft, of: account)
            }
        }
        await expectRefusal(.gone) {
            _ = try await fixture.uploads.concatenate([good.id, deleted.id], as: Self.draft, of: account)
        }
        #expect(try await fixture.uploads.open(of: account, announced: nil) == open)
        #expect(try await fixture.noteCount(of: account) == 0)
        #expect(try fixture.blobFiles().isEmpty)
    }

    @Test("what is too large together is refused")
    func tooLarge() async throws {
        let fixture = try await Fixture { $0.largestFile = 5 }
        let account = try await fixture.account()
        let part = try await Self.part("abc", fixture, of: account)
        await expectRefusal(.tooLarge) {
            _ = try await fixture.uploads.concatenate([part.id, part.id], as: Self.draft, of: account)
        }
        #expect(try await fixture.uploads.open(of: account, announced: nil) == [part])
    }

    @Test("when the database refuses, neither an open upload nor a file is left of it")
    func databaseRefuses() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let part = try await Self.part("abc", fixture, of: account)
        try await fixture.refusingNotes {
            await #expect(throws: (any Error).self) {
                _ = try await fixture.uploads.concatenate([part.id], as: Self.draft, of: account)
            }
        }
        #expect(try await fixture.uploads.open(of: account, announced: nil) == [part])
        #expect(try fixture.blobFiles().isEmpty)
        #expect(try fixture.names(.incoming) == [part.id.description])
    }

    @Test("what is made of parts takes no bytes")
    func noBytes() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let part = try await Self.part("abc", fixture, of: account)
        let done = try await fixture.uploads.concatenate([part.id], as: Self.draft, of: account)
        await expectRefusal(.isFinal) { try await fixture.send([1], at: 3, to: done) }
        // As a process leaves it that dies in the middle.
        let open = try await fixture.create(of: account, kind: .final, length: 3)
        await expectRefusal(.isFinal) { try await fixture.send([1], at: 0, to: open, isLast: nil) }
    }

    @Test("a part is no recording by itself, whatever its client says of its end", arguments: [true, nil] as [Bool?])
    func partOnly(isLast: Bool?) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let part = try await fixture.create(of: account, kind: .partial, endsByLength: true, length: 3)
        _ = try? await fixture.send([1, 2, 3], at: 0, to: part, isLast: isLast)
        _ = try await fixture.resume(part)
        #expect(try await fixture.noteCount(of: account) == 0)
        #expect(try await fixture.row(part)?.state == .open)
    }
}
