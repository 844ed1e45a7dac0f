import Core
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Services

/// The page's session: tokens in cookies that no script can read, and a CSRF token that only this site's pages can.
struct SessionCookies: Sendable {
    static let access = "vn_access"
    static let refresh = "vn_refresh"
    static let csrf = "vn_csrf"

    let isSecure: Bool

    /// Whether the client asked for cookies instead of tokens in the body.
    static func isWanted(by request: Request) -> Bool {
        request.headers[.sessionKind]?.lowercased() == "cookie"
    }

    /// Double submit: a request with cookies repeats the readable one in a header, which a foreign site cannot do.
    /// Reading needs no token, because it changes nothing.
    static func checkCSRF(_ request: Request) throws {
        if request.method == .get || request.method == .head || request.method == .options { return }
        guard let cookie = request.cookies[csrf]?.value, !cookie.isEmpty,
            let header = request.headers[.csrfToken], isEqual(cookie, header)
        else {
            throw VoiceNoteError(.csrfFailed, "Repeat the cookie vn_csrf in the header X-CSRF-Token, or send a token.")
        }
    }

    func set(_ session: Session, on response: inout Response) {
        add(Self.access, session.accessToken, session.accessLifetime, path: "/", isReadable: false, to: &response)
        add(
            Self.refresh, session.refreshToken, session.refreshLifetime, path: "/api/v1/auth", isReadable: false,
            to: &response)
        let token =
            Identifier<SessionCookies>().description + "-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        add(Self.csrf, token, session.refreshLifetime, path: "/", isReadable: true, to: &response)
    }

    func clear(on response: inout Response) {
        add(Self.access, "", .zero, path: "/", isReadable: false, to: &response)
        add(Self.refresh, "", .zero, path: "/api/v1/auth", isReadable: false, to: &response)
        add(Self.csrf, "", .zero, path: "/", isReadable: true, to: &response)
    }

    private func add(
        _ name: String, _ value: String, _ lifetime: Duration, path: String, isReadable: Bool,
        to response: inout Response
    ) {
        let cookie = Cookie(
            name: name, value: value, maxAge: Int(lifetime.seconds), path: path, secure: isSecure,
            httpOnly: !isReadable, sameSite: .strict)
        response.headers.append(HTTPField(name: .setCookie, value: cookie.description))
    }

    /// Compares digests, so that the time tells nothing about where two texts differ.
    private static func isEqual(_ left: String, _ right: String) -> Bool {
        SHA256.hash(data: Data(left.utf8)) == SHA256.hash(data: Data(right.utf8))
    }
}
