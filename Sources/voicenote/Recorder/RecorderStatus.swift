import Audio

/// How a recording goes, at one moment.
struct RecorderStatus: Sendable {
    /// Samples of one channel so far.
    var frames: Int64 = 0
    /// Bytes of the file.
    var bytes: Int64 = 0
    /// Samples of one channel, and bytes, that would survive the machine.
    var durableFrames: Int64 = 0
    var durableBytes: Int64 = 0
    var levels = Levels()
    var marks = 0
    var isPaused = false
    /// Whether the microphone has delivered anything yet; some need a second or two to begin.
    var isHearing = false
    /// Set when the file is ended, and everything of it on disk.
    var end: RecordingEnd?
}
