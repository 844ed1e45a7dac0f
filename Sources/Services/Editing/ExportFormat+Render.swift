import Audio
import Core

extension ExportFormat {
    /// What the engine is asked for. What was not chosen follows from the recording: enough bits for its samples, and a
    /// bit rate at which speech and most music sound as they did.
    func rendered(sourceBits: Int?, channels: Int) -> RenderFormat {
        let isDeep = (sourceBits ?? 16) > 16
        switch kind {
        case .wav:
            switch bits ?? (isDeep ? 24 : 16) {
            case 16: return .wav(.int16)
            case 24: return .wav(.int24)
            default: return .wav(.int32)
            }
        case .flac: return .flac((bits ?? (isDeep ? 24 : 16)) == 16 ? .int16 : .int24)
        case .mp3:
            if let bitRate { return .mp3(.constant(bitRate: bitRate)) }
            return .mp3(.variable(quality: quality ?? 2))
        case .m4a: return .m4a(bitRate: bitRate ?? (channels == 1 ? 96_000 : 160_000))
        case .opus: return .opus(bitRate: bitRate ?? (channels == 1 ? 48_000 : 96_000))
        }
    }

    /// The media type of the file.
    var mimeType: String { rendered(sourceBits: nil, channels: 1).mimeType }

    /// The most bytes that the file is likely to have.
    func estimatedBytes(of list: EditList, channels: Int) -> Int64 {
        let samples = list.length * Int64(max(1, channels))
        let seconds = list.length / Int64(list.sampleRate) + 1
        switch kind {
        case .wav, .flac: return samples * Int64((bits ?? 24) / 8)
        case .mp3, .m4a, .opus: return seconds * Int64(bitRate ?? 320_000) / 8
        }
    }
}

extension Export.Result {
    init(_ result: RenderResult) {
        self.init(
            durationMs: result.durationMs, sampleRate: result.sampleRate, channels: result.channels,
            loudness: result.normalization.map(LoudnessChange.init))
    }
}

extension LoudnessChange {
    init(_ normalization: Normalization) {
        let outcome: Outcome
        var missing = 0.0
        switch normalization.outcome {
        case .reached: outcome = .reached
        case .heldBackBy(let decibels): (outcome, missing) = (.heldBack, decibels)
        case .notMeasurable: outcome = .notMeasurable
        }
        self.init(
            outcome: outcome, measuredLUFS: normalization.measured.integratedLUFS, gain: normalization.decibels,
            missing: missing)
    }
}
