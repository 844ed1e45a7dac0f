/// How a recording is to be processed, and what it may cost at most. Travels to the media worker with each request.
public struct MediaOptions: Codable, Sendable, Hashable {
    /// What the Opus encoder optimises for.
    public enum OpusApplication: String, Codable, Sendable {
        /// Speech.
        case voip
        /// Music and mixed content.
        case audio
    }

    /// The longest recording, in seconds of decoded audio.
    public var maximumDurationSeconds: Int = 24 * 3_600
    public var maximumChannels: Int = 32
    /// In samples a second.
    public var maximumSampleRate: Int = 768_000

    /// Bits a second of the `listen` rendition of a mono recording.
    public var listenMonoBitRate: Int = 24_000
    /// Bits a second of the `listen` rendition of a recording with two or more channels, which becomes stereo.
    public var listenStereoBitRate: Int = 48_000
    /// 0 (fastest) to 10 (best). The encoder takes nearly all of the time that processing takes; beyond 6 it looks for
    /// music, which does nothing for speech.
    public var opusComplexity: Int = 6
    public var opusApplication: OpusApplication = .voip

    /// The level below which every sample must stay to be silence, in dB relative to full scale.
    public var silenceThresholdDBFS: Double = -50
    /// The shortest silence that counts, in milliseconds.
    public var silenceMinimumMs: Int = 500

    public init() {}
}
