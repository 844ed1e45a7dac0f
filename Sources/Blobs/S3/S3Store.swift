import AsyncHTTPClient
public import Core
import Crypto
import Foundation
import NIOCore
import NIOHTTP1

/// Replicas in a bucket of S3 or of what speaks like it.
///
/// Small blobs go in one request, large ones in equal parts. What is there is believed by its entity tag where that is an
/// MD5 that was computed here too, else by reading it again. `x-amz-checksum-…` is sent where it is configured and never
/// relied on: stores exist that take any value.
public final class S3Store: Store {
    public let name: String
    public let kind = Settings.Store.Kind.s3
    let client: StoreClient
    let address: S3Address
    let signer: S3Signer
    let settings: Settings.Store
    let partSize: Int64
    /// Larger blobs go in parts of this, unless the settings say otherwise.
    private static let usualPart: Int64 = 16_000_000

    public init(_ settings: Settings.Store, meter: StoreMeter) throws(InvalidValue) {
        name = settings.name
        self.settings = settings
        partSize = settings.part ?? Self.usualPart
        address = try S3Address(
            endpoint: settings.endpoint, bucket: settings.bucket, style: settings.virtualHosts ? .virtual : .path)
        // Last: a client that was made must be shut down.
        client = StoreClient(name: settings.name, timeout: settings.timeout, meter: meter)
        let credentials = S3Credentials(
            accessKey: settings.accessKey, secretKey: Secret(settings.secretKey),
            sessionToken: settings.sessionToken.isEmpty ? nil : Secret(settings.sessionToken))
        signer = S3Signer(credentials, region: settings.region)
    }

    public func shutdown() async throws {
        try await client.shutdown()
    }

    func key(_ sha256: SHA256Hash) -> String {
        let text = sha256.description
        return "\(settings.prefix)blobs/\(text.prefix(2))/\(text)"
    }

    public func check(_ blob: Blob, _ receipt: StoreReceipt?) async throws -> StoreFinding {
        let answer = try await patiently { try await self.ask(.HEAD, self.key(blob.sha256)) }
        if answer.status == 404 { return .missing }
        guard answer.status == 200 else { throw failure(answer) }
        let size = answer.headers.first(name: "content-length").flatMap { Int64($0) }
        guard size == blob.size else {
            return .different("\(name) has \(size ?? -1) bytes of it, not \(blob.size).")
        }
        guard let tag = answer.headers.first(name: "etag").flatMap({ S3ETag($0) }) else { return .unproven }
        guard let receipt, let known = receipt.etag.flatMap({ S3ETag($0) }) else { return .unproven }
        return tag.matches(known) ? .verified(receipt) : .unproven
    }

    public func read(_ blob: Blob, _ receipt: StoreReceipt?, range: Range<Int64>?) async throws -> StoreBody {
        var headers: [S3Field] = []
        if let range { headers.append(S3Field("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")) }
        let size = range.map { $0.upperBound - $0.lowerBound } ?? blob.size
        let key = key(blob.sha256)
        return try await patiently {
            let request = self.request(.GET, key, headers: headers)
            switch try await self.client.read(request, statuses: range == nil ? [200] : [206], size: size) {
            case .success(let body): return body
            case .failure(let refusal) where refusal.answer.status == 200:
                throw StoreError(.failing, "\(self.name) sent all of an object of which a part was asked for.")
            case .failure(let refusal): throw self.failure(refusal.answer)
            }
        }
    }

    public func remove(_ blob: SHA256Hash, _ receipt: StoreReceipt?) async throws {
        let answer = try await patiently {
            try await self.accepted(.DELETE, self.key(blob), statuses: [200, 204, 404])
        }
        if answer.status == 404, let failure = try? S3Documents.Failure(answer.body), failure.code == "NoSuchBucket" {
            throw self.failure(answer)
        }
        // Whoever removed it answers 204 (Amazon S3 API Reference, DeleteObject). Anything else is looked into.
        guard answer.status == 200 else { return }
        let found = try await patiently { try await self.ask(.HEAD, self.key(blob)) }
        guard found.status == 404 else {
            throw StoreError(.failing, "\(name) answered 200 to a removal, and did not remove it.")
        }
    }

    public func signedURL(_ blob: Blob, _ receipt: StoreReceipt?, _ request: SignedURLRequest) -> String? {
        signer.presignedURL(
            key(blob.sha256), in: address, at: request.begins, validFor: request.lifetime,
            overrides: S3ResponseOverrides(contentDisposition: request.disposition, contentType: request.mimeType))
    }

    // The marker

    public func marker() async throws -> String? {
        let answer = try await patiently {
            try await self.accepted(.GET, self.settings.prefix + StoreMarker.name, statuses: [200, 404])
        }
        guard answer.status == 200 else {
            if let failure = try? S3Documents.Failure(answer.body), failure.code == "NoSuchBucket" {
                throw StoreError(
                    .vanished, "The bucket \(settings.bucket) of \(name) is not there. Make it, or name another.")
            }
            return nil
        }
        return StoreMarker.id(in: answer.body)
    }

    public func setMarker(_ id: String) async throws {
        let body = try StoreMarker.bytes(of: id)
        _ = try await patiently {
            try await self.accepted(
                .PUT, self.settings.prefix + StoreMarker.name,
                headers: [S3Field("content-type", "application/json")], payload: .hashed(SHA256Hash(of: body)),
                body: .bytes(body), sending: Int64(body.count))
        }
    }

    // Transfers that nobody goes on with

    public func abandonedTransfers(before time: Timestamp) async throws -> [AbandonedTransfer] {
        var found: [AbandonedTransfer] = []
        var marker: S3Documents.UploadList.Marker?
        // A bucket that others share may hold any number; a thousand pages are a million.
        for _ in 0..<1000 {
            var query = [S3Field("uploads", ""), S3Field("prefix", settings.prefix + "blobs/")]
            if let marker {
                query.append(S3Field("key-marker", marker.key))
                if let id = marker.uploadID { query.append(S3Field("upload-id-marker", id)) }
            }
            let answer = try await patiently { [query] in try await self.accepted(.GET, nil, query: query) }
            let page = try document { () throws(S3DocumentError) in try S3Documents.UploadList(answer.body) }
            // Others may keep things beside ours.
            let own = page.uploads.filter { upload in
                upload.key.split(separator: "/").last.flatMap { SHA256Hash($0) }.map { key($0) == upload.key } ?? false
            }
            found += own.filter { ($0.initiatedAt ?? time) < time }.map {
                AbandonedTransfer(key: $0.key, id: $0.uploadID, begunAt: $0.initiatedAt)
            }
            marker = page.next
            if marker == nil { break }
        }
        return found
    }

    public func abandon(_ transfer: AbandonedTransfer) async throws {
        _ = try await patiently {
            try await self.accepted(
                .DELETE, transfer.key, query: [S3Field("uploadId", transfer.id)], statuses: [200, 204, 404])
        }
    }

    public func abandon(_ transfer: StoreTransfer, of blob: SHA256Hash) async throws {
        guard !transfer.id.isEmpty else { return }
        try await abandon(AbandonedTransfer(key: key(blob), id: transfer.id, begunAt: nil))
    }
}
