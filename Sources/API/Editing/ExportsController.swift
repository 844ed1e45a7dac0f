import Core
import HTTPTypes
import Hummingbird
import Services

/// `/notes/{id}/edits/{version}/exports` and `/notes/{id}/exports`: edits as files.
struct ExportsController: Sendable {
    let exports: Exports
    let playback: Playback

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.post, "/api/v1/notes/:id/edits/:version/exports", .write, start)
        table.add(.get, "/api/v1/notes/:id/exports", .read, list)
        table.add(.get, "/api/v1/notes/:id/exports/:export", .read, get)
        table.add(.delete, "/api/v1/notes/:id/exports/:export", .write, delete)
        table.add(.get, "/api/v1/notes/:id/exports/:export/audio", .read, audio)
        table.add(.head, "/api/v1/notes/:id/exports/:export/audio", .read, audio)
    }

    @Sendable private func start(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let note = try NotesController.id(scope)
        let choice = try EditsController.choice(scope)
        let format = try await JSON.decode(ExportFormat.self, from: request, scope)
        let (export, isNew) = try await exports.start(choice, format, of: note, account: principal.account)
        let found = try await exports.find(export.id, of: note, account: principal.account)
        let body = ExportBody(found.export, found.note)
        return try JSON.response(
            isNew ? .accepted : .ok, body, headers: [.location: "/api/v1/notes/\(note)/exports/\(export.id)"])
    }

    @Sendable private func list(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let note = try NotesController.id(scope)
        let found = try await exports.list(of: note, account: principal.account)
        return try JSON.response(.ok, ItemsBody(items: found.exports.map { ExportBody($0, found.note) }))
    }

    @Sendable private func get(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let found = try await find(scope, principal)
        return try JSON.response(.ok, ExportBody(found.export, found.note))
    }

    @Sendable private func delete(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try await exports.delete(
            try Self.export(scope), of: try NotesController.id(scope), account: principal.account)
        return Response(status: .noContent)
    }

    @Sendable private func audio(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let found = try await find(scope, principal)
        let isDownload = Query(request)["download"] == "1"
        let audio = try await playback.audio(
            of: found.export, found.note, mayRedirect: true, isDownload: isDownload)
        return try await BlobResponse(playback: playback).response(to: request, audio, isDownload: isDownload)
    }

    private func find(
        _ scope: RequestScope, _ principal: Principal
    ) async throws -> (export: Export, note: Note) {
        try await exports.find(
            try Self.export(scope), of: try NotesController.id(scope), account: principal.account)
    }

    private static func export(_ scope: RequestScope) throws -> Export.ID {
        guard let id = Export.ID(scope.parameters.get("export") ?? "") else {
            throw VoiceNoteError.notFound("export")
        }
        return id
    }
}

/// An export as the API shows it.
private struct ExportBody: Encodable, Sendable {
    let id: Export.ID
    @Nullable var version: EditVersion.ID?
    let format: ExportFormat.Kind
    @Nullable var bits: Int?
    @Nullable var bitRate: Int?
    @Nullable var quality: Int?
    let state: Export.State
    let progress: Double
    @Nullable var reason: String?
    @Nullable var url: String?
    let fileName: String
    @Nullable var mimeType: String?
    @Nullable var size: Int64?
    @Nullable var sha256: SHA256Hash?
    @Nullable var durationMs: Int64?
    @Nullable var normalization: NormalizationBody?
    let createdAt: Timestamp

    struct NormalizationBody: Encodable, Sendable {
        let outcome: LoudnessChange.Outcome
        /// LUFS before; null where there was nothing to measure.
        @Nullable var loudness: Double?
        /// dB.
        let gain: Double
        /// LU below the target.
        let missing: Double

        init(_ change: LoudnessChange) {
            outcome = change.outcome
            gain = change.gain
            missing = change.missing
            loudness = change.measuredLUFS
        }
    }

    init(_ export: Export, _ note: Note) {
        id = export.id
        version = export.version
        format = export.format.kind
        bits = export.format.bits
        bitRate = export.format.bitRate
        quality = export.format.quality
        state = export.state
        progress = export.progress
        reason = export.reason
        url = export.state == .done ? "/api/v1/notes/\(note.id)/exports/\(export.id)/audio?download=1" : nil
        fileName = note.fileName(extension: export.format.fileExtension)
        mimeType = export.blob?.mimeType
        size = export.blob?.size
        sha256 = export.blob?.sha256
        durationMs = export.result?.durationMs
        normalization = export.result?.loudness.map { NormalizationBody($0) }
        createdAt = export.createdAt
    }
}
