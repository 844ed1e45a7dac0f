import Core
import NIOCore
import Persistence
import Testing

@testable import Services

/// Requests that change nothing, and bodies that do not come to their end.
@Suite struct UploadRefusalTests {
    private static let bytes = Array("what was said".utf8)

    /// An upload of unknown or known length with the first four bytes on disk.
    private static func begun(_ fixture: Fixture, length: Int64? = nil) async throws -> Upload {
        let upload = try await fixture.create(of: try await fixture.account(), length: length)
        return try await fixture.send(Array(bytes[..<4]), at: 0, to: upload)
    }

    /// Expects that the upload is where it was, also for a process that comes later, and goes on from there.
    private static func expectUnchanged(_ upload: Upload, _ fixture: Fixture) async throws {
        #expect(try await fixture.row(upload) == upload)
        #expect(try fixture.bytes(of: upload) == Array(bytes[..<4]))
        #expect(try await fixture.resume(upload) == upload)
        let done = try await fixture.send(Array(bytes[4...]), at: 4, to: upload, isLast: true)
        #expect(try fixture.content(of: try #require(done.receipt).sha256) == bytes)
    }

    @Test("bytes for another offset are refused", arguments: [0, 3, 5, Int64.max])
    func offset(offset: Int64) async throws {
        let fixture = try await Fixture()
        let upload = try await Self.begun(fixture)
        for isLast in [true, false, nil] {
            await expectRefusal(.offset(4, provided: offset)) {
                try await fixture.send([9, 9], at: offset, to: upload, isLast: isLast)
            }
        }
        try await Self.expectUnchanged(upload, fixture)
    }

    /// What a client says at offset 4, and what it sends.
    struct Claim: Sendable, CustomTestStringConvertible {
        var known: Int64?
        var said: Int64?
        var count: Int64?
        var isLast: Bool?
        var sent = 0
        var testDescription: String {
            "known \(known ?? -1), said \(said ?? -1), count \(count ?? -1), last \(isLast ?? false), sent \(sent)"
        }
    }

    static let contradictions: [Claim] = [
        Claim(known: 13, said: 12), Claim(known: 13, said: 14), Claim(said: 3), Claim(said: 0),
        Claim(known: 13, count: 10, sent: 10), Claim(known: 13, count: 8, isLast: true, sent: 8),
        Claim(known: 13, count: 0, isLast: true), Claim(said: 13, count: 10, sent: 10),
        Claim(said: 13, count: 8, isLast: true, sent: 8),
        // Only the bytes themselves tell.
        Claim(known: 13, sent: 10), Claim(known: 13, isLast: true, sent: 8), Claim(known: 13, isLast: true, sent: 0),
        Claim(known: 13, isLast: true, sent: 10), Claim(said: 13, isLast: false, sent: 10),
    ]

    @Test("lengths that contradict each other are refused", arguments: contradictions)
    func lengths(claim: Claim) async throws {
        let fixture = try await Fixture()
        let upload = try await Self.begun(fixture, length: claim.known)
        await expectRefusal(.inconsistentLength) {
            var piece = Uploads.Piece(offset: 4)
            (piece.length, piece.contentLength, piece.isLast) = (claim.said, claim.count, claim.isLast)
            try await fixture.send(piece, [.bytes([UInt8](repeating: 9, count: claim.sent))], to: upload)
        }
        try await Self.expectUnchanged(upload, fixture)
    }

    @Test("a length may be said later, once, and is remembered")
    func laterLength() async throws {
        let fixture = try await Fixture()
        let upload = try await fixture.create(of: try await fixture.account(), endsByLength: true)
        func send(_ bytes: ArraySlice<UInt8>, length: Int64?) async throws -> Upload {
            var piece = Uploads.Piece(offset: Int64(bytes.startIndex))
            (piece.length, piece.contentLength) = (length, Int64(bytes.count))
            return try await fixture.send(piece, [.bytes(Array(bytes))], to: upload)
        }
        #expect(try await send(Self.bytes[..<4], length: nil).length == nil)
        #expect(try await send(Self.bytes[4..<5], length: 13).length == 13)
        #expect(try await fixture.row(upload)?.length == 13)
        await expectRefusal(.inconsistentLength) { _ = try await send(Self.bytes[5...], length: 14) }
        #expect(try await send(Self.bytes[5...], length: 13).state == .complete)
    }

