import Core

/// A note as the API shows it.
struct NoteBody: Encodable, Sendable {
    let id: Note.ID
    let title: String
    let text: String
    let tags: [String]
    @Nullable var folder: String?
    let archived: Bool
    let pinned: Bool
    let state: NoteState
    @Nullable var reason: String?
    let createdAt: Timestamp
    let updatedAt: Timestamp
    @Nullable var trashedAt: Timestamp?
    let version: Int64
    let recording: RecordingBody

    /// - Parameter replicas: where the recording is, where that was asked for.
    init(_ note: Note, replicas: [ReplicaBody]? = nil) {
        id = note.id
        title = note.title
        text = note.text
        tags = note.tags
        folder = note.folder
        archived = note.archived
        pinned = note.pinned
        state = note.state
        reason = note.reason
        createdAt = note.createdAt
        updatedAt = note.updatedAt
        trashedAt = note.trashedAt
        version = note.version
        recording = RecordingBody(note.recording, replicas: replicas)
    }
}

/// A recording as the API shows it; what analysis has not found yet is null.
struct RecordingBody: Encodable, Sendable {
    let id: Recording.ID
    let sha256: SHA256Hash
    let size: Int64
    let mimeType: String
    @Nullable var fileName: String?
    let recovered: Bool
    @Nullable var durationMs: Int64?
    @Nullable var container: String?
    @Nullable var codec: String?
    @Nullable var channels: Int?
    @Nullable var sampleRate: Int?
    @Nullable var bitDepth: Int?
    @Nullable var bitRate: Int64?
    @Nullable var quality: QualityRating?
    @Nullable var loudness: LoudnessBody?
    let warnings: [AudioReport.Warning]
    @Nullable var verifiedAt: Timestamp?
    let progress: Double
    let renditions: [RenditionBody]
    let sync: SyncState
    /// Left out of lists and events.
    var replicas: [ReplicaBody]?

    init(_ recording: Recording, replicas: [ReplicaBody]? = nil) {
        self.replicas = replicas
        sync = recording.sync
        let report = recording.report
        id = recording.id
        sha256 = recording.blob.sha256
        size = recording.blob.size
        mimeType = recording.blob.mimeType
        fileName = recording.fileName
        recovered = recording.isRecovered
        durationMs = report?.durationMs
        container = report?.container
        codec = report?.codec
        channels = report?.channels
        sampleRate = report?.sampleRate
        bitDepth = report?.bitDepth
        bitRate = report?.bitRate
        quality = report?.quality
        loudness = report.map { LoudnessBody($0.loudness) }
        warnings = report?.warnings ?? []
        verifiedAt = recording.verifiedAt
        progress = recording.progress
        renditions = recording.renditions.map(RenditionBody.init)
    }
}

/// Loudness by EBU R 128; null where there was too little sound to measure.
struct LoudnessBody: Encodable, Sendable {
    @Nullable var integratedLUFS: Double?
    @Nullable var rangeLU: Double?
    @Nullable var truePeakDBTP: Double?

    init(_ loudness: Loudness) {
        integratedLUFS = loudness.integratedLUFS
        rangeLU = loudness.rangeLU
        truePeakDBTP = loudness.truePeakDBTP
    }
}

struct RenditionBody: Encodable, Sendable {
    let kind: Rendition.Kind
    let sha256: SHA256Hash
    let size: Int64
    let mimeType: String
    @Nullable var codec: String?

    init(_ rendition: Rendition) {
        kind = rendition.kind
        sha256 = rendition.blob.sha256
        size = rendition.blob.size
        mimeType = rendition.blob.mimeType
        codec = rendition.codec
    }
}

struct NotePageBody: Encodable, Sendable {
    let items: [NoteBody]
    @Nullable var nextCursor: String?

    init(_ page: Page<Note, NoteCursor>) {
        items = page.items.map { NoteBody($0) }
        nextCursor = page.next?.description
    }
}
