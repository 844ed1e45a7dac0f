import CLibAV

extension EncoderPlan {
    /// How the format is encoded by libav; nil for WAV, which needs no encoder.
    static func render(
        _ format: RenderFormat, rate: Int, channels: Int, metadata: RenderMetadata, options: MediaOptions
    ) -> EncoderPlan? {
        let shape = AudioShape(
            rate: Int32(clamping: format.sampleRate(for: rate)), channels: Int32(clamping: channels))
        var plan: EncoderPlan
        switch format {
        case .wav: return nil
        case .flac(let sample): plan = flac(shape, sample)
        case .mp3(let mp3Rate): plan = mp3(shape, mp3Rate)
        case .m4a(let bitRate):
            // The brand and the tags of an M4A; the index stands at the end.
            plan = EncoderPlan(
                encoder: "aac", container: "ipod", shape: shape, format: AV_SAMPLE_FMT_FLT, isPlanar: true,
                bitRate: Int64(bitRate))
        case .opus(let bitRate):
            // The encoder refuses more.
            let possible = min(bitRate, 256_000 * channels)
            plan = opus(shape, AV_SAMPLE_FMT_FLT, bitRate: Int64(possible), options)
        }
        plan.tags = metadata.tags
        return plan
    }

    private static func flac(_ shape: AudioShape, _ sample: RenderFormat.FLACSample) -> EncoderPlan {
        switch sample {
        case .int16:
            EncoderPlan(
                encoder: "flac", container: "flac", shape: shape, format: AV_SAMPLE_FMT_S16, compression: 5)
        case .int24:
            EncoderPlan(
                encoder: "flac", container: "flac", shape: shape, format: AV_SAMPLE_FMT_S32, compression: 5,
                bitsPerSample: 24)
        }
    }

    private static func mp3(_ shape: AudioShape, _ rate: RenderFormat.MP3Rate) -> EncoderPlan {
        switch rate {
        case .variable(let quality):
            EncoderPlan(
                encoder: "libmp3lame", container: "mp3", shape: shape, format: AV_SAMPLE_FMT_FLT, isPlanar: true,
                quality: Int32(clamping: quality))
        case .constant(let bitRate):
            EncoderPlan(
                encoder: "libmp3lame", container: "mp3", shape: shape, format: AV_SAMPLE_FMT_FLT, isPlanar: true,
                bitRate: Int64(bitRate))
        }
    }
}
