/// What one decode pass over a recording found: what the file is, how long and how loud it is, where it is silent,
/// and how large the files are that the pass wrote.
///
/// Every number comes from the decoded audio, not from a header: a MediaRecorder WebM has no duration in its header,
/// and a cut-off file claims more than it holds.
public struct AudioReport: Codable, Sendable, Equatable {
    /// The container's short name: `wav`, `mp3`, `mp4`, `3gp`, `mov`, `ogg`, `flac`, `webm`, `matroska`, `amr`,
    /// `aiff`, `au`, `caf` or `aac`.
    public var container: String
    /// The codec's short name as FFmpeg spells it, such as `pcm_s16le`, `opus` or `mp3`.
    public var codec: String
    /// The media type by content; the file's name plays no part.
    public var mimeType: String
    /// Decoded length in milliseconds, rounded to the nearest.
    public var durationMs: Int64
    /// Decoded length in samples of one channel at `sampleRate`.
    public var totalSamples: Int64
    public var channels: Int
    /// Samples a second, as decoded.
    public var sampleRate: Int
    /// Bits of one sample where the codec keeps samples; `nil` for lossy codecs, which have no bit depth.
    public var bitDepth: Int?
    /// Mean bits a second of the audio stream alone, without pictures and container.
    public var bitRate: Int64
    public var quality: QualityRating
    public var loudness: Loudness
    public var silence: SilenceMap
    /// What a person should know about the file although it could be read.
    public var warnings: [Warning]
    /// Bytes of the `listen` rendition, where one was asked for.
    public var listenBytes: Int64?
    /// Bytes of the waveform file, where one was asked for.
    public var waveformBytes: Int64?
    /// Bytes of the repaired copy, where one was asked for and the recording needed one.
    public var repairedBytes: Int64?

    /// Places to read on from, for containers that need it.
    public var seekIndex: SeekIndex?

    /// The file holds less audio than it says it does.
    public var isTruncated: Bool { warnings.contains(.truncated) }

    /// A recording that could be read, but not without remark.
    public enum Warning: String, Codable, Sendable, CaseIterable {
        /// The file ends before the length that its header states.
        case truncated
        /// Some of the packets could not be decoded and were left out.
        case damaged
        /// Rate, channels or sample format changed within the file; everything was converted to the first ones.
        case formatChanged
    }

    public init(
        container: String, codec: String, mimeType: String, durationMs: Int64, totalSamples: Int64, channels: Int,
        sampleRate: Int, bitDepth: Int?, bitRate: Int64, quality: QualityRating, loudness: Loudness,
        silence: SilenceMap, warnings: [Warning] = [], listenBytes: Int64? = nil, waveformBytes: Int64? = nil
    ) {
        self.container = container
        self.codec = codec
        self.mimeType = mimeType
        self.durationMs = durationMs
        self.totalSamples = totalSamples
        self.channels = channels
        self.sampleRate = sampleRate
        self.bitDepth = bitDepth
        self.bitRate = bitRate
        self.quality = quality
        self.loudness = loudness
        self.silence = silence
        self.warnings = warnings
        self.listenBytes = listenBytes
        self.waveformBytes = waveformBytes
    }
}
