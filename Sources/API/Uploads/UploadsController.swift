import Core
import HTTPTypes
import Hummingbird
import Services

/// `/uploads`: resumable uploads by two protocols. A request with `Tus-Resumable`, with tus's media type, or that announces
/// a length and nothing of the draft, speaks tus 1.0; every other one speaks the IETF draft.
struct UploadsController: Sendable {
    let uploads: Uploads
    let playback: Playback
    let drafts: DraftProtocol

    private var tus: TusProtocol { TusProtocol(uploads: uploads) }

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.get, "/api/v1/uploads", .read, list)
        table.add(.get, "/api/v1/uploads/:id", .read, get)
        table.add(.get, "/api/v1/uploads/:id/audio", .read, audio)
        table.add(.head, "/api/v1/uploads/:id/audio", .read, audio)
        table.open(.options, "/api/v1/uploads", options)
        table.open(.options, "/api/v1/uploads/:id", options)
        table.add(.post, "/api/v1/uploads", .write) { try await exchange(.create, $0, $1, $2) }
        table.add(.head, "/api/v1/uploads/:id", .write) { try await exchange(.offset, $0, $1, $2) }
        table.add(.patch, "/api/v1/uploads/:id", .write) { try await exchange(.append, $0, $1, $2) }
        table.add(.delete, "/api/v1/uploads/:id", .write) { try await exchange(.delete, $0, $1, $2) }
        table.add(.post, "/api/v1/uploads/:id", .write) { request, scope, principal in
            try await exchange(try Self.overridden(request), request, scope, principal)
        }
    }

    /// What a request wants, whatever its method is.
    private enum Wish {
        case create, offset, append, delete
    }

    /// For clients that cannot send every method (tus 1.0, `X-HTTP-Method-Override`).
    private static func overridden(_ request: Request) throws -> Wish {
        switch request.headers[.methodOverride]?.uppercased() {
        case "PATCH": return .append
        case "DELETE": return .delete
        case "HEAD": return .offset
        default: throw MethodNotAllowed(allow: "DELETE, GET, HEAD, OPTIONS, PATCH")
        }
    }

    static func id(_ scope: RequestScope) throws -> Upload.ID {
        guard let id = Upload.ID(scope.parameters.get("id") ?? "") else { throw VoiceNoteError.notFound("upload") }
        return id
    }

    private func exchange(
        _ wish: Wish, _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        defer { scope.transferEnded() }
        if TusProtocol.isSpoken(by: request) {
            return await tus.answering(scope) {
                try TusProtocol.requireVersion(request)
                return switch wish {
                case .create: try await tus.create(request, scope, principal.account)
                case .offset: try await tus.offset(try Self.id(scope), scope, principal.account)
                case .append: try await tus.append(try Self.id(scope), request, scope, principal.account)
                case .delete: try await tus.delete(try Self.id(scope), scope, principal.account)
                }
            }
        }
        let dialect = DraftDialect(request)
        return try await drafts.answering(dialect, scope) {
            switch wish {
            case .create: try await drafts.create(dialect, request, scope, principal.account)
            case .offset: try await drafts.offset(try Self.id(scope), dialect, scope, principal.account)
            case .append: try await drafts.append(try Self.id(scope), dialect, request, scope, principal.account)
            case .delete: try await drafts.delete(try Self.id(scope), scope, principal.account)
            }
        }
    }

    /// What is understood here, in the words of both protocols.
    @Sendable private func options(_ request: Request, _ scope: RequestScope) async throws -> Response {
        let isOne = scope.parameters.get("id") != nil
        return Response(
            status: .noContent,
            headers: [
                .tusResumable: TusProtocol.version, .tusVersion: TusProtocol.version,
                .tusExtension: TusProtocol.extensions, .tusMaxSize: String(uploads.largestFile),
                .tusChecksumAlgorithm: UploadChecksum.Algorithm.allCases.map(\.rawValue).joined(separator: ","),
                .uploadLimit: drafts.limits, .acceptPatch: "\(DraftProtocol.mediaType), \(TusProtocol.mediaType)",
                .allow: isOne ? "DELETE, GET, HEAD, OPTIONS, PATCH, POST" : "GET, OPTIONS, POST",
            ])
    }

    @Sendable private func list(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        var announced: SHA256Hash?
        if let text = Query(request)["sha256"] {
            announced = SHA256Hash(text)
            guard announced != nil else {
                throw VoiceNoteError(
                    .validationFailed, "Please correct: sha256.",
                    fields: [FieldError(field: "sha256", message: "64 hexadecimal digits.")])
            }
        }
        let items = try await uploads.open(of: principal.account, announced: announced)
        return try JSON.response(
            .ok, ItemsBody(items: items.map { UploadBody($0, expiresAt: uploads.expiry(of: $0)) }))
    }

    @Sendable private func get(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try await drafts.answering(DraftDialect(request), scope) {
            let upload = try await uploads.find(try Self.id(scope), of: principal.account)
            return try JSON.response(.ok, UploadBody(upload, expiresAt: uploads.expiry(of: upload)))
        }
    }

    @Sendable private func audio(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try await drafts.answering(DraftDialect(request), scope) {
            let audio = try await playback.audio(of: try Self.id(scope), in: uploads, account: principal.account)
            return try await BlobResponse(playback: playback).response(to: request, audio, isDownload: false)
        }
    }
}
