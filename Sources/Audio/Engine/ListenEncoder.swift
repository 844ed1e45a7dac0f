import CLibAV

/// Makes the `listen` rendition: Opus in Ogg, seekable, the same bytes for the same input. Used from one thread.
///
/// Opus works at 8, 12, 16, 24 and 48 kHz. A source at one of these rates is encoded as it is, others at the next
/// higher rate. Two channels and more become stereo. A page holds one second, which is what a player can seek to
/// without reading on. Nothing of the source's tags is copied.
final class ListenEncoder {
    /// No rendition of a day of audio comes near.
    static let maximumBytes: Int64 = 1 << 32

    private let converter: SampleConverter
    private let encoder: AudioEncoder

    init(
        source: AudioShape, isInteger: Bool, output: SeekableOutput, options: MediaOptions
    ) throws(MediaError) {
        let rate = EncoderPlan.opusRates.first { $0 >= source.rate } ?? 48_000
        let shape = AudioShape(rate: rate, channels: min(2, source.channels))
        // Samples of 16 bit need no way through floating point; the encoder does that itself.
        let format = isInteger ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_FLT
        let bitRate = shape.channels == 1 ? options.listenMonoBitRate : options.listenStereoBitRate
        converter = SampleConverter(to: shape, format: format)
        encoder = try AudioEncoder(.opus(shape, format, bitRate: Int64(bitRate), options), output: output)
    }

    /// Encodes a decoded frame.
    func encode(_ decoded: UnsafeMutablePointer<AVFrame>) throws(MediaError) {
        let (samples, count) = try converter.convert(decoded)
        if let samples { try encoder.append(samples, count: count) }
    }

    /// Encodes what is left and ends the file.
    func finish() throws(MediaError) {
        let (samples, count) = try converter.finish()
        if let samples { try encoder.append(samples, count: count) }
        try encoder.finish()
    }
}
