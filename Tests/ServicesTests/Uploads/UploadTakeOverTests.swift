import Blobs
import Core
import Foundation
import NIOCore
import Persistence
import Testing

@testable import Services

/// A newer request on an upload ends the older one, and goes on with what that one left.
@Suite struct UploadTakeOverTests {
    private static let bytes = Array("what was said".utf8)

    /// A request that brings the first bytes and then nothing; it has begun when this returns.
    private static func held(
        _ body: HeldBody, _ upload: Upload, _ fixture: Fixture, digests: PieceDigests = PieceDigests()
    ) async throws -> Task<Upload, any Error> {
        var piece = Uploads.Piece(offset: upload.offset)
        piece.contentLength = 1000
        piece.isLast = true
        piece.digests = digests
        let transfer = Task { [piece] in
            try await fixture.uploads.append(
                piece, to: upload.id, of: upload.account, body: { body.take() }, stop: body.stop)
        }
        try await eventually { body.isTaken }
        return transfer
    }

    @Test("to ask where to go on ends the transfer, and what arrived is kept", .timeLimit(.minutes(1)))
    func resume() async throws {
        let fixture = try await Fixture()
        let upload = try await fixture.create(of: try await fixture.account())
        let body = HeldBody(Array(Self.bytes[..<5]))
        let transfer = try await Self.held(body, upload, fixture)
        let row = try await fixture.row(upload)
        #expect(row?.offset == 0 && body.stops == 0, "to look does not disturb")
        let now = try await fixture.resume(upload)
        #expect(now.offset == 5 && now.state == .open)
        #expect(body.stops == 1)
        await #expect(throws: BrokenBody.self) { _ = try await transfer.value }
        #expect(try await fixture.row(upload)?.offset == 5)
        #expect(try fixture.bytes(of: upload) == Array(Self.bytes[..<5]))
        let done = try await fixture.send(Array(Self.bytes[5...]), at: 5, to: upload, isLast: true)
        #expect(try fixture.content(of: try #require(done.receipt).sha256) == Self.bytes)
    }

    @Test("of a transfer with a digest nothing is kept", .timeLimit(.minutes(1)))
    func withDigest() async throws {
        let fixture = try await Fixture()
        let upload = try await fixture.create(of: try await fixture.account())
        var digests = PieceDigests()
        digests.expect(try UploadChecksum("crc32c yZRlqg=="))
        let transfer = try await Self.held(HeldBody([1, 2, 3]), upload, fixture, digests: digests)
        #expect(try await fixture.resume(upload).offset == 0)
        await #expect(throws: BrokenBody.self) { _ = try await transfer.value }
        #expect(try fixture.names(.incoming) == [])
    }

    @Test("a newer piece takes over where the older one was, and is told where that is", .timeLimit(.minutes(1)))
    func append() async throws {
        let fixture = try await Fixture()
        let upload = try await fixture.create(of: try await fixture.account())
        let transfer = try await Self.held(HeldBody(Array(Self.bytes[..<5])), upload, fixture)
        await expectRefusal(.offset(5, provided: 0)) { try await fixture.send(Self.bytes, at: 0, to: upload) }
        await #expect(throws: BrokenBody.self) { _ = try await transfer.value }
        #expect(try await fixture.send(Array(Self.bytes[5...]), at: 5, to: upload).offset == 13)
        #expect(try fixture.bytes(of: upload) == Self.bytes)
    }

    @Test("to delete ends the transfer, and nothing is kept", .timeLimit(.minutes(1)))
    func delete() async throws {
        let fixture = try await Fixture()
        let upload = try await fixture.create(of: try await fixture.account())
        let transfer = try await Self.held(HeldBody(Self.bytes), upload, fixture)
        try await fixture.uploads.delete(upload.id, of: upload.account, stop: {})
        await #expect(throws: (any Error).self) { _ = try await transfer.value }
        #expect(try await fixture.row(upload)?.state == .gone)
        #expect(try fixture.names(.incoming) == [])
    }

    @Test("several that take over get one answer", .timeLimit(.minutes(1)))
    func several() async throws {
        let fixture = try await Fixture()
        let upload = try await fixture.create(of: try await fixture.account())
        let transfer = try await Self.held(HeldBody(Array(Self.bytes[..<5])), upload, fixture)
        let offsets = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<10 { group.addTask { try await fixture.resume(upload).offset } }
            return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
        }
        #expect(offsets == [5])
        await #expect(throws: BrokenBody.self) { _ = try await transfer.value }
    }

    @Test("whom an upload does not belong to cannot end its transfer", .timeLimit(.minutes(1)))
    func foreign() async throws {
        let fixture = try await Fixture()
        let other = try await fixture.account()
        let upload = try await fixture.create(of: try await fixture.account())
        let body = HeldBody(Self.bytes)
        let transfer = try await Self.held(body, upload, fixture)
        await expect(.notFound) { _ = try await fixture.uploads.resume(upload.id, of: other, stop: {}) }
        await expect(.notFound) { try await fixture.uploads.delete(upload.id, of: other, stop: {}) }
        await expect(.notFound) {
            _ = try await fixture.uploads.append(
                Uploads.Piece(offset: 0), to: upload.id, of: other, body: { Script(steps: []) }, stop: {})
        }
        #expect(body.stops == 0)
        body.stop()
        await #expect(throws: BrokenBody.self) { _ = try await transfer.value }
        #expect(try await fixture.resume(upload).offset == 13)
    }

    @Test(
        "clients that take the upload from each other again and again leave every byte in its place",
        .timeLimit(.minutes(2)))
    func race() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account)
        let bytes = (0..<200).map { UInt8($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<8 {
                group.addTask {
                    while true {
                        let now = try await fixture.resume(upload)
                        if now.state == .complete { return }
                        let start = Int(now.offset)
                        let end = min(start + client + 1, bytes.count)
                        do {
                            try await fixture.send(
                                Array(bytes[start..<end]), at: now.offset, to: upload, isLast: end == bytes.count)
                        } catch is UploadRefusal {
                            // Another one was faster.
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let done = try await fixture.resume(upload)
        #expect(try fixture.content(of: try #require(done.receipt).sha256) == bytes)
        #expect(try await fixture.noteCount(of: account) == 1)
    }
}
