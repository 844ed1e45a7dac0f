import Core
import Hummingbird
import Services

/// `POST /notes`: a recording in one request, as a form or as the raw audio.
struct UploadController: Sendable {
    let ingest: Ingest

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.post, "/api/v1/notes", .write, create)
    }

    private struct CreatedBody: Encodable {
        let note: NoteBody
        let receipt: Receipt
    }

    @Sendable private func create(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let contentType = request.headers[.contentType] ?? ""
        let media = contentType.split(separator: ";").first?.trimmingSpaces.lowercased() ?? ""
        let (note, receipt) =
            if media == "multipart/form-data" {
                try await FormUpload(ingest: ingest).receive(
                    request, scope, contentType: contentType, for: principal.account)
            } else if Self.isAudio(media) {
                try await receiveRaw(request, scope, mimeType: media, for: principal.account)
            } else {
                throw VoiceNoteError(
                    .unsupportedMediaType,
                    "Send multipart/form-data with the field file, or the audio itself with Content-Type: audio/….")
            }
        return try JSON.response(
            .created, CreatedBody(note: NoteBody(note), receipt: receipt),
            headers: [.location: "/api/v1/notes/\(note.id)", .eTag: "\"\(note.version)\""])
    }

    private static func isAudio(_ media: String) -> Bool {
        media.hasPrefix("audio/")
            || ["video/webm", "video/mp4", "video/3gpp", "application/ogg", "application/octet-stream"].contains(media)
    }

    private func receiveRaw(
        _ request: Request, _ scope: RequestScope, mimeType: String, for account: Account.ID
    ) async throws -> (Note, Receipt) {
        let length = try BodyLength(request)
        var digests = try BodyDigests(request, hashesSHA256: false)
        let query = Query(request)
        let draft = NoteDraft(
            title: query["title"] ?? "",
            tags: query.all("tags").flatMap(NoteRules.splitTags),
            folder: query["folder"], fileName: query["fileName"],
            mimeType: mimeType, announced: digests.sha256Announced)
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

extension Substring {
    var trimmingSpaces: Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
