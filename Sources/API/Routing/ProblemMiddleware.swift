import Core
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Services

/// Turns every error into `application/problem+json` (RFC 9457), and gives every answer its request id and the headers
/// that keep browsers from guessing.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = RequestScope

    let problems: Problems
    let paths: KnownPaths

    func handle(
        _ request: Request, context: RequestScope, next: (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPParserError {
            throw error
        } catch {
            response = answer(to: request, error, context)
        }
        // An answer to HEAD has no body (RFC 9110, section 9.3.2); one would be taken for the next answer.
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.requestID] = context.requestID
        response.headers[.contentTypeOptions] = "nosniff"
        // tus wants its version in every answer, also where nobody came as far as its routes.
        if request.headers.contains(.tusResumable) { response.headers[.tusResumable] = TusProtocol.version }
        return response
    }

    private func answer(to request: Request, _ error: any Error, _ context: RequestScope) -> Response {
        // The router throws this when it knows no handler: for the path, or for the method on it.
        if let error = error as? HTTPError, error.status == .notFound, let allow = paths.allow(request.uri.path) {
            if request.method == .options { return Response(status: .noContent, headers: [.allow: allow]) }
            return problems.response(for: MethodNotAllowed(allow: allow), context)
        }
        return problems.response(for: error, context)
    }
}

/// The path is there, but not for this method.
struct MethodNotAllowed: Error {
    /// The value of `Allow`.
    let allow: String
}

/// None of the ranges that were asked for is in the file.
struct RangeNotSatisfiable: Error {
    /// Bytes of the file.
    let size: Int64
}

/// What each error looks like from outside.
struct Problems: Sendable {
    /// A problem as the API shows it: RFC 9457, and what a machine needs to go on.
    struct Body: Encodable {
        var type = "about:blank"
        let title: String
        let status: Int
        let detail: String
        let code: String
        let requestId: String
        var errors: [FieldError]?
        /// Further members (RFC 9457, section 3.2).
        var members: [String: Int64] = [:]

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }

            init(_ name: String) { stringValue = name }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(type, forKey: Key("type"))
            try container.encode(title, forKey: Key("title"))
            try container.encode(status, forKey: Key("status"))
            try container.encode(detail, forKey: Key("detail"))
            try container.encode(code, forKey: Key("code"))
            try container.encode(requestId, forKey: Key("requestId"))
            try container.encodeIfPresent(errors, forKey: Key("errors"))
            for (name, value) in members { try container.encode(value, forKey: Key(name)) }
        }
    }

    func response(for error: any Error, _ context: RequestScope) -> Response {
        switch error {
        case let error as VoiceNoteError:
            var headers = HTTPFields()
            if let wait = error.retryAfter { headers[.retryAfter] = String(Int(wait.seconds.rounded(.up))) }
            if error.code == .unauthenticated || error.code == .tokenExpired {
                headers[.wwwAuthenticate] = "Bearer realm=\"voicenote\""
            }
            return response(error.code.status, error.code, error.detail, error.fields, headers, context)
        case let error as MethodNotAllowed:
            return response(
                .methodNotAllowed, .methodNotAllowed, "This address answers \(error.allow) only.", [],
                [.allow: error.allow], context)
        case let error as RangeNotSatisfiable:
            return response(
                .rangeNotSatisfiable, .rangeNotSatisfiable, "The file has \(error.size) bytes; ask for some of them.",
                [],
                [.contentRange: ByteRange.unsatisfiedContentRange(size: error.size), .acceptRanges: "bytes"], context)
        case let error as any HTTPResponseError:
            return response(for: error, context)
        case is BrokenBody:
            return response(
                .badRequest, .badRequest, "The body broke off; ask for the offset and send the rest.", [], [:],
                context)
        case is CancellationError:
            return response(
                .serviceUnavailable, .unavailable, "The server is stopping; send the request again.", [],
                [.retryAfter: "1"], context)
        default:
            context.logger.error("request failed", metadata: ["error": "\(error)"])
            return response(
                .internalServerError, .internalError,
                "Something went wrong here; the server's log says more under this request id.", [], [:], context)
        }
    }

    private func response(for error: any HTTPResponseError, _ context: RequestScope) -> Response {
        switch error.status {
        case .notFound:
            response(.notFound, .notFound, "There is nothing at this address.", [], [:], context)
        case .contentTooLarge:
            response(.contentTooLarge, .tooLarge, "The request is too large; send less.", [], [:], context)
        case let status where status.kind == .clientError:
            response(status, .badRequest, "The request is malformed; correct it.", [], [:], context)
        default:
            response(
                .internalServerError, .internalError,
                "Something went wrong here; the server's log says more under this request id.", [], [:], context)
        }
    }

    private func response(
        _ status: HTTPResponse.Status, _ code: VoiceNoteError.Code, _ detail: String, _ errors: [FieldError],
        _ headers: HTTPFields, _ context: RequestScope
    ) -> Response {
        response(
            status,
            Body(
                title: status.reasonPhrase, status: status.code, detail: detail, code: code.rawValue,
                requestId: context.requestID, errors: errors.isEmpty ? nil : errors), headers)
    }

    /// The response for a problem that is put into words already.
    func response(_ status: HTTPResponse.Status, _ body: Body, _ headers: HTTPFields) -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        // Strings and numbers cannot fail to encode.
        let data = (try? JSON.encoder.encode(body)) ?? Data()
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: data)))
    }
}

