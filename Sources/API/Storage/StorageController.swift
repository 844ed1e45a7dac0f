import Core
import HTTPTypes
import Hummingbird
import Services

/// `/storage` and `/notes/{id}/replicas/{store}`: where everything is, and what can be done about it.
struct StorageController: Sendable {
    let storage: StorageControl
    let notes: Notes

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.get, "/api/v1/storage", .read, report)
        table.add(.post, "/api/v1/storage/stores/:store", .admin, act)
        table.add(.post, "/api/v1/notes/:id/replicas/:store", .write, actOnNote)
    }

    @Sendable private func report(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try JSON.response(
            .ok,
            StorageBody(
                try await storage.report(of: principal.role == .owner ? nil : principal.account), for: principal))
    }

    /// What is wished for, by its name.
    private struct ActionRequest<Action: RawRepresentable & CaseIterable>: Decodable where Action.RawValue == String {
        let action: Action

        private enum Keys: String, CodingKey {
            case action
        }

        init(from decoder: any Decoder) throws {
            let name = try decoder.container(keyedBy: Keys.self).decode(String.self, forKey: .action)
            guard let action = Action(rawValue: name) else {
                let names = Action.allCases.map(\.rawValue).joined(separator: ", ")
                throw VoiceNoteError(
                    .validationFailed, "Please correct: action.",
                    fields: [FieldError(field: "action", message: "One of \(names).")])
            }
            self.action = action
        }
    }

    @Sendable private func act(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        guard principal.role == .owner else {
            throw VoiceNoteError(.forbidden, "Only the owner of this system may do something about its stores.")
        }
        let name = scope.parameters.get("store") ?? ""
        let body = try await JSON.decode(ActionRequest<StorageControl.StoreAction>.self, from: request, scope)
        try await storage.act(body.action, on: name)
        guard let state = try await storage.report(only: name).stores.first else {
            throw VoiceNoteError.notFound("store")
        }
        return try JSON.response(.ok, StoreBody(state, for: principal))
    }

    @Sendable private func actOnNote(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let id = try NotesController.id(scope)
        let body = try await JSON.decode(ActionRequest<StorageControl.ReplicaAction>.self, from: request, scope)
        let note = try await notes.find(id, of: principal.account)
        try await storage.act(body.action, on: note, in: scope.parameters.get("store") ?? "")
        let changed = try await notes.find(id, of: principal.account)
        return try await Self.response(changed, storage)
    }

    /// The note with its replicas.
    static func response(
        _ note: Note, _ storage: StorageControl, _ status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let replicas = try await storage.replicas(of: note).map {
            ReplicaBody($0, kind: storage.kind(of: $0.replica.store))
        }
        return try JSON.response(
            status, NoteBody(note, replicas: replicas), headers: [.eTag: "\"\(note.version)\""])
    }
}
