import Core
import TestSupport
import Testing

@Suite("Checksums of uploads follow tus 1.0 and RFC 3720")
struct UploadChecksumTests {
    static let hello = "hello world"

    /// Digests of `hello world`; the first is the vector of the protocol's description, the others were computed.
    static let accepted: [(String, UploadChecksum.Algorithm, [UInt8])] = [
        ("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", .sha1, [0x2A, 0xAE, 0x6C, 0x35]),
        ("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", .sha256, [0xB9, 0x4D, 0x27, 0xB9]),
        ("md5 XrY7u+Ae7tCTyyK7j1rNww==", .md5, [0x5E, 0xB6, 0x3B, 0xBB]),
        ("crc32c yZRlqg==", .crc32c, [0xC9, 0x94, 0x65, 0xAA]),
    ]

    @Test("An algorithm and its digest are read", arguments: accepted)
    func accepts(text: String, algorithm: UploadChecksum.Algorithm, start: [UInt8]) throws {
        let checksum = try UploadChecksum(text)
        #expect(checksum.algorithm == algorithm)
        #expect(checksum.digest.count == algorithm.length)
        #expect(Array(checksum.digest.prefix(4)) == start)
    }

    static let refused: [String] = [
        "", " ", "sha1", "sha1 ", "Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha-1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "sha512 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "crc32 yZRlqg==",
        "sha1  Kq5sNclPz7QV2+lfQIuc6R7oRu0=", " sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0= ", "sha1\tKq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "sha1,Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0==",
        "sha1 AAAA", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0", "crc32c yZRlqg",
        "sha1 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=",
        "sha1 2aae6c35c94fcfb415dbe95f408b9ce91ee846ed",
        "sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "crc32c 4waSgwA=", "sha1 Kq5sNclPz7QV2-lfQIuc6R7oRu0=",
    ]

    @Test("An unknown algorithm, or a digest of another length, is refused", arguments: refused)
    func refuses(text: String) {
        #expect(throws: InvalidValue.self) { try UploadChecksum(text) }
    }

    @Test("The refusal of an unknown algorithm names those that are known")
    func names() {
        #expect {
            try UploadChecksum("sha512 AAAA")
        } throws: { error in
            UploadChecksum.Algorithm.allCases.allSatisfy { algorithm in
                (error as? InvalidValue)?.message.contains(algorithm.rawValue) == true
            }
        }
    }

    private static func crc(_ pieces: [UnsafeRawBufferPointer]) -> [UInt8] {
        var crc = CRC32C()
        for piece in pieces { crc.update(piece) }
        return crc.bytes
    }

    private static func crc(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { crc([$0]) } }

    /// The check value of the catalogue of CRC algorithms, and the vectors of RFC 3720, appendix B.4.
    static let vectors: [([UInt8], UInt32)] = [
        ([], 0),
        (Array("123456789".utf8), 0xE306_9283),
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0..<32), 0x46DD_794E),
        (Array((0..<32).reversed()), 0x113F_DB5C),
        (Array("hello world".utf8), 0xC994_65AA),
    ]

    @Test("CRC-32C has its known values, most significant byte first", arguments: vectors)
    func value(bytes: [UInt8], value: UInt32) {
        #expect(Self.crc(bytes) == withUnsafeBytes(of: value.bigEndian) { Array($0) })
    }

    @Test("CRC-32C of a message is the same however the message is split")
    func splits() {
        var generator = SeededGenerator(seed: 32)
        let message = (0..<67).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let whole = Self.crc(message)
        message.withUnsafeBytes { bytes in
            for first in 0...bytes.count {
                for second in first...bytes.count {
                    let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
                    #expect(Self.crc(pieces.map { UnsafeRawBufferPointer(rebasing: $0) }) == whole)
                }
            }
        }
    }

    @Test("CRC-32C finds every changed bit")
    func changes() {
        let message = Array(Self.hello.utf8)
        for bit in 0..<message.count * 8 {
            var changed = message
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(Self.crc(changed) != Self.crc(message))
        }
    }
}
