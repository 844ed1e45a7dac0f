import Core

/// What an edit is exported as.
///
/// Lossless formats keep the rate of the edit where they can; the others take the nearest rate above it that their
/// encoder knows, see ``sampleRate(for:)``.
public enum RenderFormat: Codable, Sendable, Hashable {
    /// WAV; beyond 4 GiB, RF64 (EBU Tech 3306).
    case wav(WAVSample)
    /// FLAC (RFC 9639).
    case flac(FLACSample)
    /// MP3 by LAME, up to 48 kHz.
    case mp3(MP3Rate)
    /// AAC-LC in MP4 up to 48 kHz, at so many bits a second.
    case m4a(bitRate: Int)
    /// Opus in Ogg up to 48 kHz, at so many bits a second.
    case opus(bitRate: Int)

    /// The samples of a WAV file.
    public enum WAVSample: String, Codable, Sendable, CaseIterable {
        case int16, int24, int32
        /// Floating point in single precision, which is never clipped.
        case float32
    }

    /// The samples of a FLAC file.
    public enum FLACSample: String, Codable, Sendable, CaseIterable {
        case int16, int24
    }

    /// How much an MP3 takes.
    public enum MP3Rate: Codable, Sendable, Hashable {
        /// A variable bit rate of a quality from 0, the best, to 9.
        case variable(quality: Int)
        /// Bits a second, always the same; LAME takes the nearest that MP3 has at the sample rate.
        case constant(bitRate: Int)
    }

    /// The ending of a file's name, without the dot.
    public var fileExtension: String {
        switch self {
        case .wav: "wav"
        case .flac: "flac"
        case .mp3: "mp3"
        case .m4a: "m4a"
        case .opus: "opus"
        }
    }

    /// The media type of a file.
    public var mimeType: String {
        switch self {
        case .wav: "audio/wav"
        case .flac: "audio/flac"
        case .mp3: "audio/mpeg"
        case .m4a: "audio/mp4"
        case .opus: "audio/ogg"
        }
    }

    /// The rate of the file for an edit of the given rate, both in samples a second.
    public func sampleRate(for rate: Int) -> Int {
        switch self {
        case .wav: rate
        // The header has 16 bits for the rate in hertz, or in tens of hertz (RFC 9639, section 9.1.2).
        case .flac: rate < 65_535 || (rate.isMultiple(of: 10) && rate < 655_350) ? rate : 192_000
        case .mp3, .m4a: Self.mpegRates.first { $0 >= rate } ?? 48_000
        case .opus: EncoderPlan.opusRates.map { Int($0) }.first { $0 >= rate } ?? 48_000
        }
    }

    /// The rates of MPEG audio, ascending.
    private static let mpegRates = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

    /// Checks the numbers.
    /// - Throws: `unsupportedOutput` with what is possible.
    func validate() throws(MediaError) {
        switch self {
        case .wav, .flac: break
        case .mp3(.variable(let quality)):
            guard ExportFormat.qualities.contains(quality) else {
                throw .unsupportedOutput(reason: "The quality of an MP3 is 0, the best, to 9.")
            }
        case .mp3(.constant(let bitRate)):
            try Self.check(bitRate, .mp3, "an MP3")
        case .m4a(let bitRate): try Self.check(bitRate, .m4a, "an M4A")
        case .opus(let bitRate): try Self.check(bitRate, .opus, "Opus")
        }
    }

    private static func check(_ bitRate: Int, _ kind: ExportFormat.Kind, _ name: String) throws(MediaError) {
        guard let range = ExportFormat.bitRates(of: kind), !range.contains(bitRate) else { return }
        throw .unsupportedOutput(
            reason: "The bit rate of \(name) is \(range.lowerBound) to \(range.upperBound) bits a second.")
    }
}
