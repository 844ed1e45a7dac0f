import CLibAV
import Core

/// The consumers of one decoded stream: loudness, peaks, silence, and the encoder. Used from one thread.
///
/// The first frame sets rate and channels; a later change is converted back to them.
final class DecodePass {
    /// The most that an encoder fills its last frame up with: HE-AAC has 2048 samples in one.
    private static let maximumPadding: Int64 = 2_048

    private let options: MediaOptions
    private let shape: AudioShape
    private let firstFormat: Int32
    private let isShort: Bool
    private let toShort: SampleConverter
    private let toFloat: SampleConverter
    private let loudness: LoudnessMeter
    private var silence: SilenceDetector
    private let waveformFile: OutputFile?
    private let peaks: PeakWriter?
    private let listenFile: SeekableOutput?
    private let listen: ListenEncoder?
    private let maximumSamples: Int64
    private var samples: Int64 = 0
    private var formatChanged = false

    init(
        first frame: UnsafeMutablePointer<AVFrame>, listenOutput: Int32?, waveformOutput: Int32?,
        options: MediaOptions
    ) throws(MediaError) {
        self.options = options
        let shape = try AudioShape(of: frame)
        self.shape = shape
        firstFormat = frame.pointee.format
        let packed = av_get_packed_sample_fmt(AVSampleFormat(rawValue: firstFormat))
        isShort = packed == AV_SAMPLE_FMT_S16 || packed == AV_SAMPLE_FMT_U8
        toShort = SampleConverter(to: shape, format: AV_SAMPLE_FMT_S16)
        toFloat = SampleConverter(to: shape, format: AV_SAMPLE_FMT_FLT)
        loudness = LoudnessMeter(shape: shape)
        silence = SilenceDetector(rate: shape.rate, channels: shape.channels, options: options)
        maximumSamples = Int64(options.maximumDurationSeconds) * Int64(shape.rate)
        waveformFile = waveformOutput.map { OutputFile(descriptor: $0) }
        if let waveformFile {
            peaks = try PeakWriter(rate: shape.rate, channels: shape.channels, output: waveformFile)
        } else {
            peaks = nil
        }
        listenFile = listenOutput.map {
            SeekableOutput(descriptor: $0, maximumBytes: ListenEncoder.maximumBytes)
        }
        if let listenFile {
            listen = try ListenEncoder(source: shape, isInteger: isShort, output: listenFile, options: options)
        } else {
            listen = nil
        }
    }

    /// - Parameter end: the length in samples that the frame may not exceed where it is the last, `nil` otherwise.
    func add(_ frame: UnsafeMutablePointer<AVFrame>, end: Int64?) throws(MediaError) {
        if let end {
            let excess = samples + Int64(frame.pointee.nb_samples) - end
            if (1...Self.maximumPadding).contains(excess), excess < Int64(frame.pointee.nb_samples) {
                frame.pointee.nb_samples -= Int32(excess)
            }
        }
        if frame.pointee.format != firstFormat || !shape.matches(frame) { formatChanged = true }
        let (shorts, shortCount) = try toShort.convert(frame)
        if isShort {
            try analyse(shorts, shortCount, floats: nil, 0)
        } else {
            let (floats, floatCount) = try toFloat.convert(frame)
            try analyse(shorts, shortCount, floats: floats, floatCount)
        }
        guard samples <= maximumSamples else { throw .tooLong(limitSeconds: options.maximumDurationSeconds) }
        try listen?.encode(frame)
    }

    /// Ends the outputs and says what was found.
    func finish(
        demuxer: Demuxer, decoder: Decoder, stream: UnsafeMutablePointer<AVStream>
    ) throws(MediaError) -> AudioReport {
        let (shorts, shortCount) = try toShort.finish()
        let (floats, floatCount) = isShort ? (nil, 0) : try toFloat.finish()
        try analyse(shorts, shortCount, floats: floats, floatCount)
        silence.finish()
        try peaks?.finish()
        try listen?.finish()
        let rate = Int64(shape.rate)
        let bitRate =
            samples > 0 ? Int64((Double(decoder.packetBytes) * 8 * Double(rate) / Double(samples)).rounded()) : 0
        let bitDepth = Decoder.bitDepth(of: stream.pointee.codecpar)
        return AudioReport(
            container: demuxer.container, codec: decoder.codecName, mimeType: mimeType(demuxer, decoder),
            durationMs: (samples * 1_000 + rate / 2) / rate, totalSamples: samples, channels: Int(shape.channels),
            sampleRate: Int(rate), bitDepth: bitDepth, bitRate: bitRate,
            quality: QualityRating(
                sampleRate: Int(rate), bitDepth: bitDepth, bitRate: bitRate, channels: Int(shape.channels)),
            loudness: loudness.result(), silence: silence.map, warnings: warnings(demuxer, decoder),
            listenBytes: listenFile?.size, waveformBytes: waveformFile?.byteCount)
    }

    private func analyse(
        _ shorts: UnsafeRawPointer?, _ shortCount: Int, floats: UnsafeRawPointer?, _ floatCount: Int
    ) throws(MediaError) {
        if let shorts, shortCount > 0 {
            let values = shorts.assumingMemoryBound(to: Int16.self)
            samples += Int64(shortCount)
            if isShort { loudness.add(values, count: shortCount) }
            silence.add(values, count: shortCount)
            try peaks?.add(values, count: shortCount)
        }
        if let floats, floatCount > 0 {
            loudness.add(floats.assumingMemoryBound(to: Float.self), count: floatCount)
        }
    }

    private func warnings(_ demuxer: Demuxer, _ decoder: Decoder) -> [AudioReport.Warning] {
        var warnings: [AudioReport.Warning] = []
        // Encoders' padding makes a stated length off by some frames; a quarter of a second missing is no padding.
        let stated = demuxer.statedSamples(rate: Int(shape.rate)) ?? 0
        let isShorter = stated - samples > max(Int64(shape.rate) / 4, stated / 500)
        if demuxer.endedEarly || isShorter { warnings.append(.truncated) }
        if decoder.failures > 0 { warnings.append(.damaged) }
        if formatChanged { warnings.append(.formatChanged) }
        return warnings
    }

    private func mimeType(_ demuxer: Demuxer, _ decoder: Decoder) -> String {
        let kind = demuxer.hasVideo ? "video" : "audio"
        return switch demuxer.container {
        case "wav": "audio/wav"
        case "mp3": "audio/mpeg"
        case "mp4": "\(kind)/mp4"
        case "3gp": "\(kind)/3gpp"
        case "mov": demuxer.hasVideo ? "video/quicktime" : "audio/mp4"
        case "aac": "audio/aac"
        case "ogg": "\(kind)/ogg"
        case "flac": "audio/flac"
        case "webm": "\(kind)/webm"
        case "matroska": "\(kind)/matroska"
        case "amr": decoder.codecName == "amr_wb" ? "audio/amr-wb" : "audio/amr"
        case "aiff": "audio/aiff"
        case "au": "audio/basic"
        case "caf": "audio/x-caf"
        default: "application/octet-stream"
        }
    }
}
