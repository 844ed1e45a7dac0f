import AsyncHTTPClient
import Core
import Foundation
import NIOCore
import NIOHTTP1

extension S3Store {
    /// A signed request for an object, or for the bucket without a key.
    func request(
        _ method: HTTPMethod, _ key: String?, query: [S3Field] = [], headers: [S3Field] = [],
        payload: S3Payload = .empty, body: HTTPClientRequest.Body? = nil, at time: Timestamp = .now()
    ) -> HTTPClientRequest {
        var (request, _) = signedRequest(method, key, query: query, headers: headers, payload: payload, at: time)
        // There are servers whose answer to HEAD is followed by a body; nobody must take it for the next answer.
        if method == .HEAD { request.headers.add(name: "connection", value: "close") }
        request.body = body
        return request
    }

    /// A request without its body, and how it was signed.
    func signedRequest(
        _ method: HTTPMethod, _ key: String?, query: [S3Field], headers: [S3Field], payload: S3Payload,
        namesEncoding: Bool = true, at time: Timestamp = .now()
    ) -> (request: HTTPClientRequest, signed: S3SignedRequest) {
        let path = key.map { address.path(of: $0) } ?? address.bucketPath
        let signed = signer.sign(
            method.rawValue, host: address.host, path: path, query: query, headers: headers, payload: payload,
            namesEncoding: namesEncoding, at: time)
        let text = S3Encoding.query(query)
        var request = HTTPClientRequest(url: address.origin + path + (text.isEmpty ? "" : "?" + text))
        request.method = method
        for field in headers + signed.headers { request.headers.add(name: field.name, value: field.value) }
        return (request, signed)
    }

    /// One request; what came, whatever it was.
    func ask(
        _ method: HTTPMethod, _ key: String?, query: [S3Field] = [], headers: [S3Field] = [],
        payload: S3Payload = .empty, body: HTTPClientRequest.Body? = nil, sending bytes: Int64 = 0
    ) async throws -> StoreClient.Answer {
        try await client.ask(
            request(method, key, query: query, headers: headers, payload: payload, body: body), sending: bytes)
    }

    /// One request; throws unless the status is one of those. A success whose body is an error is one: there are stores
    /// and gateways that had sent the status before they knew.
    func accepted(
        _ method: HTTPMethod, _ key: String?, query: [S3Field] = [], headers: [S3Field] = [],
        payload: S3Payload = .empty, body: HTTPClientRequest.Body? = nil, sending bytes: Int64 = 0,
        statuses: Set<Int> = [200]
    ) async throws -> StoreClient.Answer {
        let answer = try await ask(
            method, key, query: query, headers: headers, payload: payload, body: body, sending: bytes)
        guard statuses.contains(answer.status) else { throw failure(answer) }
        if (200..<300).contains(answer.status), let document = try? S3Documents.Failure(answer.body) {
            throw failure(status: answer.status, document, answer.headers)
        }
        return answer
    }

    /// Does what may be done twice again when the store stumbles, with a little patience.
    func patiently<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await Patience.trying(body)
    }

    func document<Value>(_ read: () throws(S3DocumentError) -> Value) throws -> Value {
        do {
            return try read()
        } catch {
            throw StoreError(.failing, "\(name) sent an answer that cannot be read: \(error).")
        }
    }

    /// What an answer that is an error means.
    func failure(_ answer: StoreClient.Answer) -> StoreError {
        failure(status: answer.status, try? S3Documents.Failure(answer.body), answer.headers)
    }

    func failure(status: Int, _ document: S3Documents.Failure?, _ headers: HTTPHeaders = [:]) -> StoreError {
        let code = document?.code ?? ""
        let request = document?.requestID ?? headers.first(name: "x-amz-request-id")
        var message = "\(name) answered \(status)"
        if let document { message += " \(document.code): \(document.message.prefix(200))" }
        if let request { message += " (request \(request.prefix(100)))" }
        let kind = kind(status, code)
        if kind == .denied { message += " Look at stores.\(name).accessKey, secretKey and region." }
        return StoreError(kind, message, retryAfter: StoreAnswers.retryAfter(headers))
    }

    private func kind(_ status: Int, _ code: String) -> StoreError.Kind {
        switch code {
        case "SlowDown", "TooManyRequests", "RequestLimitExceeded": return .busy
        case "BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest", "IncompleteBody", "XAmzContentChecksumMismatch",
            "InvalidPart", "InvalidPartOrder", "EntityTooSmall":
            return .damaged
        case "RequestTimeout", "OperationAborted", "InternalError", "ServiceUnavailable": return .failing
        case "NoSuchBucket": return .vanished
        case "NoSuchKey", "NoSuchUpload": return .missing
        case "ExpiredToken", "InvalidToken", "AuthorizationHeaderMalformed", "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "RequestTimeTooSkewed", "AccessDenied":
            return .denied
        default: break
        }
        switch status {
        case 200..<300: return .failing
        case 401, 403: return .denied
        case 404: return .missing
        case 409: return .failing
        case 429: return .busy
        case 501: return .refused
        case 500...: return .failing
        case 408: return .failing
        default: return .refused
        }
    }
}
