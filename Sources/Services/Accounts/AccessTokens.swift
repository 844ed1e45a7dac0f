import Core
import Foundation
import JWTKit

/// Short-lived JWTs (HS256) that say who somebody is, so that most requests need no look at the accounts.
struct AccessTokens: Sendable {
    private let keys: JWTKeyCollection
    private let lifetime: Duration

    /// - Parameter secret: at least 32 bytes, which HS256 demands (RFC 7518, section 3.2).
    init(secret: [UInt8], lifetime: Duration) async {
        precondition(secret.count >= 32, "an HMAC key has at least 32 bytes")
        keys = await JWTKeyCollection().add(hmac: HMACKey(from: Data(secret)), digestAlgorithm: .sha256)
        self.lifetime = lifetime
    }

    func issue(for account: Account, at now: Timestamp) async throws -> String {
        try await keys.sign(
            Claims(
                sub: SubjectClaim(value: account.id.description), role: account.role.rawValue,
                exp: ExpirationClaim(value: (now + lifetime).date)))
    }

    /// - Throws: ``VoiceNoteError/Code/tokenExpired`` or ``VoiceNoteError/Code/unauthenticated``.
    func verify(_ token: String) async throws -> Bearer {
        let claims: Claims
        do {
            claims = try await keys.verify(token, as: Claims.self)
        } catch let error as JWTError where error.errorType == .claimVerificationFailure {
            throw VoiceNoteError(.tokenExpired, "The access token has expired; refresh it or sign in again.")
        } catch {
            throw VoiceNoteError(.unauthenticated, "The access token is not valid; sign in again.")
        }
        guard let account = Account.ID(claims.sub.value), let role = Account.Role(rawValue: claims.role) else {
            throw VoiceNoteError(.unauthenticated, "The access token is not valid; sign in again.")
        }
        return Bearer(
            principal: Principal(account: account, role: role, scopes: Set(Scope.allCases)),
            expiresAt: Timestamp(claims.exp.value))
    }

    private struct Claims: JWTPayload {
        let sub: SubjectClaim
        let role: String
        let exp: ExpirationClaim

        func verify(using algorithm: some JWTAlgorithm) async throws {
            try exp.verifyNotExpired()
        }
    }
}
