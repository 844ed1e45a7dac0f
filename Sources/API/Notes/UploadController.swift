import Core
import Hummingbird
import Services

/// `POST /notes`: a recording in one request, as a form or as the raw audio; or the beginning of a resumable upload.
struct UploadController: Sendable {
    let ingest: Ingest
    let drafts: DraftProtocol

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.post, "/api/v1/notes", .write, create)
    }

    @Sendable private func create(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let contentType = request.headers[.contentType] ?? ""
        if request.mediaType == "multipart/form-data" {
            let (note, receipt) = try await FormUpload(ingest: ingest).receive(
                request, scope, contentType: contentType, for: principal.account)
            return try CreatedNote.response(note, receipt)
        }
        if request.headers.contains(.uploadComplete) || request.headers.contains(.uploadIncomplete) {
            let dialect = DraftDialect(request)
            defer { scope.transferEnded() }
            return try await drafts.answering(dialect, scope) {
                try await drafts.create(dialect, request, scope, principal.account)
            }
        }
        let (note, receipt) = try await receiveRaw(request, scope, for: principal.account)
        return try CreatedNote.response(note, receipt)
    }

    private func receiveRaw(
        _ request: Request, _ scope: RequestScope, for account: Account.ID
    ) async throws -> (Note, Receipt) {
        let length = try BodyLength(request)
        var digests = try BodyDigests(request, hashesSHA256: false)
        var draft = try RawDraft.read(request)
        draft.announced = digests.sha256Announced
        var incoming = try ingest.begin(expecting: length.announced)
        do {
            var received: Int64 = 0
            for try await buffer in scope.body(of: request) {
                received += Int64(buffer.readableBytes)
                digests.update(buffer)
                try await ingest.append(buffer, to: &incoming)
            }
            try length.check(received)
            try digests.check()
            return try await ingest.complete(&incoming, as: draft, of: account)
        } catch {
            await ingest.abort(&incoming)
            throw error
        }
    }
}

/// What a request with raw audio says about it: its type, and the rest in the query.
enum RawDraft {
    /// - Throws: ``VoiceNoteError/Code/unsupportedMediaType``, ``VoiceNoteError/Code/badRequest`` for a malformed digest.
    static func read(_ request: Request) throws -> NoteDraft {
        let media = request.mediaType ?? ""
        guard isAudio(media) else {
            throw VoiceNoteError(
                .unsupportedMediaType,
                "Send the audio itself with Content-Type: audio/…; POST /notes also takes multipart/form-data with the field file."
            )
        }
        let query = Query(request)
        var draft = NoteDraft(
            title: query["title"] ?? "", tags: query.all("tags").flatMap(NoteRules.splitTags),
            folder: query["folder"], fileName: query["fileName"], mimeType: media)
        draft.announced = try request.digestField(.reprDigest)?.sha256.flatMap { SHA256Hash(bytes: $0) }
        return draft
    }

    private static func isAudio(_ media: String) -> Bool {
        media.hasPrefix("audio/") && media.utf8.count <= 100
            || ["video/webm", "video/mp4", "video/3gpp", "application/ogg", "application/octet-stream"].contains(media)
    }
}

/// The answer to whoever has sent a whole recording.
enum CreatedNote {
    private struct Body: Encodable {
        let note: NoteBody
        let receipt: Receipt
    }

    static func response(_ note: Note, _ receipt: Receipt) throws -> Response {
        try JSON.response(
            .created, Body(note: NoteBody(note), receipt: receipt),
            headers: [.location: "/api/v1/notes/\(note.id)", .eTag: "\"\(note.version)\""])
    }
}
