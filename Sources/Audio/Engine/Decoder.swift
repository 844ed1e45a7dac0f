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

    private var context: UnsafeMutablePointer<AVCodecContext>?
    private let frame: UnsafeMutablePointer<AVFrame>

    /// - Throws: `unsupportedFormat` where no allowed decoder exists, `damaged` where its parameters make no sense.
    init(stream: UnsafeMutablePointer<AVStream>, container: String) throws(MediaError) {
        let parameters: UnsafeMutablePointer<AVCodecParameters> = stream.pointee.codecpar
        codecName = String(cString: avcodec_get_name(parameters.pointee.codec_id))
        guard let codec = avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw .unsupportedFormat(name: codecName)
        }
        guard Demuxer.codecs.contains(String(cString: codec.pointee.name)) else {
            throw .unsupportedFormat(name: codecName)
        }
        guard let frame = av_frame_alloc() else { throw .outOfMemory }
        self.frame = frame
        guard let context = avcodec_alloc_context3(codec) else { throw .outOfMemory }
        self.context = context
        guard avcodec_parameters_to_context(context, parameters) >= 0 else { throw .damaged(container: container) }
        // The decoder trims the start and the end that the container marks as padding only when it knows the clock.
        context.pointee.pkt_timebase = stream.pointee.time_base
        context.pointee.thread_count = 1
        context.pointee.codec_whitelist = av_strdup(Demuxer.codecs.joined(separator: ","))
        context.pointee.max_samples = 1 << 22
        let result = avcodec_open2(context, codec, nil)
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
        if let packet { packetBytes += Int64(packet.pointee.size) }
        let sent = avcodec_send_packet(context, packet)
        if sent == vn_averror_enomem() { throw .outOfMemory }
        if sent < 0, sent != vn_averror_eof() {
            failures += 1
            return
        }
        while true {
            let result = avcodec_receive_frame(context, frame)
            if result == vn_averror_eagain() || result == vn_averror_eof() { return }
            if result == vn_averror_enomem() { throw .outOfMemory }
            guard result >= 0 else {
                failures += 1
                return
            }
            defer { av_frame_unref(frame) }
            guard frame.pointee.nb_samples > 0, frame.pointee.ch_layout.nb_channels > 0, frame.pointee.sample_rate > 0
            else { continue }
            frames += 1
            try body(frame)
        }
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
