import Core
import Foundation
import Hummingbird
import NIOCore
import Services

/// `/notes/{id}/audio` and `/notes/{id}/url`: playback by range, download, signed URLs.
struct AudioController: Sendable {
    let playback: Playback
    let notes: Notes
    let authenticator: Authenticator

    func addRoutes(to table: borrowing RouteTable) {
        table.open(.get, "/api/v1/notes/:id/audio", audio)
        table.open(.head, "/api/v1/notes/:id/audio", audio)
        table.add(.post, "/api/v1/notes/:id/url", .read, sign)
        table.add(.delete, "/api/v1/notes/:id/url", .write, revoke)
    }

    @Sendable private func audio(_ request: Request, _ scope: RequestScope) async throws -> Response {
        let query = Query(request)
        let isDownload = query["download"] == "1"
        if let grant = try URLGrant(query: { name in query[name] }) {
            guard let id = Note.ID(scope.parameters.get("id") ?? "") else {
                throw VoiceNoteError(.urlInvalid, "This link was altered; ask for a new one.")
            }
            let audio = try await playback.audio(id, grant: grant, mayRedirect: true)
            return try await BlobResponse(playback: playback).response(to: request, audio, isDownload: grant.download)
        }
        let principal = try await authenticator.principal(of: request)
        try principal.require(.read)
        let audio = try await playback.audio(
            try NotesController.id(scope), try Self.choice(query["rendition"]), of: principal.account,
            mayRedirect: true,
            isDownload: isDownload)
        return try await BlobResponse(playback: playback).response(to: request, audio, isDownload: isDownload)
    }

    private static func choice(_ text: String?) throws -> Playback.Choice? {
        guard let text else { return nil }
        guard let choice = Playback.Choice(rawValue: text) else {
            throw VoiceNoteError(
                .validationFailed, "Please correct: rendition.",
                fields: [FieldError(field: "rendition", message: "One of listen, repaired and source.")])
        }
        return choice
    }

    private struct SignRequest: Decodable {
        let rendition: Playback.Choice?
        let expiresInSeconds: Int?
        let download: Bool?
    }

    private struct SignedBody: Encodable {
        let url: String
        let expiresAt: Timestamp
    }

    @Sendable private func sign(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let id = try NotesController.id(scope)
        let body = try await JSON.decode(SignRequest.self, from: request, scope)
        let seconds = body.expiresInSeconds ?? 3600
        guard (1...604_800).contains(seconds) else {
            throw VoiceNoteError(
                .validationFailed, "Please correct: expiresInSeconds.",
                fields: [FieldError(field: "expiresInSeconds", message: "From 1 to 604800 (a week).")])
        }
        let (path, expiresAt) = try await playback.signedPath(
            id, body.rendition, lifetime: .seconds(seconds), download: body.download ?? false, of: principal.account)
        return try JSON.response(.created, SignedBody(url: path, expiresAt: expiresAt))
    }

    @Sendable private func revoke(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try await notes.revokeURLs(try NotesController.id(scope), of: principal.account)
        return Response(status: .noContent)
    }
}
