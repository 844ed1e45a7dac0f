import AsyncHTTPClient
public import Core
import Crypto
import Foundation
import NIOCore
import NIOHTTP1

extension CloudinaryStore {
    public func read(_ blob: Blob, _ receipt: StoreReceipt?, range: Range<Int64>?) async throws -> StoreBody {
        // A range of nothing cannot be asked for.
        if let range, range.isEmpty { return StoreBody(size: 0) { StoreBody.Iterator { nil } } }
        let kinds = CloudinaryAddresses.kinds(receipt)
        for kind in kinds.dropLast() {
            do {
                return try await read(blob, kind, range)
            } catch let error as StoreError where error.kind == .missing {
                continue
            }
        }
        return try await read(blob, kinds[kinds.count - 1], range)
    }

    private func read(
        _ blob: Blob, _ kind: CloudinaryAsset.ResourceType, _ range: Range<Int64>?
    ) async throws -> StoreBody {
        try await Patience.trying {
            var request = HTTPClientRequest(url: addresses.reading(addresses.publicID(of: blob.sha256), kind))
            if let range {
                request.headers.add(name: "range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
            }
            let size = range.map { $0.upperBound - $0.lowerBound } ?? blob.size
            switch try await client.read(request, statuses: range == nil ? [200] : [206], size: size) {
            case .success(let body): return body
            case .failure(let refusal) where refusal.answer.status == 200:
                throw StoreError(.failing, "\(name) sent all of a recording of which a part was asked for.")
            case .failure(let refusal): throw failure(refusal.answer).error(of: name)
            }
        }
    }

    // The marker

    public func marker() async throws -> String? {
        let answer = try await Patience.trying {
            let request = HTTPClientRequest(url: addresses.reading(addresses.markerID, .raw))
            let answer = try await client.ask(request)
            guard answer.status != 200, case let error = failure(answer).error(of: name), error.kind != .missing
            else { return answer }
            throw error
        }
        guard answer.status == 200 else { return nil }
        guard let id = StoreMarker.id(in: answer.body) else {
            throw StoreError(.failing, "\(name) has a \(StoreMarker.name) that cannot be read.")
        }
        return id
    }

    public func setMarker(_ id: String) async throws {
        let content = try StoreMarker.bytes(of: id)
        let parameters: CloudinaryParameters = [
            "public_id": addresses.markerID, "type": "authenticated", "overwrite": "true", "invalidate": "true",
        ]
        try await Patience.trying {
            let form = CloudinaryForm(
                addresses.signer.signed(parameters, at: .now()), fileName: StoreMarker.name)
            let body = form.head + content + form.tail
            let request = post("upload", .raw, contentType: form.contentType, .bytes(body))
            let answer = try understood(try await client.ask(request, sending: Int64(body.count)))
            let difference = answer.difference(
                publicID: addresses.markerID, size: Int64(content.count), md5: Array(Insecure.MD5.hash(data: content)))
            if let difference {
                throw StoreError(.damaged, "\(name) stored its marker \(difference).")
            }
        }
    }
}
