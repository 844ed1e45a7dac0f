import Core
import Hummingbird
import Services

/// `/setup` and `/auth`: the first account, signing in, staying signed in, signing out.
struct AuthController: Sendable {
    let accounts: Accounts
    let settings: Settings

    private var cookies: SessionCookies { SessionCookies(isSecure: settings.accounts.secureCookies) }

    func addRoutes(to table: borrowing RouteTable) {
        table.open(.get, "/api/v1/setup", setup)
        table.open(.post, "/api/v1/auth/register", register)
        table.open(.post, "/api/v1/auth/login", login)
        table.open(.post, "/api/v1/auth/refresh", refresh)
        table.open(.post, "/api/v1/auth/logout", logout)
    }

    private struct SetupBody: Encodable {
        let ownerExists: Bool
        let registrationOpen: Bool
        let version: String
        let largestFileBytes: Int64
    }

    @Sendable private func setup(_ request: Request, _ scope: RequestScope) async throws -> Response {
        let (ownerExists, registrationOpen) = try await accounts.setup()
        return try JSON.response(
            .ok,
            SetupBody(
                ownerExists: ownerExists, registrationOpen: registrationOpen, version: Core.version,
                largestFileBytes: settings.limits.largestFile))
    }

    private struct RegisterRequest: Decodable {
        let email: String
        let name: String
        let password: String
    }

    @Sendable private func register(_ request: Request, _ scope: RequestScope) async throws -> Response {
        let body = try await JSON.decode(RegisterRequest.self, from: request, scope)
        let session = try await accounts.register(email: body.email, name: body.name, password: body.password)
        return try response(.created, session, for: request)
    }

    private struct LoginRequest: Decodable {
        let email: String
        let password: String
    }

    @Sendable private func login(_ request: Request, _ scope: RequestScope) async throws -> Response {
        let body = try await JSON.decode(LoginRequest.self, from: request, scope)
        let session = try await accounts.login(email: body.email, password: body.password, address: scope.address)
        return try response(.ok, session, for: request)
    }

    private struct RefreshRequest: Decodable {
        let refreshToken: String
    }

    @Sendable private func refresh(_ request: Request, _ scope: RequestScope) async throws -> Response {
        let session = try await accounts.refresh(try await refreshToken(of: request, scope))
        return try response(.ok, session, for: request)
    }

    @Sendable private func logout(_ request: Request, _ scope: RequestScope) async throws -> Response {
        try await accounts.logout(try await refreshToken(of: request, scope))
        var response = Response(status: .noContent)
        cookies.clear(on: &response)
        return response
    }

    /// From the body, or from the cookie together with the CSRF token.
    private func refreshToken(of request: Request, _ scope: RequestScope) async throws -> String {
        if let cookie = request.cookies[SessionCookies.refresh]?.value, request.headers[.contentType] == nil {
            try SessionCookies.checkCSRF(request)
            return cookie
        }
        guard request.headers[.contentType] != nil else {
            throw VoiceNoteError(.unauthenticated, "The session has ended; sign in again.")
        }
        return try await JSON.decode(RefreshRequest.self, from: request, scope).refreshToken
    }

    private func response(
        _ status: HTTPResponse.Status, _ session: Session, for request: Request
    ) throws -> Response {
        let useCookies = SessionCookies.isWanted(by: request)
        var response = try JSON.response(status, SessionBody(session, withTokens: !useCookies))
        if useCookies { cookies.set(session, on: &response) }
        return response
    }
}
