import Core
import HTTPTypes
import Hummingbird
import Services

/// tus 1.0.0 with the extensions creation, creation-with-upload, creation-defer-length, expiration, checksum,
/// termination and concatenation.
struct TusProtocol: Sendable {
    let uploads: Uploads

    static let version = "1.0.0"
    static let mediaType = "application/offset+octet-stream"
    static let extensions =
        "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation"

    static func isSpoken(by request: Request) -> Bool {
        request.headers[.tusResumable] != nil || request.mediaType == mediaType
            || (request.headers[.uploadLength] ?? request.headers[.uploadDeferLength]) != nil
                && request.headers[.uploadComplete] == nil && request.headers[.uploadIncomplete] == nil
                && request.headers[.uploadDraftInteropVersion] == nil
    }

    /// - Throws: ``VoiceNoteError/Code/unsupportedVersion``.
    static func requireVersion(_ request: Request) throws {
        guard request.headers[.tusResumable] == version else {
            throw VoiceNoteError(
                .unsupportedVersion, "Send Tus-Resumable: \(version); no other version is spoken here.")
        }
    }

    /// Runs the body; every answer names the version, and refusals are put into the words of tus.
    func answering(_ scope: RequestScope, _ body: () async throws -> Response) async -> Response {
        var response: Response
        do {
            response = try await body()
        } catch let refusal as UploadRefusal {
            var problem = UploadProblem(refusal)
            problem.type = "about:blank"
            if case .digest = refusal {
                problem.code = .checksumMismatch
                problem.status = problem.code.status
            }
            if case .tooLarge(let most) = refusal { problem.headers[.tusMaxSize] = String(most) }
            response = problem.response(scope)
        } catch {
            response = Problems().response(for: error, scope)
            if (error as? VoiceNoteError)?.code == .unsupportedVersion { response.headers[.tusVersion] = Self.version }
        }
        response.headers[.tusResumable] = Self.version
        return response
    }

    func create(_ request: Request, _ scope: RequestScope, _ account: Account.ID) async throws -> Response {
        let concat = try request.headers[.uploadConcat].map { text in
            try Self.parsed { () throws(InvalidValue) in try UploadConcat(text) }
        }
        var new = Uploads.NewUpload(draft: NoteDraft(mimeType: "application/octet-stream"))
        new.endsByLength = true
        if let text = request.headers[.uploadMetadata], !text.isEmpty {
            new.metadata = text
            let metadata = try Self.parsed { () throws(InvalidValue) in try UploadMetadata(text) }
            (new.draft, new.isLive) = Self.draft(metadata)
        }
        let length = try Self.length(request)
        if case .final(let parts)? = concat {
            guard length == nil, !request.headers.contains(.uploadDeferLength) else {
                throw VoiceNoteError(.badRequest, "A final upload has no Upload-Length: its parts tell.")
            }
            new.parts = request.headers[.uploadConcat]
            return response(.created, try await uploads.concatenate(parts, as: new, of: account), isNew: true)
        }
        guard (length != nil) != request.headers.contains(.uploadDeferLength) else {
            throw VoiceNoteError(.badRequest, "Send either Upload-Length or Upload-Defer-Length: 1.")
        }
        if case .partial? = concat { new.kind = .partial }
        new.length = length
        let brings = request.mediaType == Self.mediaType
        let checksum = try Self.checksum(request)
        let body = try BodyLength(request)
        guard brings || (body.announced ?? 0) == 0 else { throw Self.wrongMedia }
        var upload = try await uploads.create(new, of: account)
        if brings || upload.hasAllBytes {
            var piece = Uploads.Piece(offset: 0)
            piece.contentLength = brings ? body.announced : 0
            piece.digests = checksum
            upload = try await uploads.appendFirst(
                piece, to: upload, body: { scope.body(of: request) }, stop: scope.endTransfer)
        }
        return response(.created, upload, isNew: true)
    }

    func offset(_ id: Upload.ID, _ scope: RequestScope, _ account: Account.ID) async throws -> Response {
        let upload = try await uploads.resume(id, of: account, stop: scope.endTransfer)
        var response = response(.ok, upload)
        // Of one that is made of parts there is no offset before it is made.
        if upload.kind == .final, upload.state == .open { response.headers[.uploadOffset] = nil }
        response.headers[.uploadLength] = upload.length.map { String($0) }
        if upload.length == nil { response.headers[.uploadDeferLength] = "1" }
        response.headers[.uploadMetadata] = upload.metadata
        switch upload.kind {
        case .whole: break
        case .partial: response.headers[.uploadConcat] = "partial"
        case .final: response.headers[.uploadConcat] = upload.parts
        }
        return response
    }

    func append(
        _ id: Upload.ID, _ request: Request, _ scope: RequestScope, _ account: Account.ID
    ) async throws -> Response {
        let piece: Uploads.Piece
        do {
            piece = try Self.piece(request)
        } catch {
            // Whoever asks for what is not there hears that first.
            _ = try await uploads.find(id, of: account)
            throw error
        }
        let upload = try await uploads.append(
            piece, to: id, of: account, body: { scope.body(of: request) }, stop: scope.endTransfer)
        return response(.noContent, upload)
    }

    func delete(_ id: Upload.ID, _ scope: RequestScope, _ account: Account.ID) async throws -> Response {
        try await uploads.delete(id, of: account, stop: scope.endTransfer)
        return Response(status: .noContent)
    }

    private func response(_ status: HTTPResponse.Status, _ upload: Upload, isNew: Bool = false) -> Response {
        var headers: HTTPFields = [.cacheControl: "no-store", .uploadOffset: String(upload.offset)]
        if isNew { headers[.location] = "/api/v1/uploads/\(upload.id)" }
        if let expiry = uploads.expiry(of: upload) {
            headers[.uploadExpires] = HTTPDate(clampingSeconds: expiry.milliseconds / 1000).text
        }
        if let note = upload.note { headers[.contentLocation] = "/api/v1/notes/\(note)" }
        if let receipt = upload.receipt { headers[.reprDigest] = DigestField.text(sha256: receipt.sha256.bytes) }
        return Response(status: status, headers: headers)
    }
}
