import Audio
import Core

/// What somebody wants to record, checked: the same rules as for an upload.
struct RecordingPlan: Sendable, Equatable {
    let title: String
    let tags: [String]
    let folder: String?
    let text: String
    let preset: RecordingPreset
    let format: RecordingFormat
    /// How long it may get.
    let mostTime: Duration?
    /// Bytes that it may get.
    let mostBytes: Int64?

    /// - Throws: ``VoiceNoteError`` with what is wrong with each field, as for an upload.
    init(
        title: String, tags: [String], folder: String?, text: String, preset: RecordingPreset,
        format: RecordingFormat, mostTime: Duration? = nil, mostBytes: Int64? = nil
    ) throws(VoiceNoteError) {
        let draft = NoteDraft(title: title, tags: tags, folder: folder, mimeType: format.codec.mediaType)
        let clean = try draft.validated()
        self.title = clean.title
        self.tags = clean.tags
        self.folder = clean.folder
        self.text = try NotePatch(text: text).validated().text ?? ""
        self.preset = preset
        self.format = format
        self.mostTime = mostTime
        self.mostBytes = mostBytes
    }

    /// The limits for the recorder.
    /// - Parameter largest: bytes of the largest recording that is taken where it goes; nil where nobody says so.
    func limits(largest: Int64?) -> RecordingLimits {
        let bytes = [mostBytes, largest].compactMap(\.self).min()
        return RecordingLimits(
            frames: mostTime.map { $0.wholeMilliseconds * Int64(format.rate) / 1_000 }, bytes: bytes,
            isLargest: bytes != nil && bytes == largest && bytes != mostBytes)
    }
}

/// When a recording ends by itself.
struct RecordingLimits: Sendable, Equatable {
    /// Samples of one channel.
    var frames: Int64?
    var bytes: Int64?
    /// Whether the size is what the place takes that it goes to, rather than what somebody asked for.
    var isLargest = false
}
