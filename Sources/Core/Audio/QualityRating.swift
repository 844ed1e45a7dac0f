/// How much of the sound a recording's format can hold. It rates the format, not the performance.
public enum QualityRating: String, Codable, Sendable, CaseIterable {
    /// At least 96 kHz and 24 bit.
    case highResolution = "high_resolution"
    /// At least 44.1 kHz and 16 bit, or a lossy file that is hard to tell from it.
    case cd
    /// Everything else: telephone and dictation formats, and lossy files at speech bit rates.
    case low

    /// Bits a second and channel from which a lossy codec counts as `cd`: 96 kbit/s, 192 kbit/s in stereo, where
    /// listening tests no longer tell MP3 and AAC from the disc.
    public static let lossyBitRatePerChannel: Int64 = 96_000

    /// Rates a format.
    ///
    /// A lossy codec keeps no samples and so has no bit depth (`nil`). It is never `highResolution`; it is `cd` from
    /// 44.1 kHz and `lossyBitRatePerChannel` upwards.
    public init(sampleRate: Int, bitDepth: Int?, bitRate: Int64, channels: Int) {
        if let bitDepth {
            if sampleRate >= 96_000, bitDepth >= 24 {
                self = .highResolution
            } else if sampleRate >= 44_100, bitDepth >= 16 {
                self = .cd
            } else {
                self = .low
            }
        } else {
            let enough = Self.lossyBitRatePerChannel * Int64(max(1, min(channels, 1_024)))
            self = sampleRate >= 44_100 && bitRate >= enough ? .cd : .low
        }
    }
}
