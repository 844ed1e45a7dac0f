import Core
import Crypto
import HTTPTypes
import Hummingbird
import NIOCore

/// The length that a request announces, and whether the body had it. A connection that breaks looks like an end to
/// whoever reads the body: only this tells them apart.
struct BodyLength: Sendable {
    /// Nil where the body comes in chunks, whose own framing tells a break from an end.
    let announced: Int64?

    init(_ request: Request) throws {
        guard let header = request.headers[.contentLength] else {
            announced = nil
            return
        }
        guard let length = Int64(header), length >= 0 else {
            throw VoiceNoteError(.badRequest, "Content-Length is not a number.")
        }
        announced = length
    }

    func check(_ received: Int64) throws {
        if let announced, received != announced {
            throw VoiceNoteError(
                .badRequest, "The body broke off after \(received) of \(announced) bytes; send it again.")
        }
    }
}

/// The digests that a request announces for its body (RFC 9530), computed on the way.
///
/// For a request, `Content-Digest` and `Repr-Digest` speak of the same bytes: content as sent, without content coding.
struct BodyDigests {
    private var sha256: SHA256?
    private var sha512: SHA512?
    private let announced: [DigestField]
    /// The SHA-256 that the request announces, if any.
    let sha256Announced: SHA256Hash?

    /// - Parameter hashesSHA256: false where whoever stores the body hashes it anyway and compares with ``sha256Announced``.
    init(_ request: Request, hashesSHA256: Bool) throws {
        var announced: [DigestField] = []
        for name in [HTTPField.Name.contentDigest, .reprDigest] {
            if let field = try request.digestField(name) { announced.append(field) }
        }
        self.announced = announced
        let short = Set(announced.compactMap(\.sha256))
        guard short.count <= 1 else { throw Self.mismatch }
        sha256Announced = short.first.flatMap { SHA256Hash(bytes: $0) }
        if hashesSHA256, !short.isEmpty { sha256 = SHA256() }
        if announced.contains(where: { $0.sha512 != nil }) { sha512 = SHA512() }
    }

    mutating func update(_ buffer: ByteBuffer) {
        if sha256 == nil, sha512 == nil { return }
        buffer.withUnsafeReadableBytes { bytes in
            sha256?.update(bufferPointer: bytes)
            sha512?.update(bufferPointer: bytes)
        }
    }

    /// - Throws: ``VoiceNoteError/Code/digestMismatch``.
    func check() throws {
        let short = sha256.map { Array($0.finalize()) }
        let long = sha512.map { Array($0.finalize()) }
        for digest in announced {
            guard short == nil || digest.sha256 == nil || digest.sha256 == short,
                digest.sha512 == nil || digest.sha512 == long
            else { throw Self.mismatch }
        }
    }

    private static let mismatch = VoiceNoteError(
        .digestMismatch, "What arrived is not what the digest announced; nothing was stored. Send it again.")
}
