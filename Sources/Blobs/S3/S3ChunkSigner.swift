import Crypto

/// Frames and signs the chunks of an `aws-chunked` body, each upon the one before, so that none can be changed, left
/// out or moved.
///
/// For each chunk send `header(of:)`, the chunk and ``footer``; then send `last()`.
/// Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in
/// Multiple Chunks (Chunked Upload)".
public struct S3ChunkSigner: Sendable {
    /// What goes behind the bytes of each chunk.
    public static let footer: [UInt8] = [0x0D, 0x0A]
    /// The fewest bytes that a chunk but the last may hold, for AWS.
    public static let minimumChunkBytes = 8192

    private let key: S3SigningKey
    private let date: [UInt8]
    private var previous: [UInt8]

    init(key: S3SigningKey, date: [UInt8], seed: [UInt8]) {
        self.key = key
        self.date = date
        previous = seed
    }

    /// What goes before a chunk, whose bytes must not be empty: `10000;chunk-signature=…` and a line break.
    public mutating func header(of chunk: UnsafeRawBufferPointer) -> [UInt8] {
        precondition(!chunk.isEmpty, "an empty chunk ends the body: use last()")
        return line(of: chunk)
    }

    /// What ends the body.
    public mutating func last() -> [UInt8] {
        line(of: UnsafeRawBufferPointer(start: nil, count: 0)) + Self.footer
    }

    /// The length of the framed body in bytes, for its `Content-Length`.
    ///
    /// - Parameters:
    ///   - length: bytes before they are framed.
    ///   - chunkLength: bytes of every chunk but the last, more than 0.
    public static func encodedLength(of length: Int64, chunkLength: Int64) -> Int64 {
        let (whole, rest) = length.quotientAndRemainder(dividingBy: chunkLength)
        return whole * framedLength(of: chunkLength) + (rest > 0 ? framedLength(of: rest) : 0) + framedLength(of: 0)
    }

    private static func framedLength(of length: Int64) -> Int64 {
        Int64(String(length, radix: 16).utf8.count + ";chunk-signature=".utf8.count + 64 + 2 * footer.count) + length
    }

    private mutating func line(of chunk: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = SHA256()
        hash.update(bufferPointer: chunk)
        var text: [UInt8] = []
        text.append(utf8: "AWS4-HMAC-SHA256-PAYLOAD\n")
        text += date + [0x0A] + key.scope + [0x0A] + previous
        text.append(utf8: "\n\(S3Payload.emptyDigest)\n")
        text.append(hexadecimal: hash.finalize())
        previous = key.sign(text)
        return Array("\(String(chunk.count, radix: 16));chunk-signature=".utf8) + previous + Self.footer
    }
}
