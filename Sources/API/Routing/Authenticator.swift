import Core
import HTTPTypes
import Hummingbird
import Services

/// Finds out who makes a request: by bearer token, or by the page's cookie with its CSRF token.
struct Authenticator: Sendable {
    let accounts: Accounts

    func principal(of request: Request) async throws -> Principal {
        if let header = request.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                throw VoiceNoteError(.unauthenticated, "Send the token as \"Authorization: Bearer TOKEN\".")
            }
            return try await accounts.authenticate(String(parts[1]))
        }
        guard let token = request.cookies[SessionCookies.access]?.value else {
            throw VoiceNoteError(.unauthenticated, "Sign in, or send a token.")
        }
        try SessionCookies.checkCSRF(request)
        return try await accounts.authenticate(token)
    }
}
