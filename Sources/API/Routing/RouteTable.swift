import Core
import HTTPTypes
import Hummingbird

/// Registers routes with who may call them, and makes every path answer 405 with `Allow` to the methods it lacks
/// (RFC 9110, section 15.5.6).
struct RouteTable: ~Copyable {
    typealias PublicHandler = @Sendable (Request, RequestScope) async throws -> Response
    typealias Handler = @Sendable (Request, RequestScope, Principal) async throws -> Response

    private let router: Router<RequestScope>
    private let authenticator: Authenticator
    private var methods: [String: [HTTPRequest.Method]] = [:]
    private static let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    init(router: Router<RequestScope>, authenticator: Authenticator) {
        self.router = router
        self.authenticator = authenticator
    }

    /// A route for anybody.
    mutating func open(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping PublicHandler) {
        methods[path, default: []].append(method)
        router.on(RouterPath(path), method: method) { request, scope in try await handler(request, scope) }
    }

    /// A route for whoever holds the scope.
    mutating func add(
        _ method: HTTPRequest.Method, _ path: String, _ scope: Scope, _ handler: @escaping Handler
    ) {
        open(method, path) { [authenticator] request, context in
            let principal = try await authenticator.principal(of: request)
            try principal.require(scope)
            return try await handler(request, context, principal)
        }
    }

    /// Answers the methods that no route was registered for. Call it last.
    consuming func finish() {
        for (path, methods) in methods {
            let allow = (methods + [.options]).map(\.rawValue).sorted().joined(separator: ", ")
            for method in Self.known where !methods.contains(method) {
                router.on(RouterPath(path), method: method) { _, _ -> Response in
                    if method == .options { return Response(status: .noContent, headers: [.allow: allow]) }
                    throw MethodNotAllowed(allow: allow)
                }
            }
        }
    }
}

/// The path is there, but not for this method.
struct MethodNotAllowed: Error {
    /// The value of `Allow`.
    let allow: String
}
