import Core
import HTTPTypes
import Hummingbird
import Services

/// `POST /notes/batch`: one action for many notes.
struct BatchController: Sendable {
    let notes: Notes
    /// Enough for the ids of 500 notes and a folder, three times over.
    private static let mostBytes = 64 * 1024

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.post, "/api/v1/notes/batch", .write, run)
    }

    @Sendable private func run(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let wish = try await JSON.decode(Wish.self, from: request, scope, atMost: Self.mostBytes)
        let batch = try BatchRequest(try wish.wantedAction(), ids: wish.ids)
        let result = try await notes.batch(batch, key: request.headers[.idempotencyKey], of: principal.account)
        return try JSON.response(.ok, BatchBody(result))
    }
}

/// What a request asks for.
private struct Wish: Decodable {
    let action: String
    let ids: [String]
    /// `.some(nil)` takes the notes out of their folders.
    let folder: String??

    enum Keys: String, CodingKey {
        case action, ids, folder
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        action = try values.decode(String.self, forKey: .action)
        ids = try values.decode([String].self, forKey: .ids)
        folder = values.contains(.folder) ? .some(try values.decodeIfPresent(String.self, forKey: .folder)) : nil
    }

    func wantedAction() throws -> BatchRequest.Action {
        switch action {
        case "delete": return .delete
        case "archive": return .archive
        case "unarchive": return .unarchive
        case "restore": return .restore
        case "replicate": return .replicate
        case "move":
            guard let folder else {
                throw Self.invalid("folder", "Say where to; null takes the notes out of their folders.")
            }
            return .move(folder: folder)
        default:
            throw Self.invalid("action", "One of delete, move, archive, unarchive, restore and replicate.")
        }
    }

    private static func invalid(_ field: String, _ message: String) -> VoiceNoteError {
        VoiceNoteError(
            .validationFailed, "Please correct: \(field).", fields: [FieldError(field: field, message: message)])
    }
}

/// What became of each note, in the order of the request.
struct BatchBody: Encodable, Sendable {
    struct Item: Encodable, Sendable {
        let id: String
        /// As if the note had had a request of its own.
        let status: Int
        @Nullable var code: String?
        @Nullable var detail: String?

        init(_ item: BatchResult.Item) {
            id = item.id
            status = (item.code?.status ?? .ok).code
            code = item.code?.rawValue
            detail = item.detail
        }
    }

    let items: [Item]
    let succeeded: Int
    let failed: Int

    init(_ result: BatchResult) {
        items = result.items.map(Item.init)
        succeeded = result.succeeded
        failed = result.failed
    }
}
