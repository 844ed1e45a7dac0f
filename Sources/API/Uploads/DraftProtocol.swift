import Core
import HTTPTypes
import Hummingbird
import Services

/// Resumable Uploads for HTTP (draft-ietf-httpbis-resumable-upload, interop version 8).
struct DraftProtocol: Sendable {
    let uploads: Uploads
    let notes: Notes

    static let mediaType = "application/partial-upload"

    /// `Upload-Limit`: what one upload may have.
    var limits: String {
        "max-size=\(uploads.largestFile), min-size=0, max-age=\(Int64(uploads.settings.expiry.seconds))"
    }

    /// Runs the body and puts refusals into the draft's words.
    func answering(
        _ dialect: DraftDialect, _ scope: RequestScope, _ body: () async throws -> Response
    ) async throws -> Response {
        do {
            return try await body()
        } catch let refusal as UploadRefusal {
            var problem = UploadProblem(refusal)
            switch refusal {
            case .offset, .inconsistentLength, .digest:
                problem.headers.append(contentsOf: dialect.headers(isComplete: false))
            case .complete: problem.headers.append(contentsOf: dialect.headers(isComplete: true))
            case .tooLarge: problem.headers[.uploadLimit] = limits
            case .isFinal, .gone: break
            }
            return problem.response(scope)
        }
    }

    func create(
        _ dialect: DraftDialect, _ request: Request, _ scope: RequestScope, _ account: Account.ID
    ) async throws -> Response {
        guard let isWhole = try dialect.completeness(of: request) else {
            throw VoiceNoteError(
                .badRequest,
                "Say whether this is all: Upload-Complete: ?1 or ?0. For tus, send Tus-Resumable: 1.0.0.")
        }
        let body = try BodyLength(request)
        var new = Uploads.NewUpload(draft: try RawDraft.read(request))
        new.isLive = ["1", "true"].contains(Query(request)["live"])
        new.length = try DraftDialect.count(.uploadLength, request)
        if isWhole, let count = body.announced {
            guard new.length == nil || new.length == count else {
                throw UploadRefusal.inconsistentLength(nil)
            }
            new.length = count
        }
        let digests = try Self.digests(request)
        let upload = try await uploads.create(new, of: account)
        let location = "/api/v1/uploads/\(upload.id)"
        if dialect.announced != nil {
            var interim = HTTPResponse(
                status: HTTPResponse.Status(code: 104, reasonPhrase: "Upload Resumption Supported"))
            interim.headerFields = dialect.headers(isComplete: false)
            interim.headerFields[.uploadComplete] = nil
            interim.headerFields[.uploadIncomplete] = nil
            interim.headerFields[.location] = location
            interim.headerFields[.uploadLimit] = limits
            scope.inform(interim)
        }
        var created = upload
        if isWhole || request.hasBody {
            var piece = Uploads.Piece(offset: 0)
            piece.isLast = isWhole
            piece.contentLength = body.announced
            piece.digests = digests
            created = try await uploads.appendFirst(
                piece, to: upload, body: { scope.body(of: request) }, stop: scope.endTransfer)
        }
        if created.state == .complete { return try await final(created, dialect) }
        var headers = dialect.headers(isComplete: false)
        headers[.location] = location
        headers[.uploadOffset] = String(created.offset)
        headers[.uploadLimit] = limits
        return Response(status: .created, headers: headers)
    }

    func offset(
        _ id: Upload.ID, _ dialect: DraftDialect, _ scope: RequestScope, _ account: Account.ID
    ) async throws -> Response {
        let upload = try await uploads.resume(id, of: account, stop: scope.endTransfer)
        var headers = dialect.headers(isComplete: upload.state == .complete)
        headers[.uploadOffset] = String(upload.offset)
        headers[.uploadLength] = upload.length.map { String($0) }
        headers[.uploadLimit] = limits
        headers[.cacheControl] = "no-store"
        return Response(status: .noContent, headers: headers)
    }

    func append(
        _ id: Upload.ID, _ dialect: DraftDialect, _ request: Request, _ scope: RequestScope, _ account: Account.ID
    ) async throws -> Response {
        let piece: Uploads.Piece
        do {
            piece = try Self.piece(dialect, request)
        } catch {
            // Whoever asks for what is not there hears that first.
            _ = try await uploads.find(id, of: account)
            throw error
        }
        let upload = try await uploads.append(
            piece, to: id, of: account, body: { scope.body(of: request) }, stop: scope.endTransfer)
        if upload.state == .complete { return try await final(upload, dialect) }
        var headers = dialect.headers(isComplete: false)
        headers[.uploadOffset] = String(upload.offset)
        headers[.cacheControl] = "no-store"
        return Response(status: .noContent, headers: headers)
    }

    func delete(_ id: Upload.ID, _ scope: RequestScope, _ account: Account.ID) async throws -> Response {
        try await uploads.delete(id, of: account, stop: scope.endTransfer)
        return Response(status: .noContent)
    }

    /// The answer of `POST /notes`, however the bytes came.
    private func final(_ upload: Upload, _ dialect: DraftDialect) async throws -> Response {
        guard let id = upload.note, let receipt = upload.receipt else { throw UploadRefusal.gone }
        let note = try await notes.find(id, of: upload.account)
        var response = try CreatedNote.response(note, receipt)
        response.headers.append(contentsOf: dialect.headers(isComplete: true))
        response.headers[.uploadOffset] = String(upload.offset)
        return response
    }

    /// What a PATCH says about its bytes.
    private static func piece(_ dialect: DraftDialect, _ request: Request) throws -> Uploads.Piece {
        guard request.mediaType == mediaType || !dialect.needsMediaType else {
            throw VoiceNoteError(.unsupportedMediaType, "Send the bytes with Content-Type: \(mediaType).")
        }
        guard let offset = try DraftDialect.count(.uploadOffset, request) else {
            throw VoiceNoteError(.badRequest, "Say where the bytes begin: Upload-Offset.")
        }
        guard let isLast = try dialect.completeness(of: request) else {
            throw VoiceNoteError(.badRequest, "Say whether these are the last bytes: Upload-Complete: ?1 or ?0.")
        }
        var piece = Uploads.Piece(offset: offset)
        piece.isLast = isLast
        piece.length = try DraftDialect.count(.uploadLength, request)
        piece.contentLength = try BodyLength(request).announced ?? (request.hasBody ? nil : 0)
        piece.digests = try digests(request)
        return piece
    }

    private static func digests(_ request: Request) throws -> PieceDigests {
        var digests = PieceDigests()
        if let field = try request.digestField(.contentDigest) { digests.expect(field) }
        return digests
    }
}

extension Request {
    /// Whether the head says that a body follows (RFC 9112, section 6.3).
    var hasBody: Bool {
        if let length = headers[.contentLength] { return length != "0" }
        return headers[.transferEncoding] != nil
    }
}
