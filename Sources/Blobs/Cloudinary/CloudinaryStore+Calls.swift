import AsyncHTTPClient
import Core
import NIOCore
import NIOHTTP1

extension CloudinaryStore {
    /// A signed call without a file, tried again when the store stumbles: all of them may be done twice.
    func call(
        _ action: String, _ kind: CloudinaryAsset.ResourceType, _ parameters: CloudinaryParameters
    ) async throws -> CloudinaryAnswer {
        try await Patience.trying {
            let form = addresses.signer.signed(parameters, at: .now()).query
            let request = post(
                action, kind, contentType: "application/x-www-form-urlencoded", .bytes(ByteBuffer(string: form)))
            return try understood(try await client.ask(request, sending: Int64(form.utf8.count)))
        }
    }

    /// What is there under the blob's name; nil when nothing is.
    func lookUp(_ sha256: SHA256Hash, _ kind: CloudinaryAsset.ResourceType) async throws -> CloudinaryAnswer? {
        do {
            return try await call(
                "explicit", kind, ["public_id": addresses.publicID(of: sha256), "type": "authenticated"])
        } catch let error as StoreError where error.kind == .missing {
            return nil
        }
    }

    func post(
        _ action: String, _ kind: CloudinaryAsset.ResourceType, contentType: String, _ body: HTTPClientRequest.Body
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: addresses.call(action, kind))
        request.method = .POST
        request.headers.add(name: "content-type", value: contentType)
        request.body = body
        return request
    }

    /// What the answer says, or the error that it is.
    func understood(_ answer: StoreClient.Answer) throws -> CloudinaryAnswer {
        guard (200..<300).contains(answer.status) else { throw failure(answer).error(of: name) }
        guard let read = CloudinaryAnswer.read(answer.body) else {
            throw StoreError(.failing, "\(name) sent an answer that cannot be read.")
        }
        return read
    }

    func failure(_ answer: StoreClient.Answer) -> CloudinaryFailure {
        CloudinaryFailure(status: answer.status, headers: answer.headers, body: answer.body)
    }
}
