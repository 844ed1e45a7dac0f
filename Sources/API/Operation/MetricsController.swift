import Core
import Hummingbird
import Services
import Telemetry

/// `/metrics`: figures for Prometheus. They are of the whole system, so they are the owner's.
struct MetricsController: Sendable {
    let storage: StorageControl
    let registry: PrometheusRegistry

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.get, "/metrics", .read, metrics)
    }

    @Sendable private func metrics(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        guard principal.role == .owner else {
            throw VoiceNoteError(.forbidden, "Only the owner of this system may see its figures.")
        }
        var text = PrometheusText()
        StorageMetrics(try await storage.report()).write(to: &text)
        registry.write(to: &text)
        return Response(
            status: .ok, headers: [.contentType: PrometheusText.contentType, .cacheControl: "no-store"],
            body: .init(byteBuffer: .init(string: text.string)))
    }
}
