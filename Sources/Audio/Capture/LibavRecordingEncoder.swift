import CLibAV
import Glibc

/// Writes FLAC, and Opus in Ogg. Used from one thread.
///
/// Nothing is written twice, so that whatever reached the file can be sent elsewhere at once. An Ogg page holds 0.2 s
/// at most; ``flush()`` ends the page that is begun.
final class LibavRecordingEncoder: RecordingEncoder {
    private static let bufferBytes: Int32 = 32 * 1_024
    /// Where the STREAMINFO block stands in a FLAC file, behind the name and the block's own head.
    private static let streamInfoOffset: Int64 = 8
    private static let streamInfoBytes = 34

    private let format: RecordingFormat
    private let output: OutputFile
    private let shape: AudioShape
    private let sampleFormat: AVSampleFormat
    private var frameSamples = 0
    private var encoder: UnsafeMutablePointer<AVCodecContext>?
    private var muxer: UnsafeMutablePointer<AVFormatContext>?
    private var io: UnsafeMutablePointer<AVIOContext>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    /// Samples of one channel in the frame.
    private var filled = 0
    private var position: Int64 = 0

    init(_ format: RecordingFormat, output: OutputFile) throws(MediaError) {
        self.format = format
        self.output = output
        shape = AudioShape(rate: Int32(format.rate), channels: Int32(format.channels))
        sampleFormat = format.bits > 16 ? AV_SAMPLE_FMT_S32 : AV_SAMPLE_FMT_S16
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

    func encode(_ samples: ArraySlice<Int32>) throws(MediaError) {
        guard let frame else { return }
        var rest = samples
        while !rest.isEmpty {
            // The encoder may still hold the frame before.
            if filled == 0 { try check(av_frame_make_writable(frame), "frame") }
            let part = rest.prefix((frameSamples - filled) * format.channels)
            fill(frame, with: part)
            rest = rest.dropFirst(part.count)
            if filled == frameSamples { try submit() }
        }
    }

    func flush() throws(MediaError) {
        // Without a packet, a muxer that holds something back writes it; FLAC's holds nothing.
        try check(av_write_frame(muxer, nil), "muxer")
        avio_flush(io)
        try output.check()
    }

    func finish() throws(MediaError) {
        if filled > 0 { try submit() }
        try check(avcodec_send_frame(encoder, nil), "encoder")
        try writePackets()
        try check(av_write_trailer(muxer), "muxer")
        avio_flush(io)
        try output.check()
    }

    func mendHead() throws(MediaError) {
        // At its end the encoder knows the number of samples and their MD5; Opus has no such head.
        guard format.codec == .flac, let encoder, let info = encoder.pointee.extradata,
            encoder.pointee.extradata_size == Int32(Self.streamInfoBytes)
        else { return }
        let bytes = [UInt8](UnsafeBufferPointer(start: info, count: Self.streamInfoBytes))
        try output.overwrite(bytes, at: Self.streamInfoOffset)
    }

    private func fill(_ frame: UnsafeMutablePointer<AVFrame>, with samples: ArraySlice<Int32>) {
        guard let data = frame.pointee.data.0 else { return }
        let start = filled * format.channels
        let room = UnsafeMutableRawPointer(data)
        if sampleFormat == AV_SAMPLE_FMT_S32 {
            for (index, sample) in samples.enumerated() {
                room.storeBytes(of: sample, toByteOffset: (start + index) * 4, as: Int32.self)
            }
        } else {
            for (index, sample) in samples.enumerated() {
                room.storeBytes(
                    of: Int16(truncatingIfNeeded: sample >> 16), toByteOffset: (start + index) * 2, as: Int16.self)
            }
        }
        filled += samples.count / format.channels
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
        let name = format.codec == .opus ? "libopus" : "flac"
        guard let codec = avcodec_find_encoder_by_name(name) else {
            throw .internalFailure(stage: "FFmpeg without \(name)")
        }
        guard let encoder = avcodec_alloc_context3(codec) else { throw .outOfMemory }
        self.encoder = encoder
        var layout = shape.layout
        try check(av_channel_layout_copy(&encoder.pointee.ch_layout, &layout), "encoder")
        encoder.pointee.sample_rate = shape.rate
        encoder.pointee.sample_fmt = sampleFormat
        encoder.pointee.time_base = AVRational(num: 1, den: shape.rate)
        encoder.pointee.thread_count = 1
        encoder.pointee.flags |= AV_CODEC_FLAG_BITEXACT
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        if format.codec == .opus {
            let bitRate = format.bitRate ?? 32_000
            encoder.pointee.bit_rate = Int64(bitRate)
            let application = format.channels == 1 && bitRate <= 48_000 ? "voip" : "audio"
            av_dict_set(&settings, "application", application, 0)
            av_dict_set(&settings, "frame_duration", "20", 0)
        } else {
            encoder.pointee.bits_per_raw_sample = Int32(format.bits)
            encoder.pointee.compression_level = 5
        }
        try check(avcodec_open2(encoder, codec, &settings), "encoder")
        frameSamples = Int(encoder.pointee.frame_size)
        guard frameSamples > 0 else { throw .internalFailure(stage: "encoder") }
    }

    private func openMuxer() throws(MediaError) {
        let container = format.codec == .opus ? "ogg" : "flac"
        try check(avformat_alloc_output_context2(&muxer, nil, container, nil), "muxer")
        io = vn_avio_writer(Self.bufferBytes, Unmanaged.passUnretained(output).toOpaque()) { opaque, bytes, count in
            guard let opaque, let bytes else { return vn_averror(EINVAL) }
            let file = Unmanaged<OutputFile>.fromOpaque(opaque).takeUnretainedValue()
            let buffer = UnsafeRawBufferPointer(start: bytes, count: Int(count))
            return file.append(buffer) ? count : vn_averror(file.writeErrno)
        }
        guard let muxer, let io, let encoder else { throw .outOfMemory }
        muxer.pointee.pb = io
        muxer.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT
        // FLAC would keep eight kilobytes free for tags.
        muxer.pointee.metadata_header_padding = 0
        guard let stream = avformat_new_stream(muxer, nil) else { throw .outOfMemory }
        try check(avcodec_parameters_from_context(stream.pointee.codecpar, encoder), "muxer")
        stream.pointee.time_base = encoder.pointee.time_base
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        if format.codec == .opus { av_dict_set(&settings, "page_duration", "200000", 0) }
        try check(avformat_write_header(muxer, &settings), "muxer")
        avio_flush(io)
        try output.check()
    }

    private func makeFrame() throws(MediaError) {
        guard let frame = av_frame_alloc(), let packet = av_packet_alloc() else { throw .outOfMemory }
        self.frame = frame
        self.packet = packet
        frame.pointee.format = sampleFormat.rawValue
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
