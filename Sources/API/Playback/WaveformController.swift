import Core
import Hummingbird
import NIOCore
import Services

/// `/notes/{id}/waveform` and `/notes/{id}/silence`: what a player draws.
struct WaveformController: Sendable {
    let playback: Playback

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.get, "/api/v1/notes/:id/waveform", .read, waveform)
        table.add(.get, "/api/v1/notes/:id/silence", .read, silence)
    }

    @Sendable private func waveform(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let id = try NotesController.id(scope)
        let query = Query(request)
        let zoom = try zoom(query["zoom"])
        let format = query["format"] ?? "dat"
        guard format == "dat" || format == "json" else { throw Self.invalid("format", "Either dat or json.") }
        let (reading, sha256) = try await playback.waveform(id, of: principal.account)
        guard let etag = ETag("\(sha256)-\(zoom.samplesPerPixel)-\(format)") else {
            preconditionFailure("a digest, a number and a word make a legal entity tag")
        }
        var headers: HTTPFields = [
            .eTag: etag.text, .cacheControl: "private, max-age=86400", .vary: "Authorization, Cookie",
        ]
        let conditions = Preconditions(ifNoneMatch: request.headers[.ifNoneMatch])
        if conditions.evaluate(method: "GET", etag: etag, lastModified: nil) == .notModified {
            return Response(status: .notModified, headers: headers)
        }
        let bytes = format == "dat" ? try await reading.dat(zoom) : try await reading.json(zoom)
        headers[.contentType] = format == "dat" ? WaveformFormat.mimeType : "application/json"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func zoom(_ text: String?) throws -> WaveformZoom {
        guard let text else { return .base }
        do {
            guard let number = Int(text) else { throw WaveformError.unsupportedZoom(samplesPerPixel: 0) }
            return try WaveformZoom(samplesPerPixel: number)
        } catch {
            throw Self.invalid("zoom", "256 times a power of two, up to \(WaveformZoom.maximumSamplesPerPixel).")
        }
    }

    @Sendable private func silence(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try JSON.response(.ok, try await playback.silence(try NotesController.id(scope), of: principal.account))
    }

    private static func invalid(_ field: String, _ message: String) -> VoiceNoteError {
        VoiceNoteError(
            .validationFailed, "Please correct: \(field).", fields: [FieldError(field: field, message: message)])
    }
}