extension VoiceNoteError.Code {
    /// The HTTP status of the code.
    var status: HTTPResponse.Status {
        switch self {
        case .badRequest, .digestMismatch, .inconsistentLength: .badRequest
        case .offsetMismatch, .uploadComplete: .conflict
        case .checksumMismatch: HTTPResponse.Status(code: 460, reasonPhrase: "Checksum Mismatch")
        case .unsupportedVersion: .preconditionFailed
        case .gone: .gone
        case .tooManyUploads: .tooManyRequests
        case .validationFailed: .unprocessableContent
        case .unauthenticated, .invalidCredentials, .tokenExpired, .refreshTokenReused: .unauthorized
        case .forbidden, .csrfFailed, .registrationClosed, .urlExpired, .urlInvalid, .urlRevoked: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .requestTimeout: .requestTimeout
        case .emailTaken, .notInTrash, .notFailed, .notReady, .conflict: .conflict
        case .versionMismatch: .preconditionFailed
        case .tooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .rangeNotSatisfiable: .rangeNotSatisfiable
        case .expectationFailed: .expectationFailed
        case .rateLimited: .tooManyRequests
        case .storageFull: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        case .unavailable: .serviceUnavailable
        case .internalError: .internalServerError
        }
    }
}

extension HTTPField.Name {
    // The names are tokens by RFC 9110, section 5.1, so each initialiser succeeds.
    static let requestID = HTTPField.Name("X-Request-Id").unsafelyUnwrapped
    static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options").unsafelyUnwrapped
    static let csrfToken = HTTPField.Name("X-CSRF-Token").unsafelyUnwrapped
    static let sessionKind = HTTPField.Name("X-VoiceNote-Session").unsafelyUnwrapped
    static let idempotencyKey = HTTPField.Name("Idempotency-Key").unsafelyUnwrapped
    static let contentDigest = HTTPField.Name("Content-Digest").unsafelyUnwrapped
    static let reprDigest = HTTPField.Name("Repr-Digest").unsafelyUnwrapped
    static let referrerPolicy = HTTPField.Name("Referrer-Policy").unsafelyUnwrapped
    static let permissionsPolicy = HTTPField.Name("Permissions-Policy").unsafelyUnwrapped
    static let uploadOffset = HTTPField.Name("Upload-Offset").unsafelyUnwrapped
    static let uploadLength = HTTPField.Name("Upload-Length").unsafelyUnwrapped
    static let uploadComplete = HTTPField.Name("Upload-Complete").unsafelyUnwrapped
    static let uploadIncomplete = HTTPField.Name("Upload-Incomplete").unsafelyUnwrapped
    static let uploadLimit = HTTPField.Name("Upload-Limit").unsafelyUnwrapped
    static let uploadDraftInteropVersion = HTTPField.Name("Upload-Draft-Interop-Version").unsafelyUnwrapped
    static let uploadDeferLength = HTTPField.Name("Upload-Defer-Length").unsafelyUnwrapped
    static let uploadMetadata = HTTPField.Name("Upload-Metadata").unsafelyUnwrapped
    static let uploadConcat = HTTPField.Name("Upload-Concat").unsafelyUnwrapped
    static let uploadChecksum = HTTPField.Name("Upload-Checksum").unsafelyUnwrapped
    static let uploadExpires = HTTPField.Name("Upload-Expires").unsafelyUnwrapped
    static let tusResumable = HTTPField.Name("Tus-Resumable").unsafelyUnwrapped
    static let tusVersion = HTTPField.Name("Tus-Version").unsafelyUnwrapped
    static let tusExtension = HTTPField.Name("Tus-Extension").unsafelyUnwrapped
    static let tusMaxSize = HTTPField.Name("Tus-Max-Size").unsafelyUnwrapped
    static let tusChecksumAlgorithm = HTTPField.Name("Tus-Checksum-Algorithm").unsafelyUnwrapped
    static let methodOverride = HTTPField.Name("X-HTTP-Method-Override").unsafelyUnwrapped
    static let acceptPatch = HTTPField.Name("Accept-Patch").unsafelyUnwrapped
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering").unsafelyUnwrapped
}
