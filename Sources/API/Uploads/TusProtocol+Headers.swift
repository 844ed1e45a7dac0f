import Core
import HTTPTypes
import Hummingbird
import Services

/// What tus says in headers.
extension TusProtocol {
    static let wrongMedia = VoiceNoteError(
        .unsupportedMediaType, "Send the bytes with Content-Type: \(mediaType).")

    /// The length of a new upload; nil when it is deferred or missing.
    static func length(_ request: Request) throws -> Int64? {
        if let text = request.headers[.uploadDeferLength], text != "1" {
            throw VoiceNoteError(.badRequest, "Upload-Defer-Length can only be 1.")
        }
        return try count(.uploadLength, request)
    }

    /// A number of bytes; nil when the header is not there.
    static func count(_ name: HTTPField.Name, _ request: Request) throws -> Int64? {
        let values = request.headers[values: name]
        guard let text = values.first else { return nil }
        guard values.count == 1, !text.isEmpty, text.utf8.count <= 18, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
            let count = Int64(text)
        else { throw VoiceNoteError(.badRequest, "\(name) is a whole number of bytes, not negative.") }
        return count
    }

    /// What a PATCH says about its bytes.
    static func piece(_ request: Request) throws -> Uploads.Piece {
        guard request.mediaType == mediaType else { throw wrongMedia }
        guard let offset = try count(.uploadOffset, request) else {
            throw VoiceNoteError(.badRequest, "Say where the bytes begin: Upload-Offset.")
        }
        var piece = Uploads.Piece(offset: offset)
        piece.length = try count(.uploadLength, request)
        piece.contentLength = try BodyLength(request).announced ?? (request.hasBody ? nil : 0)
        piece.digests = try checksum(request)
        return piece
    }

    static func checksum(_ request: Request) throws -> PieceDigests {
        var digests = PieceDigests()
        if let text = request.headers[.uploadChecksum] {
            digests.expect(try parsed { () throws(InvalidValue) in try UploadChecksum(text) })
        }
        return digests
    }

    /// What the metadata says about the note. Names as clients in the field use them.
    static func draft(_ metadata: UploadMetadata) -> (NoteDraft, isLive: Bool) {
        let type = metadata.first("filetype", "type", "contentType")?.split(separator: ";").first.map {
            $0.trimmingBlanks.lowercased()
        }
        let isType = type.map { $0.utf8.count <= 100 && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } } ?? false
        let draft = NoteDraft(
            title: metadata.first("title") ?? "", tags: NoteRules.splitTags(metadata.first("tags") ?? ""),
            folder: metadata.first("folder"), fileName: metadata.first("filename", "name"),
            mimeType: isType ? type ?? "" : "application/octet-stream")
        return (draft, ["1", "true"].contains(metadata.values["live"]))
    }

    static func parsed<Value>(_ body: () throws(InvalidValue) -> Value) throws -> Value {
        do { return try body() } catch { throw VoiceNoteError(.badRequest, error.message) }
    }
}
