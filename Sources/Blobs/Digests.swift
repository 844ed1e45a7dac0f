public import Core
public import Crypto
public import NIOCore

extension SHA256Hash {
    /// What a hash came to.
    public init(_ digest: SHA256Digest) {
        guard let hash = SHA256Hash(bytes: digest) else { preconditionFailure("SHA-256 has 32 bytes (FIPS 180-4)") }
        self = hash
    }

    /// The SHA-256 of the bytes.
    public init(of bytes: [UInt8]) {
        self.init(SHA256.hash(data: bytes))
    }
}

extension SHA256 {
    /// Goes on with the bytes that can be read from the buffer.
    public mutating func update(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { update(bufferPointer: $0) }
    }
}

extension AsyncSequence where Element == ByteBuffer {
    /// The hash of everything that comes, and how many bytes came. Stops reading when there are more than `most`.
    public func hashed(most: Int64 = .max) async throws -> (hash: SHA256, count: Int64) {
        var hash = SHA256()
        var count: Int64 = 0
        for try await piece in self {
            hash.update(piece)
            count += Int64(piece.readableBytes)
            if count > most { break }
        }
        return (hash, count)
    }
}
