public import Core

/// What people record, and what is sensible for it. Each value can be replaced.
public enum RecordingPreset: String, Sendable, Codable, CaseIterable {
    /// A voice note: Opus, 48 kHz, one channel, 32 kbit/s.
    case voice
    /// Two microphones to be edited later: FLAC, 48 kHz, two channels, 16 bits.
    case interview
    /// Room above and below: FLAC, 48 kHz, two channels, 24 bits.
    case music
    /// WAV, 48 kHz, two channels, 16 bits, unless something else is said.
    case custom

    /// The format, with what somebody wants otherwise.
    /// - Throws: `InvalidValue` when the values do not fit together.
    public func format(
        codec: RecordingCodec? = nil, rate: Int? = nil, channels: Int? = nil, bitRate: Int? = nil
    ) throws(InvalidValue) -> RecordingFormat {
        try RecordingFormat(
            codec: codec ?? usualCodec, rate: rate ?? 48_000, channels: channels ?? (self == .voice ? 1 : 2),
            bits: self == .music ? 24 : 16, bitRate: bitRate)
    }

    private var usualCodec: RecordingCodec {
        switch self {
        case .voice: .opus
        case .interview, .music: .flac
        case .custom: .wav
        }
    }
}
