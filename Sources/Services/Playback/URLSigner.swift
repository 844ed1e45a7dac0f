import Core
import Crypto
import Foundation
public import Persistence

/// Signs URLs for playback with HMAC-SHA256. Nothing is stored: what a URL allows stands in it, and the note's epoch,
/// which is part of what is signed, revokes all of them at once.
public struct URLSigner: Sendable {
    private let keyID: String
    private let key: SymmetricKey

    /// Loads the signing key, or makes it at the first start.
    public init(database: any SQLDatabase) async throws {
        let (id, secret) = try await database.write { connection in
            try connection.keys.current(
                purpose: "url", candidate: Hexadecimal.encode(TokenText.randomBytes(32)), at: .now())
        }
        guard let bytes = Hexadecimal.decode(secret), bytes.count >= 32 else {
            throw VoiceNoteError(.internalError, "The signing key in the database is damaged; restore a backup.")
        }
        self.init(keyID: id, secret: bytes)
    }

    init(keyID: String, secret: [UInt8]) {
        self.keyID = keyID
        key = SymmetricKey(data: secret)
    }

    func grant(for note: Note, _ choice: Playback.Choice?, expiresAt: Timestamp, download: Bool) -> URLGrant {
        let seconds = Timestamp(milliseconds: expiresAt.milliseconds / 1000 * 1000)
        let unsigned = URLGrant(
            choice: choice, expiresAt: seconds, download: download, epoch: note.urlEpoch, keyID: keyID, signature: "")
        return URLGrant(
            choice: choice, expiresAt: seconds, download: download, epoch: note.urlEpoch, keyID: keyID,
            signature: signature(of: unsigned, for: note.id))
    }

    /// - Throws: ``VoiceNoteError/Code/urlInvalid`` when altered, then ``VoiceNoteError/Code/urlRevoked``, then
    ///   ``VoiceNoteError/Code/urlExpired``: nobody learns more from a forged URL than that it is one.
    func verify(_ grant: URLGrant, for note: Note, at now: Timestamp) throws(VoiceNoteError) {
        guard grant.keyID == keyID, let given = Self.decode(grant.signature),
            HMAC<SHA256>.isValidAuthenticationCode(given, authenticating: message(of: grant, for: note.id), using: key)
        else { throw VoiceNoteError(.urlInvalid, "This link was altered; ask for a new one.") }
        guard grant.epoch == note.urlEpoch else {
            throw VoiceNoteError(.urlRevoked, "This link was revoked; ask for a new one.")
        }
        guard grant.expiresAt > now else {
            throw VoiceNoteError(.urlExpired, "This link has expired; ask for a new one.")
        }
    }

    private func message(of grant: URLGrant, for note: Note.ID) -> Data {
        let parts = [
            "audio", note.description, grant.choice?.rawValue ?? "", grant.download ? "1" : "",
            String(grant.expiresAt.milliseconds / 1000), String(grant.epoch), grant.keyID,
        ]
        return Data(parts.joined(separator: "\n").utf8)
    }

    private func signature(of grant: URLGrant, for note: Note.ID) -> String {
        Self.encode(Data(HMAC<SHA256>.authenticationCode(for: message(of: grant, for: note), using: key)))
    }

    private static func encode(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func decode(_ text: String) -> Data? {
        guard !text.contains("+"), !text.contains("/"), !text.contains("=") else { return nil }
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        let data = Data(base64Encoded: base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4))
        // The last character has bits that nobody reads: only the spelling that was given out is a signature.
        return data.flatMap { encode($0) == text ? $0 : nil }
    }
}
