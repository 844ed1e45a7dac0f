import AsyncHTTPClient
public import Core
import Crypto
import Foundation
import NIOCore
import NIOHTTP1

extension S3Store {
    /// Bytes up to which a blob is sent without asking first whether it is there.
    private static let cheap: Int64 = 1 << 20

    public func put(
        _ blob: Blob, from source: any BlobSource, resuming transfer: StoreTransfer?,
        progress: @escaping @Sendable (StoreProgress) async throws -> Void
    ) async throws -> StoreReceipt {
        // It may be there from before, or from an attempt that came to its end without hearing so. The key is the
        // content's: what is small is sent again, which costs less than to ask each time.
        if blob.size > Self.cheap, let receipt = try await found(blob, source, transfer) { return receipt }
        if blob.size <= partSize { return try await putWhole(blob, source) }
        return try await putInParts(blob, source, resuming: transfer, progress)
    }

    /// What is there already, if it is the blob.
    private func found(
        _ blob: Blob, _ source: any BlobSource, _ transfer: StoreTransfer?
    ) async throws -> StoreReceipt? {
        let answer = try await patiently { try await self.ask(.HEAD, self.key(blob.sha256)) }
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw failure(answer) }
        guard answer.headers.first(name: "content-length").flatMap({ Int64($0) }) == blob.size,
            let tag = answer.headers.first(name: "etag").flatMap({ S3ETag($0) })
        else { return nil }
        let size = blob.size <= partSize ? nil : transfer?.partSize ?? partSize
        let own = try await localTag(blob, source, partSize: size)
        if own.matches(tag) { return StoreReceipt(etag: tag.text, partSize: size) }
        // It was sent in other parts, or encrypted: reading it is cheaper than sending it.
        guard tag.partCount != own.partCount || tag.md5 == nil else { return nil }
        return try? await proven(blob, tag, own, partSize: nil)
    }

    /// The entity tag that the blob should have.
    private func localTag(_ blob: Blob, _ source: any BlobSource, partSize: Int64?) async throws -> S3ETag {
        var digests: [[UInt8]] = []
        for range in Self.parts(of: blob.size, partSize ?? max(blob.size, 1)) {
            digests.append(try await md5(source, range))
        }
        if partSize == nil { return try tag(S3ETag(md5: digests.first ?? Array(Insecure.MD5.hash(data: [UInt8]())))) }
        return try tag(S3ETag(partMD5s: digests))
    }

    func md5(_ source: any BlobSource, _ range: Range<Int64>) async throws -> [UInt8] {
        let digest = PieceDigest()
        for try await _ in source.bytes(range).hashed(by: digest) {}
        return digest.md5
    }

    func tag(_ tag: S3ETag?) throws -> S3ETag {
        guard let tag else { throw StoreError(.refused, "The recording is too large for \(name).") }
        return tag
    }

    /// Equal ranges, the last one shorter; one empty range for nothing.
    static func parts(of size: Int64, _ partSize: Int64) -> [Range<Int64>] {
        size == 0
            ? [0..<0] : stride(from: 0, to: size, by: Int64.Stride(partSize)).map { $0..<min($0 + partSize, size) }
    }

    private func putWhole(_ blob: Blob, _ source: any BlobSource) async throws -> StoreReceipt {
        let range = 0..<blob.size
        let (answer, md5) = try await patiently {
            try await self.send(
                source, range, to: self.key(blob.sha256), query: [], headers: self.objectHeaders(blob),
                sha256: blob.sha256, checksum: self.settings.checksums ? blob.sha256 : nil)
        }
        let expected = try tag(S3ETag(md5: md5))
        return try await proven(
            blob, answer.headers.first(name: "etag").flatMap { S3ETag($0) }, expected, partSize: nil)
    }

    func objectHeaders(_ blob: Blob) -> [S3Field] {
        var headers = [
            S3Field("content-type", blob.mimeType), S3Field("x-amz-meta-sha256", blob.sha256.description),
        ]
        if !settings.storageClass.isEmpty { headers.append(S3Field("x-amz-storage-class", settings.storageClass)) }
        return headers
    }

    /// Sends a range as one body: the answer, and the MD5 of what was sent.
    /// - Parameter sha256: of the range, where it is known; else it is read once more to hash it, if the signature wants that.
    func send(
        _ source: any BlobSource, _ range: Range<Int64>, to key: String, query: [S3Field], headers: [S3Field],
        sha256: SHA256Hash?, checksum: SHA256Hash?
    ) async throws -> (answer: StoreClient.Answer, md5: [UInt8]) {
        let length = range.upperBound - range.lowerBound
        let digest = PieceDigest()
        let pieces = source.bytes(range).hashed(by: digest)
        var headers = headers
        if let checksum {
            headers.append(S3Field("x-amz-checksum-sha256", Data(checksum.bytes).base64EncodedString()))
        }
        let request: HTTPClientRequest
        switch settings.payload {
        case .hashed:
            let hash = if let sha256 { sha256 } else { try await Self.sha256(source, range) }
            request = self.request(
                .PUT, key, query: query, headers: headers, payload: .hashed(hash),
                body: .stream(pieces, length: .known(length)))
        case .unsigned:
            request = self.request(
                .PUT, key, query: query, headers: headers, payload: .unsigned,
                body: .stream(pieces, length: .known(length)))
        case .chunked:
            request = chunkedRequest(key, query: query, headers: headers, pieces, length: length)
        }
        let answer = try await client.ask(request, sending: length)
        guard answer.status == 200 else { throw failure(answer) }
        guard digest.count == length else { throw StoreError(.damaged, "\(name) answered before it had everything.") }
        return (answer, digest.md5)
    }

    private func chunkedRequest(
        _ key: String, query: [S3Field], headers: [S3Field], _ pieces: FilePieces, length: Int64
    ) -> HTTPClientRequest {
        var (request, signed) = signedRequest(
            .PUT, key, query: query, headers: headers, payload: .chunked(length: length), namesEncoding: false)
        let framed = S3ChunkSigner.encodedLength(of: length, chunkLength: Int64(FilePieces.pieceBytes))
        request.body = .stream(SignedChunks(pieces, signed.chunks), length: .known(framed))
        return request
    }

    static func sha256(_ source: any BlobSource, _ range: Range<Int64>) async throws -> SHA256Hash {
        SHA256Hash(try await source.bytes(range).hashed().hash.finalize())
    }

    /// Believes the store's entity tag if it is the one that was computed here, else reads the object again.
    func proven(
        _ blob: Blob, _ tag: S3ETag?, _ expected: S3ETag, partSize: Int64?
    ) async throws -> StoreReceipt {
        if let tag, tag.matches(expected) { return StoreReceipt(etag: tag.text, partSize: partSize) }
        let (hash, count) = try await read(blob, nil, range: nil).hashed(most: blob.size)
        guard count == blob.size, SHA256Hash(hash.finalize()) == blob.sha256 else {
            throw StoreError(.damaged, "\(name) has other bytes than were sent.")
        }
        return StoreReceipt(etag: tag?.text, partSize: partSize)
    }
}

/// The pieces of a body as signed chunks (`aws-chunked`).
private struct SignedChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    private let pieces: FilePieces
    private let signer: S3ChunkSigner

    init(_ pieces: FilePieces, _ signer: S3ChunkSigner) {
        self.pieces = pieces
        self.signer = signer
    }

    func makeAsyncIterator() -> Iterator { Iterator(pieces: pieces.makeAsyncIterator(), signer: signer) }

    struct Iterator: AsyncIteratorProtocol {
        var pieces: FilePieces.Iterator
        var signer: S3ChunkSigner
        var isEnded = false

        mutating func next() async throws -> ByteBuffer? {
            if isEnded { return nil }
            guard var piece = try await pieces.next() else {
                isEnded = true
                return ByteBuffer(bytes: signer.last())
            }
            var chunk = ByteBuffer(bytes: piece.withUnsafeReadableBytes { signer.header(of: $0) })
            chunk.writeBuffer(&piece)
            chunk.writeBytes(S3ChunkSigner.footer)
            return chunk
        }
    }
}
