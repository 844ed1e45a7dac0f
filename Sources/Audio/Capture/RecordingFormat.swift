public import Core

/// What a recording is: its rate, its channels, and how it is written.
public struct RecordingFormat: Sendable, Hashable, Codable {
    public static let rates = 8_000...192_000
    public static let channelCounts = 1...8
    /// Bits a second that Opus takes.
    public static let bitRates = 6_000...510_000
    /// The rates that Opus knows (RFC 6716, section 2).
    static let opusRates = [8_000, 12_000, 16_000, 24_000, 48_000]

    public let codec: RecordingCodec
    /// Samples a second of one channel.
    public let rate: Int
    public let channels: Int
    /// Bits of a sample: 16 or 24.
    public let bits: Int
    /// Bits a second; only with Opus.
    public let bitRate: Int?

    /// - Parameters:
    ///   - bits: Opus takes 16, whatever is said.
    ///   - bitRate: nil for what is usual with so many channels.
    /// - Throws: `InvalidValue`, with what is possible instead.
    public init(
        codec: RecordingCodec, rate: Int, channels: Int, bits: Int = 16, bitRate: Int? = nil
    ) throws(InvalidValue) {
        guard Self.rates.contains(rate) else {
            throw InvalidValue("The rate must be from 8000 to 192000 samples a second.")
        }
        guard Self.channelCounts.contains(channels) else { throw InvalidValue("There can be 1 to 8 channels.") }
        guard bits == 16 || bits == 24 else { throw InvalidValue("A sample has 16 or 24 bits.") }
        if codec == .opus {
            guard Self.opusRates.contains(rate) else {
                throw InvalidValue("Opus records at 8000, 12000, 16000, 24000 or 48000 samples a second.")
            }
            guard channels <= 2 else { throw InvalidValue("Opus records one or two channels here.") }
        }
        if let bitRate {
            guard codec == .opus else { throw InvalidValue("A bit rate goes with the codec opus only.") }
            guard Self.bitRates.contains(bitRate) else {
                throw InvalidValue("The bit rate must be from 6000 to 510000 bits a second.")
            }
        }
        self.codec = codec
        self.rate = rate
        self.channels = channels
        self.bits = codec == .opus ? 16 : bits
        self.bitRate = codec == .opus ? bitRate ?? (channels == 1 ? 32_000 : 96_000) : nil
    }

    /// What the device is asked for.
    public var capture: CaptureFormat { CaptureFormat(rate: rate, channels: channels, bits: bits) }

    /// The most that a second of it takes, about.
    public var bytesPerSecond: Int {
        // A variable bit rate goes above its mean now and then; FLAC of noise is as large as its samples.
        bitRate.map { $0 / 8 * 3 / 2 + 1_000 } ?? rate * channels * bits / 8 + 2_000
    }
}
