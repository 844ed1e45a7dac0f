public import Core
import Crypto
import NIOCore

/// The digests that a client announced for the bytes of one request, computed on the way.
public struct PieceDigests: Sendable {
    private enum Hasher {
        case sha1(Insecure.SHA1)
        case md5(Insecure.MD5)
        case crc32c(CRC32C)
        case sha256(SHA256)
        case sha512(SHA512)

        mutating func update(_ bytes: UnsafeRawBufferPointer) {
            switch self {
            case .sha1(var hash): (hash.update(bufferPointer: bytes), self = .sha1(hash)).1
            case .md5(var hash): (hash.update(bufferPointer: bytes), self = .md5(hash)).1
            case .crc32c(var hash): (hash.update(bytes), self = .crc32c(hash)).1
            case .sha256(var hash): (hash.update(bufferPointer: bytes), self = .sha256(hash)).1
            case .sha512(var hash): (hash.update(bufferPointer: bytes), self = .sha512(hash)).1
            }
        }

        var digest: [UInt8] {
            switch self {
            case .sha1(let hash): Array(hash.finalize())
            case .md5(let hash): Array(hash.finalize())
            case .crc32c(let hash): hash.bytes
            case .sha256(let hash): Array(hash.finalize())
            case .sha512(let hash): Array(hash.finalize())
            }
        }
    }

    private var expected: [(hasher: Hasher, digest: [UInt8])] = []

    public init() {}

    /// Whether nothing was announced.
    var isEmpty: Bool { expected.isEmpty }

    /// Adds the checksum of tus.
    public mutating func expect(_ checksum: UploadChecksum) {
        let hasher: Hasher =
            switch checksum.algorithm {
            case .sha1: .sha1(Insecure.SHA1())
            case .md5: .md5(Insecure.MD5())
            case .crc32c: .crc32c(CRC32C())
            case .sha256: .sha256(SHA256())
            }
        expected.append((hasher, checksum.digest))
    }

    /// Adds the digests of a `Content-Digest` (RFC 9530).
    public mutating func expect(_ field: DigestField) {
        if let digest = field.sha256 { expected.append((.sha256(SHA256()), digest)) }
        if let digest = field.sha512 { expected.append((.sha512(SHA512()), digest)) }
    }

    mutating func update(_ buffer: ByteBuffer) {
        guard !expected.isEmpty else { return }
        buffer.withUnsafeReadableBytes { bytes in
            for index in expected.indices { expected[index].hasher.update(bytes) }
        }
    }

    /// Whether what came is what was announced.
    var hold: Bool { expected.allSatisfy { $0.hasher.digest == $0.digest } }
}
