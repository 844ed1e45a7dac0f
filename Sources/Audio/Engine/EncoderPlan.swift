import CLibAV

/// What an encoder is to make of samples, and the container that it goes into. All names are libav's.
struct EncoderPlan {
    let encoder: String
    let container: String
    /// Rate and channels of what is encoded.
    let shape: AudioShape
    /// The samples that are handed over: interleaved, one of `AV_SAMPLE_FMT_S16`, `S32` and `FLT`.
    let format: AVSampleFormat
    /// Whether the encoder wants the channels apart. Only `FLT` is taken apart for it.
    var isPlanar = false
    /// Bits a second; nil where the quality decides, or where nothing is lost.
    var bitRate: Int64?
    /// Quality of a variable bit rate, 0 for the best.
    var quality: Int32?
    /// Effort; each encoder has its own scale.
    var compression: Int32?
    /// Bits of a sample that count, where it is not all of them.
    var bitsPerSample: Int32?
    var encoderSettings: [String: String] = [:]
    var containerSettings: [String: String] = [:]
    /// The container's tags, in order.
    var tags: [(name: String, value: String)] = []
}

extension EncoderPlan {
    /// The rates that Opus works at, ascending.
    static let opusRates: [Int32] = [8_000, 12_000, 16_000, 24_000, 48_000]

    /// Opus in Ogg, with a page for each second, which is what a player can seek to without reading on.
    static func opus(
        _ shape: AudioShape, _ format: AVSampleFormat, bitRate: Int64, _ options: MediaOptions
    ) -> EncoderPlan {
        EncoderPlan(
            encoder: "libopus", container: "ogg", shape: shape, format: format, bitRate: bitRate,
            compression: Int32(max(0, min(10, options.opusComplexity))),
            encoderSettings: ["application": options.opusApplication.rawValue, "frame_duration": "20"],
            containerSettings: ["page_duration": "1000000"])
    }
}
