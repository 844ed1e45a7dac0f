import Audio
import Core

/// The file that an edit is exported to, and its format: what the ending of its name says.
struct ExportTarget: Hashable, Sendable {
    let path: String
    let format: ExportFormat.Kind
    let bits: Int?
    /// Bits a second.
    let bitRate: Int?
    let quality: Int?

    /// - Throws: ``EditTextError`` for an ending that is not known, and for numbers that the format does not have.
    init(_ path: String, bits: Int?, bitRate: String?, quality: Int?) throws(EditTextError) {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        let ending = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
        guard let format = ending == "ogg" ? .opus : ExportFormat.Kind(rawValue: ending) else {
            throw EditTextError("--export \(path): the name ends with .wav, .flac, .mp3, .m4a, .opus or .ogg.")
        }
        self.path = path
        self.format = format
        self.bits = bits
        self.quality = quality
        self.bitRate = try Self.bitRate(bitRate)
        try check()
    }

    private static func bitRate(_ text: String?) throws(EditTextError) -> Int? {
        guard let text else { return nil }
        guard let rate = EditNumber.bitRate(text) else {
            throw EditTextError("--bitrate \(text): write bits a second, such as 64k or 64000.")
        }
        return rate
    }

    private func check() throws(EditTextError) {
        if let bits {
            guard ExportFormat.depths(of: format).contains(bits) else {
                throw EditTextError("--bits is 16, 24 or 32 for WAV, 16 or 24 for FLAC, and nothing for other formats.")
            }
        }
        if let quality {
            guard format == .mp3, bitRate == nil, ExportFormat.qualities.contains(quality) else {
                throw EditTextError("--quality is 0, the best, to 9, for MP3 alone, and instead of --bitrate.")
            }
        }
        if let bitRate {
            guard let possible = ExportFormat.bitRates(of: format) else {
                throw EditTextError("--bitrate is for MP3, M4A and Opus; WAV and FLAC lose nothing.")
            }
            guard possible.contains(bitRate) else {
                throw EditTextError(
                    "--bitrate is \(possible.lowerBound / 1000)k to \(possible.upperBound / 1000)k for this format.")
            }
        }
    }

    /// How the file is rendered here: without numbers from the command line, lossless formats keep the bits of the
    /// recording, and the others get what is enough for speech and music.
    /// - Parameter channels: 1 or 2.
    func renderFormat(of report: AudioReport, channels: Int) -> RenderFormat {
        let depth = bits ?? report.bitDepth ?? 16
        switch format {
        case .wav:
            if depth <= 16 { return .wav(.int16) }
            if depth <= 24 { return .wav(.int24) }
            // What came as floating point may be louder than full scale; integers would cut that off.
            return .wav(report.codec.hasPrefix("pcm_f") ? .float32 : .int32)
        case .flac: return .flac(depth <= 16 ? .int16 : .int24)
        case .mp3:
            return .mp3(bitRate.map { .constant(bitRate: $0) } ?? .variable(quality: quality ?? 2))
        case .m4a: return .m4a(bitRate: bitRate ?? 64_000 * channels)
        case .opus: return .opus(bitRate: bitRate ?? 32_000 * channels)
        }
    }
}
