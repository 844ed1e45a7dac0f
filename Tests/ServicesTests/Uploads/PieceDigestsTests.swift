import Core
import NIOCore
import Testing

@testable import Services

@Suite struct PieceDigestsTests {
    private static let bytes = Array("hello world".utf8)

    /// Digests of `hello world`; computed by another program.
    static let checksums = [
        "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=",
        "md5 XrY7u+Ae7tCTyyK7j1rNww==", "crc32c yZRlqg==",
    ]
    static let fields = [
        "sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:",
        "sha-512=:MJ7MSJwS1utMxA9QyQLytNDtd+5RGnx6m808qG1M2G+YndNbxf9JlnDaNCVbRbDP2DDoH2Bdz33FVC6TrpzXbw==:",
    ]

    /// Whether the digests hold for the bytes, in pieces of the size.
    private static func hold(_ digests: PieceDigests, _ bytes: [UInt8], pieces: Int) -> Bool {
        var digests = digests
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            digests.update(ByteBuffer(bytes: bytes[start..<min(start + pieces, bytes.count)]))
        }
        return digests.hold
    }

    private static func check(_ digests: PieceDigests) {
        #expect(!digests.isEmpty)
        for pieces in [1, 3, 4, 11] {
            #expect(hold(digests, bytes, pieces: pieces))
            #expect(!hold(digests, bytes + [0], pieces: pieces))
            #expect(!hold(digests, bytes.dropLast(), pieces: pieces))
            #expect(!hold(digests, bytes.reversed(), pieces: pieces))
        }
        #expect(!hold(digests, [], pieces: 1))
    }

    @Test("a checksum of tus holds for its bytes, and for no others", arguments: checksums)
    func checksum(text: String) throws {
        var digests = PieceDigests()
        digests.expect(try UploadChecksum(text))
        Self.check(digests)
    }

    @Test("a content digest holds for its bytes, and for no others", arguments: fields)
    func field(text: String) throws {
        var digests = PieceDigests()
        digests.expect(try DigestField.parse(text))
        Self.check(digests)
    }

    @Test("all of several digests must hold")
    func several() throws {
        var digests = PieceDigests()
        for text in Self.checksums { digests.expect(try UploadChecksum(text)) }
        digests.expect(try DigestField.parse(Self.fields.joined(separator: ", ")))
        Self.check(digests)
        digests.expect(try UploadChecksum("crc32c 4waSgw=="))
        #expect(!Self.hold(digests, Self.bytes, pieces: 4))
    }

    @Test("nothing announced holds for anything, and so do digests that nobody knows here")
    func none() throws {
        var digests = PieceDigests()
        #expect(digests.isEmpty && digests.hold)
        digests.expect(try DigestField.parse("md5=:XrY7u+Ae7tCTyyK7j1rNww==:, unixsum=30637"))
        #expect(digests.isEmpty)
        #expect(Self.hold(digests, Self.bytes, pieces: 4))
    }

    @Test("a copy goes its own way")
    func copies() throws {
        var digests = PieceDigests()
        digests.expect(try UploadChecksum(Self.checksums[3]))
        var copy = digests
        copy.update(ByteBuffer(bytes: [1, 2, 3]))
        #expect(Self.hold(digests, Self.bytes, pieces: 11))
        #expect(!Self.hold(copy, Self.bytes, pieces: 11))
    }
}
