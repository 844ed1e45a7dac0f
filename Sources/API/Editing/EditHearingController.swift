import Core
import HTTPTypes
import Hummingbird
import NIOCore
import Services

/// `/notes/{id}/edits/{version}/audio`, `/waveform` and `/silence`: an edit as it sounds and looks, before it is a file.
struct EditHearingController: Sendable {
    let hearing: EditHearing
    let playback: Playback

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.get, "/api/v1/notes/:id/edits/:version/audio", .read, audio)
        table.add(.head, "/api/v1/notes/:id/edits/:version/audio", .read, audio)
        table.add(.get, "/api/v1/notes/:id/edits/:version/waveform", .read, waveform)
        table.add(.get, "/api/v1/notes/:id/edits/:version/silence", .read, silence)
    }

    @Sendable private func audio(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let audio = try await hearing.audio(
            try EditsController.choice(scope), of: try NotesController.id(scope), account: principal.account)
        return try await BlobResponse(playback: playback).response(to: request, audio, isDownload: false)
    }

    @Sendable private func silence(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try JSON.response(
            .ok,
            try await hearing.silence(
                try EditsController.choice(scope), of: try NotesController.id(scope), account: principal.account))
    }

    @Sendable private func waveform(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let query = Query(request)
        let choice = try EditsController.choice(scope)
        let drawn = try await hearing.waveform(
            choice, of: try NotesController.id(scope), account: principal.account,
            from: try Self.number(query["start"], "start"), to: try Self.number(query["end"], "end"),
            pixels: try Self.number(query["pixels"], "pixels").map { Int($0) } ?? 1000)
        // A version never changes.
        let caching = choice == .head ? "no-store" : "private, max-age=86400, immutable"
        return try JSON.response(
            .ok, EditWaveformBody(drawn), headers: [.cacheControl: caching, .vary: "Authorization, Cookie"])
    }

    private static func number(_ text: String?, _ field: String) throws -> Int64? {
        guard let text else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw VoiceNoteError(
                .validationFailed, "Please correct: \(field).",
                fields: [FieldError(field: field, message: "A whole number from 0 on.")])
        }
        return number
    }
}

/// A waveform as audiowaveform writes it in JSON.
private struct EditWaveformBody: Encodable {
    let version = 2
    let channels = 1
    let sample_rate: Int
    let samples_per_pixel: Int
    let bits = 8
    let length: Int
    let data: [Int8]

    init(_ drawn: EditWaveform) {
        sample_rate = drawn.sampleRate
        samples_per_pixel = drawn.samplesPerPixel
        length = drawn.peaks.count
        data = drawn.peaks.flatMap { [$0.low, $0.high] }
    }
}
