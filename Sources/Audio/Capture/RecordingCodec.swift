/// How a recording is written while it is being made. Each of them can be read up to wherever it was cut off.
public enum RecordingCodec: String, Sendable, Codable, CaseIterable {
    /// Samples as they are, in a WAV file.
    case wav
    /// Compressed without loss, as a stream of frames of about 0.1 s.
    case flac
    /// Opus in Ogg pages of at most 0.2 s.
    case opus

    public var fileExtension: String { rawValue }

    /// What an upload says of it.
    public var mediaType: String {
        switch self {
        case .wav: "audio/wav"
        case .flac: "audio/flac"
        case .opus: "audio/ogg"
        }
    }

    /// The codec that a file's ending asks for; nil for one that is none of them.
    public init?(fileExtension: String) {
        switch fileExtension.lowercased() {
        case "wav": self = .wav
        case "flac": self = .flac
        case "opus", "ogg", "oga": self = .opus
        default: return nil
        }
    }
}
