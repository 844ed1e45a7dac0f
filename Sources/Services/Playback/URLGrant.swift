public import Core

/// What a signed URL says: which rendition of which note, until when, under which epoch of the note.
public struct URLGrant: Sendable, Hashable {
    public let choice: Playback.Choice?
    public let expiresAt: Timestamp
    public let download: Bool
    /// The note's epoch when the URL was made; a later one revokes it.
    public let epoch: Int64
    public let keyID: String
    /// Base64url without padding.
    public let signature: String

    /// Reads the query of a request; nil when it is not a signed one.
    /// - Throws: ``VoiceNoteError/Code/urlInvalid`` when it has a signature and the rest is malformed.
    public init?(query: (String) -> String?) throws(VoiceNoteError) {
        guard let signature = query("signature") else { return nil }
        guard signature.utf8.count <= 64, let expires = query("expires").flatMap({ Int64($0) }), expires > 0,
            expires < 253_402_300_800, let epoch = query("epoch").flatMap({ Int64($0) }), let keyID = query("key"),
            keyID.utf8.count <= 32,
            // A number has other spellings, which nobody was given.
            String(expires) == query("expires"), String(epoch) == query("epoch")
        else { throw VoiceNoteError(.urlInvalid, "This link is incomplete; ask for a new one.") }
        if let rendition = query("rendition") {
            guard let choice = Playback.Choice(rawValue: rendition) else {
                throw VoiceNoteError(.urlInvalid, "This link was altered; ask for a new one.")
            }
            self.choice = choice
        } else {
            choice = nil
        }
        self.signature = signature
        self.expiresAt = Timestamp(milliseconds: expires * 1000)
        self.epoch = epoch
        self.keyID = keyID
        download = query("download") == "1"
    }

    init(
        choice: Playback.Choice?, expiresAt: Timestamp, download: Bool, epoch: Int64, keyID: String, signature: String
    ) {
        self.choice = choice
        self.expiresAt = expiresAt
        self.download = download
        self.epoch = epoch
        self.keyID = keyID
        self.signature = signature
    }

    var query: String {
        var parts = choice.map { ["rendition=\($0.rawValue)"] } ?? []
        if download { parts.append("download=1") }
        parts += [
            "expires=\(expiresAt.milliseconds / 1000)", "epoch=\(epoch)", "key=\(keyID)", "signature=\(signature)",
        ]
        return parts.joined(separator: "&")
    }
}