    @Test("too large is refused as soon as it is known, announced or not")
    func tooLarge() async throws {
        let fixture = try await Fixture { $0.largestFile = 13 }
        let account = try await fixture.account()
        await expectRefusal(.tooLarge) { _ = try await fixture.create(of: account, length: 14) }
        let upload = try await Self.begun(fixture)
        let claims = [
            Claim(said: 14), Claim(count: 10, sent: 10), Claim(count: .max, sent: 1), Claim(sent: 10),
            Claim(isLast: true, sent: 10),
        ]
        for claim in claims {
            await expectRefusal(.tooLarge) {
                var piece = Uploads.Piece(offset: 4)
                (piece.length, piece.contentLength, piece.isLast) = (claim.said, claim.count, claim.isLast)
                try await fixture.send(piece, [.bytes([UInt8](repeating: 9, count: claim.sent))], to: upload)
            }
        }
        try await Self.expectUnchanged(upload, fixture)
    }

    /// A body that ends before its end: by an error, by fewer bytes than announced, or by both.
    enum Break: Sendable, CaseIterable {
        case error, short, both

        func piece(at offset: Int64, isLast: Bool?) -> Uploads.Piece {
            var piece = Uploads.Piece(offset: offset)
            piece.isLast = isLast
            if self != .error { piece.contentLength = 9 }
            return piece
        }

        func steps(_ bytes: [UInt8]) -> [Script.Step] {
            bytes.map { .bytes([$0]) } + (self == .short ? [] : [.fail])
        }
    }

    @Test(
        "a body that breaks off leaves what came, and completes nothing", arguments: Break.allCases,
        [true, false, nil] as [Bool?])
    func brokenOff(how: Break, isLast: Bool?) async throws {
        let fixture = try await Fixture()
        let upload = try await Self.begun(fixture)
        await #expect(throws: BrokenBody.self) {
            try await fixture.send(how.piece(at: 4, isLast: isLast), how.steps(Array(Self.bytes[4..<7])), to: upload)
        }
        let row = try #require(try await fixture.row(upload))
        #expect(row.offset == 7 && row.state == .open)
        #expect(try fixture.bytes(of: upload) == Array(Self.bytes[..<7]))
        #expect(try await fixture.resume(upload) == row)
        let done = try await fixture.send(Array(Self.bytes[7...]), at: 7, to: upload, isLast: true)
        #expect(try fixture.content(of: try #require(done.receipt).sha256) == Self.bytes)
    }

    @Test("a body that breaks off before its first byte changes nothing", arguments: Break.allCases)
    func brokenAtOnce(how: Break) async throws {
        let fixture = try await Fixture()
        let upload = try await Self.begun(fixture)
        await #expect(throws: BrokenBody.self) {
            try await fixture.send(how.piece(at: 4, isLast: nil), how.steps([]), to: upload)
        }
        try await Self.expectUnchanged(upload, fixture)
    }

    /// The digests of what comes behind the first four bytes, up to the ninth or to the end.
    private static func digests(ofAll: Bool = true) throws -> PieceDigests {
        let text =
            ofAll ? "oQixT0vy+6Ns5MnMarYzUbKSayOJLcDKw+88GbDCPPs=" : "rnqrf/x5A/PAbYTLrhusqpuBrY5P6qKSAIYNetV2jDE="
        var digests = PieceDigests()
        digests.expect(try DigestField.parse("sha-256=:\(text):"))
        return digests
    }

    @Test("of a body with a digest nothing is kept when it breaks off", arguments: Break.allCases)
    func brokenWithDigest(how: Break) async throws {
        let fixture = try await Fixture()
        let upload = try await Self.begun(fixture)
        await #expect(throws: BrokenBody.self) {
            var piece = how.piece(at: 4, isLast: nil)
            piece.digests = try Self.digests()
            try await fixture.send(piece, how.steps(Array(Self.bytes[4..<7])), to: upload)
        }
        try await Self.expectUnchanged(upload, fixture)
    }

    @Test("bytes that are not what their digest says are refused, the last ones too", arguments: [true, false])
    func wrongDigest(isLast: Bool) async throws {
        let fixture = try await Fixture()
        let upload = try await Self.begun(fixture)
        await expectRefusal(.digest) {
            var piece = Uploads.Piece(offset: 4)
            piece.isLast = isLast
            piece.digests = try Self.digests()
            try await fixture.send(piece, [.bytes([1, 2, 3]), .bytes([4])], to: upload)
        }
        try await Self.expectUnchanged(upload, fixture)
    }

    @Test("bytes that are what their digest says are taken")
    func rightDigest() async throws {
        let fixture = try await Fixture()
        let upload = try await Self.begun(fixture)
        var piece = Uploads.Piece(offset: 4)
        piece.digests = try Self.digests(ofAll: false)
        let longer = try await fixture.send(
            piece, [.bytes(Array(Self.bytes[4..<5])), .bytes([]), .bytes(Array(Self.bytes[5..<9]))], to: upload)
        #expect(longer.offset == 9)
        #expect(try fixture.bytes(of: upload) == Array(Self.bytes[..<9]))
    }
}
