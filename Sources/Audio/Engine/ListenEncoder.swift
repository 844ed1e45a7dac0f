import CLibAV
import Glibc

/// Makes the `listen` rendition: Opus in Ogg, seekable, the same bytes for the same input. Used from one thread.
///
/// Opus works at 8, 12, 16, 24 and 48 kHz. A source at one of these rates is encoded as it is, others at the next
/// higher rate. Two channels and more become stereo. A page holds one second, which is what a player can seek to
/// without reading on. Nothing of the source's tags is copied.
final class ListenEncoder {
    private static let rates: [Int32] = [8_000, 12_000, 16_000, 24_000, 48_000]
    private static let bufferBytes: Int32 = 32 * 1_024

    private let output: OutputFile
    private let shape: AudioShape
    private let format: AVSampleFormat
    private let converter: SampleConverter
    private let frameSamples: Int
    private let bytesPerSample: Int
    private var encoder: UnsafeMutablePointer<AVCodecContext>?
    private var muxer: UnsafeMutablePointer<AVFormatContext>?
    private var io: UnsafeMutablePointer<AVIOContext>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var filled = 0
    private var position: Int64 = 0

    init(
        source: AudioShape, isInteger: Bool, output: OutputFile, options: MediaOptions
    ) throws(MediaError) {
        self.output = output
        let rate = Self.rates.first { $0 >= source.rate } ?? 48_000
        shape = AudioShape(rate: rate, channels: min(2, source.channels))
        // Samples of 16 bit need no way through floating point; the encoder does that itself.
        format = isInteger ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_FLT
        converter = SampleConverter(to: shape, format: format)
        bytesPerSample = Int(av_get_bytes_per_sample(format)) * Int(shape.channels)
        frameSamples = Int(rate) / 50
        try openEncoder(options)
        try openMuxer()
        try makeFrame()
    }

    deinit {
        avcodec_free_context(&encoder)
        avformat_free_context(muxer)
        vn_avio_free(io)
        av_frame_free(&frame)
        av_packet_free(&packet)
    }

    /// Encodes a decoded frame.
    func encode(_ decoded: UnsafeMutablePointer<AVFrame>) throws(MediaError) {
        let (samples, count) = try converter.convert(decoded)
        try append(samples, count)
    }

    /// Encodes what is left and ends the file.
    func finish() throws(MediaError) {
        let (samples, count) = try converter.finish()
        try append(samples, count)
        if filled > 0 { try submit() }
        try check(avcodec_send_frame(encoder, nil), "encoder")
        try writePackets()
        try check(av_write_trailer(muxer), "muxer")
        avio_flush(io)
        try output.check()
    }

    private func append(_ samples: UnsafeRawPointer?, _ count: Int) throws(MediaError) {
        guard let samples, let frame else { return }
        var taken = 0
        while taken < count {
            if filled == 0 { try check(av_frame_make_writable(frame), "frame") }
            let part = min(count - taken, frameSamples - filled)
            if let room = frame.pointee.data.0 {
                memcpy(room + filled * bytesPerSample, samples + taken * bytesPerSample, part * bytesPerSample)
            }
            filled += part
            taken += part
            if filled == frameSamples { try submit() }
        }
    }

    private func submit() throws(MediaError) {
        frame?.pointee.nb_samples = Int32(filled)
        frame?.pointee.pts = position
        position += Int64(filled)
        filled = 0
        try check(avcodec_send_frame(encoder, frame), "encoder")
        frame?.pointee.nb_samples = Int32(frameSamples)
        try writePackets()
    }

    private func writePackets() throws(MediaError) {
        guard let packet, let encoder, let muxer else { return }
        while true {
            let result = avcodec_receive_packet(encoder, packet)
            if result == vn_averror_eagain() || result == vn_averror_eof() { return }
            try check(result, "encoder")
            packet.pointee.stream_index = 0
            av_packet_rescale_ts(packet, encoder.pointee.time_base, vn_stream(muxer, 0).pointee.time_base)
            let written = av_write_frame(muxer, packet)
            av_packet_unref(packet)
            try output.check()
            try check(written, "muxer")
        }
    }

    private func openEncoder(_ options: MediaOptions) throws(MediaError) {
        guard let codec = avcodec_find_encoder_by_name("libopus") else {
            throw .internalFailure(stage: "FFmpeg without libopus")
        }
        guard let encoder = avcodec_alloc_context3(codec) else { throw .outOfMemory }
        self.encoder = encoder
        var layout = shape.layout
        try check(av_channel_layout_copy(&encoder.pointee.ch_layout, &layout), "encoder")
        encoder.pointee.sample_rate = shape.rate
        encoder.pointee.sample_fmt = format
        encoder.pointee.time_base = AVRational(num: 1, den: shape.rate)
        encoder.pointee.bit_rate =
            Int64(shape.channels == 1 ? options.listenMonoBitRate : options.listenStereoBitRate)
        encoder.pointee.compression_level = Int32(max(0, min(10, options.opusComplexity)))
        encoder.pointee.thread_count = 1
        encoder.pointee.flags |= AV_CODEC_FLAG_BITEXACT
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        av_dict_set(&settings, "application", options.opusApplication.rawValue, 0)
        av_dict_set(&settings, "frame_duration", "20", 0)
        try check(avcodec_open2(encoder, codec, &settings), "encoder")
    }

    private func openMuxer() throws(MediaError) {
        try check(avformat_alloc_output_context2(&muxer, nil, "ogg", nil), "muxer")
        io = vn_avio_writer(Self.bufferBytes, Unmanaged.passUnretained(output).toOpaque()) { opaque, bytes, count in
            guard let opaque, let bytes else { return vn_averror(EINVAL) }
            let file = Unmanaged<OutputFile>.fromOpaque(opaque).takeUnretainedValue()
            let buffer = UnsafeRawBufferPointer(start: bytes, count: Int(count))
            return file.append(buffer) ? count : vn_averror(file.writeErrno)
        }
        guard let muxer, let io, let encoder else { throw .outOfMemory }
        muxer.pointee.pb = io
        // A fixed serial number and no version in the file: equal input gives equal bytes, and one blob.
        muxer.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT
        guard let stream = avformat_new_stream(muxer, nil) else { throw .outOfMemory }
        try check(avcodec_parameters_from_context(stream.pointee.codecpar, encoder), "muxer")
        stream.pointee.time_base = encoder.pointee.time_base
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        av_dict_set(&settings, "page_duration", "1000000", 0)
        try check(avformat_write_header(muxer, &settings), "muxer")
    }

    private func makeFrame() throws(MediaError) {
        guard let frame = av_frame_alloc(), let packet = av_packet_alloc() else { throw .outOfMemory }
        self.frame = frame
        self.packet = packet
        frame.pointee.format = format.rawValue
        frame.pointee.sample_rate = shape.rate
        frame.pointee.nb_samples = Int32(frameSamples)
        var layout = shape.layout
        try check(av_channel_layout_copy(&frame.pointee.ch_layout, &layout), "frame")
        try check(av_frame_get_buffer(frame, 0), "frame")
    }

    private func check(_ result: Int32, _ stage: String) throws(MediaError) {
        if result == vn_averror_enomem() { throw .outOfMemory }
        guard result < 0 else { return }
        try output.check()
        throw .internalFailure(stage: stage)
    }
}
