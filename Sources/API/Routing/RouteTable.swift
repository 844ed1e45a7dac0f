import Core
import HTTPTypes
import Hummingbird

/// Registers routes with who may call them, and remembers which methods each path has.
struct RouteTable: ~Copyable {
    typealias PublicHandler = @Sendable (Request, RequestScope) async throws -> Response
    typealias Handler = @Sendable (Request, RequestScope, Principal) async throws -> Response

    private let router: Router<RequestScope>
    private let authenticator: Authenticator
    private let paths: KnownPaths

    init(router: Router<RequestScope>, authenticator: Authenticator, paths: KnownPaths) {
        self.router = router
        self.authenticator = authenticator
        self.paths = paths
    }

    /// A route for anybody.
    func open(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping PublicHandler) {
        paths.add(method, path)
        router.on(RouterPath(path), method: method) { request, scope in try await handler(request, scope) }
    }

    /// A route for whoever holds the scope.
    func add(_ method: HTTPRequest.Method, _ path: String, _ scope: Scope, _ handler: @escaping Handler) {
        open(method, path) { [authenticator] request, context in
            let principal = try await authenticator.principal(of: request)
            try principal.require(scope)
            return try await handler(request, context, principal)
        }
    }
}
