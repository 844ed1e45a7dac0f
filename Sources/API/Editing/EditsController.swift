import Core
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Services

/// `/notes/{id}/edits`: what is heard of a note, how it changes, and its versions.
struct EditsController: Sendable {
    let edits: Edits
    let notes: Notes
    let hearing: EditHearing
    /// A list of the most segments fits.
    private static let mostBytes = 4 << 20

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.get, "/api/v1/notes/:id/edits", .read, list)
        table.add(.post, "/api/v1/notes/:id/edits", .write, change)
        table.add(.get, "/api/v1/notes/:id/edits/:version", .read, get)
        table.add(.patch, "/api/v1/notes/:id/edits/:version", .write, rename)
        table.add(.post, "/api/v1/notes/:id/edits/:version/restore", .write, restore)
    }

    @Sendable private func list(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let note = try NotesController.id(scope)
        let query = Query(request)
        let limit = try Self.number(query["limit"], in: Edits.limits, "limit") ?? 50
        let before = try Self.number(query["before"], in: 1...Int(Int32.max), "before")
        let state = try await edits.state(of: note, account: principal.account)
        hearing.prepare()
        let page = try await edits.versions(of: note, account: principal.account, before: before, limit: limit)
        return try JSON.response(.ok, EditsBody(state, page, limit: limit))
    }

    private static func number(_ text: String?, in range: ClosedRange<Int>, _ field: String) throws -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw VoiceNoteError(
                .validationFailed, "Please correct: \(field).",
                fields: [FieldError(field: field, message: "From \(range.lowerBound) to \(range.upperBound).")])
        }
        return number
    }

    @Sendable private func change(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let note = try NotesController.id(scope)
        let wish = try await JSON.decode(EditWish.self, from: request, scope, atMost: Self.mostBytes)
        return try await carryOut(try wish.change(), wish.base, name: wish.name, on: note, scope, principal)
    }

    private struct RestoreRequest: Decodable {
        let base: EditVersion.ID?
    }

    @Sendable private func restore(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let note = try NotesController.id(scope)
        let version = try Self.version(scope)
        let body = try await JSON.decode(RestoreRequest.self, from: request, scope)
        return try await carryOut(.restore(version), body.base, name: nil, on: note, scope, principal)
    }

    private func carryOut(
        _ change: Edits.Change, _ base: EditVersion.ID?, name: String?, on note: Note.ID, _ scope: RequestScope,
        _ principal: Principal
    ) async throws -> Response {
        do {
            let state = try await edits.change(note, account: principal.account, from: base, change, name: name)
            return try JSON.response(change == .undo || change == .redo ? .ok : .created, EditStateBody(state))
        } catch let conflict as EditConflict {
            return try JSON.response(
                .conflict, EditConflictBody(conflict, requestID: scope.requestID),
                headers: [.contentType: "application/problem+json"])
        }
    }

    @Sendable private func get(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let id = try NotesController.id(scope)
        let note = try await notes.find(id, of: principal.account)
        let version = try await edits.version(try Self.version(scope), of: id, account: principal.account)
        // Without ".ogg".
        let fileName = note.fileName(isSource: false).dropLast(4)
        switch Query(request)["format"] ?? "json" {
        case "json": return try JSON.response(.ok, EditVersionBody(version))
        case "otio":
            let names = try await edits.titles(of: version.list.sources.map(\.recording), account: principal.account)
            return Self.file(
                try EditExchange.openTimelineIO(version.list, title: note.title, names: names), "application/json",
                "\(fileName).otio")
        case "labels":
            return Self.file(
                EditExchange.audacityLabels(version.list), "text/plain; charset=utf-8",
                "\(fileName).txt")
        default:
            throw VoiceNoteError(
                .validationFailed, "Please correct: format.",
                fields: [FieldError(field: "format", message: "One of json, otio and labels.")])
        }
    }

    private static func file(_ text: String, _ type: String, _ name: String) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: type, .cacheControl: "no-store",
                .contentDisposition: ContentDisposition.attachment(fileName: name),
            ], body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private struct NameRequest: Decodable {
        let name: String?
    }

    @Sendable private func rename(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let note = try NotesController.id(scope)
        let body = try await JSON.decode(NameRequest.self, from: request, scope)
        let version = try await edits.rename(
            try Self.version(scope), to: body.name, of: note, account: principal.account)
        return try JSON.response(.ok, EditVersionBody(version))
    }

    /// A version, or `head`.
    static func choice(_ scope: RequestScope) throws -> Edits.Choice {
        scope.parameters.get("version") == "head" ? .head : .version(try version(scope))
    }

    private static func version(_ scope: RequestScope) throws -> EditVersion.ID {
        guard let id = EditVersion.ID(scope.parameters.get("version") ?? "") else {
            throw VoiceNoteError.notFound("version")
        }
        return id
    }
}
