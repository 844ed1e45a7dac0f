import Core
import Foundation
import Hummingbird
import Services

/// `/notes`, `/tags`, `/folders`: what people do with their notes.
struct NotesController: Sendable {
    let notes: Notes
    let storage: StorageControl

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.get, "/api/v1/notes", .read, list)
        table.add(.get, "/api/v1/notes/:id", .read, get)
        table.add(.patch, "/api/v1/notes/:id", .write, patch)
        table.add(.delete, "/api/v1/notes/:id", .write, delete)
        table.add(.post, "/api/v1/notes/:id/restore", .write, restore)
        table.add(.post, "/api/v1/notes/:id/retry", .write, retry)
        table.add(.get, "/api/v1/tags", .read, tags)
        table.add(.get, "/api/v1/folders", .read, folders)
    }

    /// The id in the path. Anything that is no id belongs to no note.
    static func id(_ scope: RequestScope) throws -> Note.ID {
        guard let id = Note.ID(scope.parameters.get("id") ?? "") else { throw VoiceNoteError.notFound("note") }
        return id
    }

    /// The response for a note, with its version as the entity tag.
    static func response(_ status: HTTPResponse.Status = .ok, _ note: Note) throws -> Response {
        try JSON.response(status, NoteBody(note), headers: [.eTag: "\"\(note.version)\""])
    }

    @Sendable private func list(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let query = try NoteListQuery.parse(Query(request))
        return try JSON.response(.ok, NotePageBody(try await notes.list(query, of: principal.account)))
    }

    @Sendable private func get(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try await StorageController.response(
            try await notes.find(try Self.id(scope), of: principal.account), storage)
    }

    private struct PatchRequest: Decodable {
        let patch: NotePatch

        enum Keys: String, CodingKey {
            case title, text, tags, folder, archived, pinned
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Keys.self)
            patch = NotePatch(
                title: try values.decodeIfPresent(String.self, forKey: .title),
                text: try values.decodeIfPresent(String.self, forKey: .text),
                tags: try values.decodeIfPresent([String].self, forKey: .tags),
                folder: values.contains(.folder)
                    ? .some(try values.decodeIfPresent(String.self, forKey: .folder)) : nil,
                archived: try values.decodeIfPresent(Bool.self, forKey: .archived),
                pinned: try values.decodeIfPresent(Bool.self, forKey: .pinned))
        }
    }

    @Sendable private func patch(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let id = try Self.id(scope)
        let body = try await JSON.decode(PatchRequest.self, from: request, scope)
        let note = try await notes.update(
            id, with: body.patch, ifVersion: try Self.expectedVersion(request), of: principal.account)
        return try await StorageController.response(note, storage)
    }

    /// The version in `If-Match`; nil without one or with `*`.
    private static func expectedVersion(_ request: Request) throws -> Int64? {
        guard let header = request.headers[.ifMatch], header != "*" else { return nil }
        guard let tag = ETag.parse(header), !tag.isWeak, let version = Int64(tag.opaque) else {
            throw VoiceNoteError(.versionMismatch, "If-Match takes the ETag of the note as it was read.")
        }
        return version
    }

    @Sendable private func delete(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let id = try Self.id(scope)
        if Query(request)["permanent"] == "true" {
            try await notes.deleteForGood(id, of: principal.account)
        } else {
            _ = try await notes.trash(id, of: principal.account)
        }
        return Response(status: .noContent)
    }

    @Sendable private func restore(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try await StorageController.response(
            try await notes.restore(try Self.id(scope), of: principal.account), storage)
    }

    @Sendable private func retry(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try await StorageController.response(
            try await notes.retry(try Self.id(scope), of: principal.account), storage, .accepted)
    }

    private struct CountBody: Encodable {
        let name: String
        let count: Int
    }

    @Sendable private func tags(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let counts = try await notes.tagCounts(of: principal.account)
        return try JSON.response(.ok, ItemsBody(items: counts.map { CountBody(name: $0.name, count: $0.count) }))
    }

    @Sendable private func folders(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let counts = try await notes.folderCounts(of: principal.account)
        return try JSON.response(.ok, ItemsBody(items: counts.map { CountBody(name: $0.name, count: $0.count) }))
    }
}
