/// An edit as a file: what somebody asked for, how far it is, and what became of it.
public struct Export: Sendable, Hashable {
    public typealias ID = Identifier<Export>

    /// The most exports that one note may have.
    public static let maximumPerNote = 100

    /// How far an export is.
    public enum State: String, Sendable, Codable, CaseIterable {
        case waiting, running, done, failed
    }

    /// What the file turned out to be.
    public struct Result: Sendable, Hashable, Codable {
        /// Length in milliseconds, rounded to the nearest.
        public var durationMs: Int64
        /// Samples a second.
        public var sampleRate: Int
        public var channels: Int
        /// How it was brought to its loudness; nil where the edit asks for none.
        public var loudness: LoudnessChange?

        public init(durationMs: Int64, sampleRate: Int, channels: Int, loudness: LoudnessChange?) {
            self.durationMs = durationMs
            self.sampleRate = sampleRate
            self.channels = channels
            self.loudness = loudness
        }
    }

    public let id: ID
    public let note: Note.ID
    /// The recording of the note, which the file is a rendition of.
    public let recording: Recording.ID
    /// The version that was exported; nil for the whole recording of a note that was never edited.
    public let version: EditVersion.ID?
    public let format: ExportFormat
    public var state: State
    /// How far it is, 0 to 1.
    public var progress: Double
    /// Why it failed, in words for a person.
    public var reason: String?
    /// The file; nil until it is done.
    public var blob: Blob?
    /// What the file turned out to be; nil until it is done.
    public var result: Result?
    public let createdAt: Timestamp

    public init(
        id: ID, note: Note.ID, recording: Recording.ID, version: EditVersion.ID?, format: ExportFormat,
        state: State = .waiting, progress: Double = 0, reason: String? = nil, blob: Blob? = nil,
        result: Result? = nil, createdAt: Timestamp
    ) {
        self.id = id
        self.note = note
        self.recording = recording
        self.version = version
        self.format = format
        self.state = state
        self.progress = progress
        self.reason = reason
        self.blob = blob
        self.result = result
        self.createdAt = createdAt
    }
}

/// What the loudness of an edit was, and what was done about it.
public struct LoudnessChange: Sendable, Hashable, Codable {
    /// Whether the target was reached.
    public enum Outcome: String, Sendable, Hashable, Codable {
        case reached
        /// The peaks would have exceeded the ceiling.
        case heldBack
        /// There was nothing to measure: silence, or less than 400 ms.
        case notMeasurable
    }

    public var outcome: Outcome
    /// The integrated loudness before, in LUFS; nil where there was nothing to measure.
    public var measuredLUFS: Double?
    /// The gain that was applied, in dB.
    public var gain: Double
    /// By how many LU the result is below the target.
    public var missing: Double

    public init(outcome: Outcome, measuredLUFS: Double?, gain: Double, missing: Double) {
        self.outcome = outcome
        self.measuredLUFS = measuredLUFS
        self.gain = gain
        self.missing = missing
    }
}
