import Core
import HTTPTypes
import Hummingbird
import Services

/// `/notes/archive.zip`: the audio of many notes in one file. What is wrong with the request is said before the first byte
/// is sent.
struct ArchiveController: Sendable {
    let notes: Notes
    let playback: Playback
    private static let path = "/api/v1/notes/archive.zip"

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.get, Self.path, .read, byAddress)
        table.add(.head, Self.path, .read, byAddress)
        table.add(.post, Self.path, .read, byBody)
    }

    @Sendable private func byAddress(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let query = Query(request)
        let ids = query.all("ids").flatMap { $0.split(separator: ",") }.map(String.init)
        return try await response(ids, query["rendition"], scope, principal)
    }

    /// More ids than an address can hold.
    private struct Wish: Decodable {
        let ids: [String]
        let rendition: String?
    }

    @Sendable private func byBody(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let wish = try await JSON.decode(Wish.self, from: request, scope, atMost: 64 * 1024)
        return try await response(wish.ids, wish.rendition, scope, principal)
    }

    private func response(
        _ ids: [String], _ rendition: String?, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        var validation = Validation()
        let selection = validation.check("ids") { () throws(InvalidValue) in try NoteSelection(ids) }
        let prefersListen = validation.check("rendition") { () throws(InvalidValue) in
            try Self.prefersListen(rendition)
        }
        try validation.finish()
        guard let selection, let prefersListen else {
            throw VoiceNoteError(.internalError, "Validation is broken.")
        }
        let entries = try await notes.archive(selection, prefersListen: prefersListen, of: principal.account)
        let stream = ArchiveStream(
            entries: entries, account: principal.account, playback: playback, logger: scope.logger)
        let name = "voicenote-\(Timestamp.now().description.prefix(10)).zip"
        let headers: HTTPFields = [
            .contentType: "application/zip", .cacheControl: "no-store",
            .contentDisposition: ContentDisposition.attachment(fileName: name),
            // A note that changes in between makes another archive: no part of one continues another.
            .acceptRanges: "none",
        ]
        return Response(status: .ok, headers: headers, body: stream.body)
    }

    private static func prefersListen(_ rendition: String?) throws(InvalidValue) -> Bool {
        switch rendition {
        case nil, "source": return false
        case "listen": return true
        default: throw InvalidValue("Either source or listen.")
        }
    }
}
