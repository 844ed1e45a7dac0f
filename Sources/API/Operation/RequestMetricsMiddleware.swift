import Core
import CoreMetrics
import HTTPTypes
import Hummingbird
import Synchronization

/// Counts requests, and measures how long they took until their answer began: by method, route and class of status.
final class RequestMetricsMiddleware: RouterMiddleware {
    typealias Context = RequestScope

    private struct Kind: Hashable {
        let method: HTTPRequest.Method
        /// The pattern of the route, never the path: there is no end of those. Nil where no route fits.
        let route: String?
        /// The first digit of the status.
        let statusClass: Int
    }

    /// Looked up once for each kind, of which there are a few hundred at most.
    private let timers = Mutex<[Kind: Timer]>([:])
    /// Whatever else people send counts as "other".
    private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]

    func handle(
        _ request: Request, context: RequestScope, next: (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let kind = Kind(
            method: request.method, route: context.endpointPath, statusClass: response.status.code / 100)
        timer(kind).recordNanoseconds((ContinuousClock.now - start).wholeNanoseconds)
        return response
    }

    private func timer(_ kind: Kind) -> Timer {
        timers.withLock { timers in
            if let timer = timers[kind] { return timer }
            let timer = Timer(
                label: "voicenote_http_request",
                dimensions: [
                    ("method", Self.methods.contains(kind.method) ? kind.method.rawValue : "other"),
                    ("route", kind.route ?? "none"), ("status", "\(kind.statusClass)xx"),
                ])
            if Self.methods.contains(kind.method) { timers[kind] = timer }
            return timer
        }
    }
}
