import CLibAV
import Glibc

/// Encodes samples into a file: the same bytes for the same samples. Used from one thread.
///
/// No serial number, date or version of chance gets into the file, so that equal input is one blob.
final class AudioEncoder {
    private static let bufferBytes: Int32 = 32 * 1_024
    /// What a frame holds where the encoder does not care.
    private static let anyFrameSamples = 4_096

    private let plan: EncoderPlan
    private let output: SeekableOutput
    private let channels: Int
    private let bytesPerSample: Int
    private var frameSamples = 0
    private var encoder: UnsafeMutablePointer<AVCodecContext>?
    private var muxer: UnsafeMutablePointer<AVFormatContext>?
    private var io: UnsafeMutablePointer<AVIOContext>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var filled = 0
    private var position: Int64 = 0

    init(_ plan: EncoderPlan, output: SeekableOutput) throws(MediaError) {
        self.plan = plan
        self.output = output
        channels = Int(plan.shape.channels)
        bytesPerSample = Int(av_get_bytes_per_sample(plan.format)) * Int(plan.shape.channels)
        try openEncoder()
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

    /// Encodes interleaved samples of the plan's format; `count` is of one channel.
    func append(_ samples: UnsafeRawPointer, count: Int) throws(MediaError) {
        guard let frame else { return }
        var taken = 0
        while taken < count {
            if filled == 0 { try check(av_frame_make_writable(frame), "frame") }
            let part = min(count - taken, frameSamples - filled)
            place(samples + taken * bytesPerSample, part, in: frame)
            filled += part
            taken += part
            if filled == frameSamples { try submit() }
        }
    }

    /// Encodes what is left and ends the file.
    func finish() throws(MediaError) {
        if filled > 0 { try submit() }
        try check(avcodec_send_frame(encoder, nil), "encoder")
        try writePackets()
        try check(av_write_trailer(muxer), "muxer")
        avio_flush(io)
        try output.check()
    }

    private func place(_ samples: UnsafeRawPointer, _ count: Int, in frame: UnsafeMutablePointer<AVFrame>) {
        guard plan.isPlanar, channels == 2 else {
            // One channel in a plane is one channel interleaved.
            if let room = frame.pointee.data.0 {
                memcpy(room + filled * bytesPerSample, samples, count * bytesPerSample)
            }
            return
        }
        guard let left = frame.pointee.data.0, let right = frame.pointee.data.1 else { return }
        let source = samples.assumingMemoryBound(to: Float.self)
        let leftPlane = UnsafeMutableRawPointer(left).assumingMemoryBound(to: Float.self) + filled
        let rightPlane = UnsafeMutableRawPointer(right).assumingMemoryBound(to: Float.self) + filled
        var index = 0
        while index < count {
            leftPlane[index] = source[index &* 2]
            rightPlane[index] = source[index &* 2 &+ 1]
            index &+= 1
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

    private func openEncoder() throws(MediaError) {
        guard let codec = avcodec_find_encoder_by_name(plan.encoder) else {
            throw .internalFailure(stage: "FFmpeg without \(plan.encoder)")
        }
        guard let encoder = avcodec_alloc_context3(codec) else { throw .outOfMemory }
        self.encoder = encoder
        var layout = plan.shape.layout
        try check(av_channel_layout_copy(&encoder.pointee.ch_layout, &layout), "encoder")
        encoder.pointee.sample_rate = plan.shape.rate
        encoder.pointee.sample_fmt = plan.isPlanar ? av_get_planar_sample_fmt(plan.format) : plan.format
        encoder.pointee.time_base = AVRational(num: 1, den: plan.shape.rate)
        encoder.pointee.thread_count = 1
        encoder.pointee.flags |= AV_CODEC_FLAG_BITEXACT
        if let bitRate = plan.bitRate { encoder.pointee.bit_rate = bitRate }
        if let compression = plan.compression { encoder.pointee.compression_level = compression }
        if let bits = plan.bitsPerSample { encoder.pointee.bits_per_raw_sample = bits }
        if let quality = plan.quality {
            encoder.pointee.flags |= AV_CODEC_FLAG_QSCALE
            encoder.pointee.global_quality = quality * Int32(FF_QP2LAMBDA)
        }
        if let container = av_guess_format(plan.container, nil, nil),
            container.pointee.flags & AVFMT_GLOBALHEADER != 0
        {
            encoder.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        }
        var settings = Self.dictionary(plan.encoderSettings)
        defer { av_dict_free(&settings) }
        try check(avcodec_open2(encoder, codec, &settings), "encoder")
        let size = Int(encoder.pointee.frame_size)
        frameSamples = size > 0 ? size : Self.anyFrameSamples
    }

    private func openMuxer() throws(MediaError) {
        try check(avformat_alloc_output_context2(&muxer, nil, plan.container, nil), "muxer")
        io = output.makeContext(bufferBytes: Self.bufferBytes)
        guard let muxer, let io, let encoder else { throw .outOfMemory }
        muxer.pointee.pb = io
        muxer.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT
        for (name, value) in plan.tags { av_dict_set(&muxer.pointee.metadata, name, value, 0) }
        guard let stream = avformat_new_stream(muxer, nil) else { throw .outOfMemory }
        try check(avcodec_parameters_from_context(stream.pointee.codecpar, encoder), "muxer")
        stream.pointee.time_base = encoder.pointee.time_base
        var settings = Self.dictionary(plan.containerSettings)
        defer { av_dict_free(&settings) }
        try check(avformat_write_header(muxer, &settings), "muxer")
    }

    private func makeFrame() throws(MediaError) {
        guard let encoder, let frame = av_frame_alloc(), let packet = av_packet_alloc() else { throw .outOfMemory }
        self.frame = frame
        self.packet = packet
        frame.pointee.format = encoder.pointee.sample_fmt.rawValue
        frame.pointee.sample_rate = plan.shape.rate
        frame.pointee.nb_samples = Int32(frameSamples)
        var layout = plan.shape.layout
        try check(av_channel_layout_copy(&frame.pointee.ch_layout, &layout), "frame")
        try check(av_frame_get_buffer(frame, 0), "frame")
    }

    private static func dictionary(_ settings: [String: String]) -> OpaquePointer? {
        var dictionary: OpaquePointer?
        for (name, value) in settings { av_dict_set(&dictionary, name, value, 0) }
        return dictionary
    }

    private func check(_ result: Int32, _ stage: String) throws(MediaError) {
        if result == vn_averror_enomem() { throw .outOfMemory }
        guard result < 0 else { return }
        try output.check()
        throw .internalFailure(stage: stage)
    }
}
