import AsyncHTTPClient
import Core
import Crypto
import Foundation
import NIOCore
import NIOHTTP1

extension S3Store {
    /// Sends the blob in parts, goes on where an earlier attempt stopped, and joins them.
    func putInParts(
        _ blob: Blob, _ source: any BlobSource, resuming earlier: StoreTransfer?,
        _ progress: @escaping @Sendable (StoreProgress) async throws -> Void
    ) async throws -> StoreReceipt {
        let ranges = Self.parts(of: blob.size, earlier?.partSize ?? partSize)
        guard ranges.count <= S3ETag.maximumParts else {
            throw StoreError(
                .refused, "\(name) would need more than \(S3ETag.maximumParts) parts; set stores.\(name).partMB higher."
            )
        }
        let key = key(blob.sha256)
        var known: [Int: S3ETag] = [:]
        var transfer: StoreTransfer
        if let earlier, let parts = try await parts(of: earlier.id, key) {
            known = parts
            transfer = earlier
        } else {
            transfer = StoreTransfer(id: try await begin(blob, key), partSize: partSize)
            try await progress(StoreProgress(bytesDone: 0, transfer: transfer))
        }
        let ranged = Self.parts(of: blob.size, transfer.partSize)
        var digests: [PartDigests] = []
        transfer.parts = []
        for (index, range) in ranged.enumerated() {
            let part = try await part(index + 1, range, source, key, transfer.id, known[index + 1])
            digests.append(part)
            transfer.parts.append(Hexadecimal.encode(part.md5))
            try await progress(StoreProgress(bytesDone: range.upperBound, transfer: transfer))
        }
        return try await complete(blob, key, transfer, digests)
    }

    /// What is needed of a part to join it.
    private struct PartDigests {
        let md5: [UInt8]
        /// Where checksums are sent.
        let sha256: SHA256Hash?
    }

    /// The digests of the part, which is there then.
    private func part(
        _ number: Int, _ range: Range<Int64>, _ source: any BlobSource, _ key: String, _ upload: String,
        _ known: S3ETag?
    ) async throws -> PartDigests {
        let checksum = settings.checksums ? try await Self.sha256(source, range) : nil
        if let known {
            let md5 = try await md5(source, range)
            if let own = S3ETag(md5: md5), own.matches(known) { return PartDigests(md5: md5, sha256: checksum) }
        }
        let query = [S3Field("partNumber", String(number)), S3Field("uploadId", upload)]
        let (answer, md5) = try await patiently {
            try await self.send(
                source, range, to: key, query: query, headers: [], sha256: checksum, checksum: checksum)
        }
        guard let tag = answer.headers.first(name: "etag").flatMap({ S3ETag($0) }) else {
            throw StoreError(.failing, "\(name) did not say what it has of part \(number).")
        }
        // Where tags are no digests, the whole is read again in the end.
        if tag.md5 != nil, let own = S3ETag(md5: md5), !tag.matches(own) {
            throw StoreError(.damaged, "\(name) received other bytes of part \(number) than were sent.")
        }
        return PartDigests(md5: md5, sha256: checksum)
    }

    private func begin(_ blob: Blob, _ key: String) async throws -> String {
        var headers = objectHeaders(blob)
        if settings.checksums { headers.append(S3Field("x-amz-checksum-algorithm", "SHA256")) }
        let answer = try await patiently { [headers] in
            try await self.accepted(.POST, key, query: [S3Field("uploads", "")], headers: headers)
        }
        return try document { () throws(S3DocumentError) in try S3Documents.MultipartUpload(answer.body) }.uploadID
    }

    /// The parts that the store has; nil when it knows nothing of the upload any more.
    private func parts(of upload: String, _ key: String) async throws -> [Int: S3ETag]? {
        var parts: [Int: S3ETag] = [:]
        var marker: Int?
        repeat {
            var query = [S3Field("uploadId", upload)]
            if let marker { query.append(S3Field("part-number-marker", String(marker))) }
            let answer = try await patiently { [query] in
                try await self.accepted(.GET, key, query: query, statuses: [200, 404])
            }
            if answer.status == 404 { return nil }
            let page = try document { () throws(S3DocumentError) in try S3Documents.PartList(answer.body) }
            for part in page.parts { parts[part.number] = part.eTag }
            if let next = page.nextMarker, next <= marker ?? 0 { break }
            marker = page.nextMarker
        } while marker != nil && parts.count < S3ETag.maximumParts
        return parts
    }

    private func complete(
        _ blob: Blob, _ key: String, _ transfer: StoreTransfer, _ digests: [PartDigests]
    ) async throws -> StoreReceipt {
        let parts = try digests.enumerated().map { index, part in
            S3Documents.Part(number: index + 1, eTag: try tag(S3ETag(md5: part.md5)), sha256: part.sha256)
        }
        let expected = try tag(S3ETag(partMD5s: digests.map(\.md5)))
        let body = S3Documents.completeMultipartUpload(parts)
        do {
            _ = try await accepted(
                .POST, key, query: [S3Field("uploadId", transfer.id)],
                headers: [S3Field("content-type", "application/xml")], payload: .hashed(SHA256Hash(of: body)),
                body: .bytes(body), sending: Int64(body.count))
        } catch let error as StoreError where error.kind != .denied && error.kind != .busy {
            // The answer may have been lost, or be about a repetition: what is there decides.
            let tag = try await tag(of: blob)
            guard let tag, tag.matches(expected) else { throw error }
            return StoreReceipt(etag: tag.text, partSize: transfer.partSize)
        }
        return try await proven(blob, try await tag(of: blob), expected, partSize: transfer.partSize)
    }

    /// The entity tag of what is there now, if its size is right.
    private func tag(of blob: Blob) async throws -> S3ETag? {
        let answer = try await patiently { try await self.ask(.HEAD, self.key(blob.sha256)) }
        guard answer.status == 200, answer.headers.first(name: "content-length") == String(blob.size) else {
            return nil
        }
        return answer.headers.first(name: "etag").flatMap { S3ETag($0) }
    }
}
