import Core
import Hummingbird
import Logging
import Persistence
import Services

/// `/healthz` and `/readyz`: for whoever starts and watches the process.
struct OperationController: Sendable {
    let database: any SQLDatabase
    let health: StorageHealth

    func addRoutes(to table: borrowing RouteTable) {
        table.open(.get, "/healthz", alive)
        table.open(.get, "/readyz", ready)
    }

    private struct StateBody: Encodable {
        let status: String
    }

    @Sendable private func alive(_ request: Request, _ scope: RequestScope) async throws -> Response {
        try JSON.response(.ok, StateBody(status: "alive"))
    }

    @Sendable private func ready(_ request: Request, _ scope: RequestScope) async throws -> Response {
        do {
            _ = try await database.read { try $0.query("SELECT 1 AS one", []) }
            try await health.requireWritable()
        } catch {
            scope.logger.error("not ready", metadata: ["error": "\(error)"])
            throw VoiceNoteError(
                .unavailable, "Database or data folder do not answer; voicenote doctor says more.",
                retryAfter: .seconds(5))
        }
        return try JSON.response(.ok, StateBody(status: "ready"))
    }
}
