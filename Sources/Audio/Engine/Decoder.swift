import CLibAV
import Glibc

/// Decodes packets to frames and counts what fails. Used from one thread.
final class Decoder {
    /// Packets or frames that could not be decoded.
    private(set) var failures = 0
    private(set) var frames = 0
    /// Bytes of all packets, to say the true bit rate.
    private(set) var packetBytes: Int64 = 0
    /// The codec as libav names it, such as `pcm_s16le`.
    let codecName: String
    private let codec: AVCodecID

    private var context: UnsafeMutablePointer<AVCodecContext>?
    private let frame: UnsafeMutablePointer<AVFrame>

    /// - Throws: `unsupportedFormat` where no allowed decoder exists, `damaged` where its parameters make no sense.
    init(stream: UnsafeMutablePointer<AVStream>, container: String) throws(MediaError) {
        let parameters: UnsafeMutablePointer<AVCodecParameters> = stream.pointee.codecpar
        codec = parameters.pointee.codec_id
        codecName = String(cString: avcodec_get_name(parameters.pointee.codec_id))
        guard let decoder = avcodec_find_decoder(codec),
            Demuxer.codecs.contains(String(cString: decoder.pointee.name))
        else { throw .unsupportedFormat(name: codecName) }
        guard let frame = av_frame_alloc() else { throw .outOfMemory }
        self.frame = frame
        guard let context = avcodec_alloc_context3(decoder) else { throw .outOfMemory }
        self.context = context
        guard avcodec_parameters_to_context(context, parameters) >= 0 else { throw .damaged(container: container) }
        // The decoder trims the start and the end that the container marks as padding only when it knows the clock.
        context.pointee.pkt_timebase = stream.pointee.time_base
        context.pointee.thread_count = 1
        context.pointee.codec_whitelist = av_strdup(Demuxer.codecs.joined(separator: ","))
        context.pointee.max_samples = 1 << 22
        let result = avcodec_open2(context, decoder, nil)
        if result == vn_averror_enomem() { throw .outOfMemory }
        guard result >= 0 else { throw .damaged(container: container) }
    }

    deinit {
        avcodec_free_context(&context)
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
    }

    /// Decodes one packet, or what is left inside the decoder for `nil`. The frame is valid during the call only.
    func decode(
        _ packet: UnsafeMutablePointer<AVPacket>?,
        _ body: (UnsafeMutablePointer<AVFrame>) throws(MediaError) -> Void
    ) throws(MediaError) {
        guard let packet else { return try decodeWhole(nil, body) }
        packetBytes += Int64(packet.pointee.size)
        let isWide = codec == AV_CODEC_ID_AMR_WB
        guard isWide || codec == AV_CODEC_ID_AMR_NB, let start = packet.pointee.data else {
            return try decodeWhole(packet, body)
        }
        let size = packet.pointee.size
        defer {
            packet.pointee.data = start
            packet.pointee.size = size
        }
        for part in AMRFrames(UnsafeBufferPointer(start: start, count: Int(size)), isWide: isWide) {
            guard part.isSpeech else {
                try pause(samples: isWide ? 320 : 160, body)
                continue
            }
            packet.pointee.data = start + part.offset
            packet.pointee.size = Int32(part.size)
            try decodeWhole(packet, body)
        }
    }

    /// Forgets what came before, to go on with a packet from another place of the recording.
    func restart() {
        avcodec_flush_buffers(context)
    }

    private func decodeWhole(
        _ packet: UnsafeMutablePointer<AVPacket>?,
        _ body: (UnsafeMutablePointer<AVFrame>) throws(MediaError) -> Void
    ) throws(MediaError) {
        let sent = avcodec_send_packet(context, packet)
        if sent == vn_averror_enomem() { throw .outOfMemory }
        if sent < 0, sent != vn_averror_eof() {
            // What is left of a packet that the end of the file cut off is not damage.
            if packet.map({ $0.pointee.flags & AV_PKT_FLAG_CORRUPT == 0 }) ?? true { failures += 1 }
            return
        }
        while true {
            let result = avcodec_receive_frame(context, frame)
            if result == vn_averror_eagain() || result == vn_averror_eof() { return }
            if result == vn_averror_enomem() { throw .outOfMemory }
            guard result >= 0 else {
                if packet.map({ $0.pointee.flags & AV_PKT_FLAG_CORRUPT == 0 }) ?? true { failures += 1 }
                return
            }
            defer { av_frame_unref(frame) }
            guard frame.pointee.nb_samples > 0, frame.pointee.ch_layout.nb_channels > 0, frame.pointee.sample_rate > 0
            else { continue }
            frames += 1
            try body(frame)
        }
    }

    /// Hands on a frame of silence, at 50 frames a second.
    private func pause(
        samples: Int32, _ body: (UnsafeMutablePointer<AVFrame>) throws(MediaError) -> Void
    ) throws(MediaError) {
        frame.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
        frame.pointee.sample_rate = samples * 50
        frame.pointee.nb_samples = samples
        av_channel_layout_default(&frame.pointee.ch_layout, 1)
        guard av_frame_get_buffer(frame, 0) >= 0 else { throw .outOfMemory }
        defer { av_frame_unref(frame) }
        av_samples_set_silence(frame.pointee.extended_data, 0, samples, 1, AV_SAMPLE_FMT_FLTP)
        frames += 1
        try body(frame)
    }

    /// Bits of one sample in the file, `nil` for lossy codecs.
    static func bitDepth(of parameters: UnsafePointer<AVCodecParameters>) -> Int? {
        let codec = parameters.pointee.codec_id
        if let descriptor = avcodec_descriptor_get(codec), descriptor.pointee.props & AV_CODEC_PROP_LOSSLESS == 0 {
            // μ-law and A-law lose something, but do keep samples of a fixed size.
            let exact = av_get_exact_bits_per_sample(codec)
            return exact > 0 ? Int(exact) : nil
        }
        let exact = av_get_exact_bits_per_sample(codec)
        if exact > 0 { return Int(exact) }
        let raw = parameters.pointee.bits_per_raw_sample
        let coded = parameters.pointee.bits_per_coded_sample
        return raw > 0 ? Int(raw) : coded > 0 ? Int(coded) : nil
    }
}
