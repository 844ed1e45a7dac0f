import CLibAV
import Glibc

/// Opens the container and hands out the packets of its best audio stream. Used from one thread.
final class Demuxer {
    /// What libav may recognise. Everything else in it stays out of reach of a file's content.
    static let formats = [
        "wav", "w64", "mp3", "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "aac", "ogg", "flac", "matroska", "webm", "amr",
        "aiff", "au", "caf",
    ]
    /// The decoders that may run. `pcm_` stands for the whole family, which has no state to attack.
    static let codecs =
        [
            "mp3", "mp3float", "aac", "opus", "vorbis", "flac", "alac", "amrnb", "amrwb",
        ] + pcmCodecs

    private static let pcmCodecs = [
        "pcm_alaw", "pcm_mulaw", "pcm_u8", "pcm_s8", "pcm_s8_planar", "pcm_s16le", "pcm_s16be", "pcm_s16le_planar",
        "pcm_s16be_planar", "pcm_s24le", "pcm_s24be", "pcm_s24le_planar", "pcm_s32le", "pcm_s32be",
        "pcm_s32le_planar", "pcm_s64le", "pcm_s64be", "pcm_u16le", "pcm_u16be", "pcm_u24le", "pcm_u24be", "pcm_u32le",
        "pcm_u32be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be",
    ]
    private static let probeBytes: Int32 = 1 << 20
    private static let analyzeMicroseconds: Int64 = 5_000_000
    private static let maximumStreams: Int32 = 64
    /// Samples need no packets. libav makes some of 4 KB of them, each of which costs as much as one of this size.
    private static let wavPacketBytes: Int64 = 32 * 1_024
    /// Errors in a row after which the rest of a file is given up.
    private static let maximumReadErrors = 32

    let input: InputFile
    let sniffer: ContentSniffer
    /// In the words of `AudioReport.container`.
    private(set) var container = ""
    private(set) var streamIndex: UInt32 = 0
    private(set) var hasVideo = false
    /// How sure libav was of the container, up to 100.
    private(set) var probeScore: Int32 = 0
    /// Whether reading ended in an error or within a packet rather than at the end of the file.
    private(set) var endedEarly = false
    /// The share of the file that was consumed, 0 to 1, never falling.
    private(set) var progress = 0.0

    /// How many packets of the stream were read; nil once it was sought in.
    private var packets: Int64? = 0
    private var context: UnsafeMutablePointer<AVFormatContext>?

    init(input: InputFile) throws(MediaError) {
        self.input = input
        sniffer = ContentSniffer(head: try input.head(ContentSniffer.byteCount))
    }

    deinit {
        avformat_close_input(&context)
    }

    /// Recognises and opens the file, and chooses the stream.
    func open(limits: MediaOptions) throws(MediaError) {
        if let content = sniffer.foreignContent { throw .notAudio(looksLike: content) }
        if let channels = sniffer.statedChannels, channels > Int64(limits.maximumChannels) {
            throw .tooManyChannels(channels: channels, limit: limits.maximumChannels)
        }
        let format = try probe()
        guard let context = avformat_alloc_context() else { throw .outOfMemory }
        context.pointee.pb = input.context
        context.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        context.pointee.format_whitelist = av_strdup(Self.formats.joined(separator: ","))
        context.pointee.codec_whitelist = av_strdup(Self.codecs.joined(separator: ","))
        context.pointee.probesize = Int64(Self.probeBytes) * 5
        context.pointee.max_analyze_duration = Self.analyzeMicroseconds
        context.pointee.max_streams = Self.maximumStreams
        self.context = context
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        if let format, strcmp(format.pointee.name, "wav") == 0 {
            av_dict_set_int(&settings, "max_size", Self.wavPacketBytes, 0)
            // It would look through the samples for another codec hidden in them, which takes longer than all of the
            // analysis, and whose decoder is not allowed here.
            context.pointee.max_probe_packets = 0
        }
        // Frees the context itself when it fails.
        guard avformat_open_input(&self.context, nil, format, &settings) >= 0, let context = self.context else {
            throw unreadable(container(of: format, in: nil))
        }
        container = container(of: format, in: context)
        discardOthers(context)
        _ = avformat_find_stream_info(context, nil)
        try chooseStream(context)
        for index in 0..<context.pointee.nb_streams where index != streamIndex {
            vn_stream(context, index).pointee.discard = AVDISCARD_ALL
        }
    }

    /// Reads the next packet of the chosen stream; `false` at the end.
    func read(into packet: UnsafeMutablePointer<AVPacket>) throws(MediaError) -> Bool {
        guard let context else { return false }
        var errors = 0
        while true {
            let result = av_read_frame(context, packet)
            if result == vn_averror_eof() { return false }
            if result == vn_averror_enomem() { throw .outOfMemory }
            if result < 0 {
                if input.readErrno != 0 { throw .inputUnreadable(errno: input.readErrno) }
                endedEarly = true
                errors += 1
                if errors >= Self.maximumReadErrors || avio_feof(context.pointee.pb) != 0 { return false }
                continue
            }
            if packet.pointee.stream_index == Int32(streamIndex) {
                let position = packet.pointee.pos
                if position >= 0 {
                    let share = Double(position + Int64(packet.pointee.size)) / Double(input.size)
                    progress = max(progress, min(1, share))
                }
                // In a file without a stated end, the last block of samples is as long as it is.
                if packet.pointee.flags & AV_PKT_FLAG_CORRUPT != 0, !isOpenEnded { endedEarly = true }
                packets? += 1
                return true
            }
            av_packet_unref(packet)
        }
    }

    /// Goes to the last place at or before the time from which decoding can begin, in units of the stream's time base;
    /// answers whether the container knows how.
    func seek(to timestamp: Int64) -> Bool {
        guard let context else { return false }
        packets = nil
        return av_seek_frame(context, Int32(streamIndex), timestamp, AVSEEK_FLAG_BACKWARD) >= 0
    }

    /// The stream's parameters, valid while the demuxer lives and after `open`.
    var stream: UnsafeMutablePointer<AVStream>? {
        context.map { vn_stream($0, streamIndex) }
    }

    /// The length in samples at `rate` that the header states, where it states one itself. A length that libav
    /// estimated from the bit rate, or that a writer left open, is none.
    func statedSamples(rate: Int) -> Int64? {
        guard let context, let stream, context.pointee.duration_estimation_method != AVFMT_DURATION_FROM_BITRATE else {
            return nil
        }
        let duration = stream.pointee.duration
        guard duration != vn_no_pts(), duration > 0 else { return nil }
        // Programs that write WAV into a pipe state the largest size that fits.
        if container == "wav", statedWAVBytesAreOpen { return nil }
        return av_rescale_q(duration, stream.pointee.time_base, AVRational(num: 1, den: Int32(clamping: rate)))
    }

    /// Where MP4's index says that the audio ends, once its last packet is read: what the encoder filled the last
    /// frame up with lies behind.
    func endOfLastPacket(rate: Int32) -> Int64? {
        guard let stream, stream.pointee.nb_frames == packets, ["mp4", "mov", "3gp"].contains(container) else {
            return nil
        }
        return statedSamples(rate: Int(rate))
    }

    /// The length that the container states.
    var statedMilliseconds: Int64? {
        guard statesDuration, let context else { return nil }
        return context.pointee.duration / 1000
    }

    /// Whether the container itself states how long it is.
    var statesDuration: Bool {
        guard let context else { return false }
        return context.pointee.duration != vn_no_pts() && context.pointee.duration > 0
            && context.pointee.duration_estimation_method != AVFMT_DURATION_FROM_BITRATE
    }

    private var isOpenEnded: Bool {
        stream?.pointee.duration == vn_no_pts() || container == "wav" && statedWAVBytesAreOpen
    }

    private var statedWAVBytesAreOpen: Bool {
        let bytes = sniffer.head
        guard bytes.count >= 8 else { return false }
        let riff = UInt32(bytes[4]) | UInt32(bytes[5]) << 8 | UInt32(bytes[6]) << 16 | UInt32(bytes[7]) << 24
        return riff >= 0x7FFF_0000
    }

    private func probe() throws(MediaError) -> UnsafePointer<AVInputFormat>? {
        // A picture in front of an MP3 can be larger than all that is probed: look behind it.
        let tag = sniffer.id3ByteCount
        if tag > Int64(Self.probeBytes) / 2, tag < input.size {
            let behind = try input.bytes(at: tag, count: 2)
            if behind.count == 2, behind[0] == 0xFF, behind[1] & 0xE0 == 0xE0 {
                probeScore = AVPROBE_SCORE_MAX
                return av_find_input_format("mp3")
            }
        }
        var format: UnsafePointer<AVInputFormat>?
        let score = av_probe_input_buffer2(input.context, &format, nil, nil, 0, UInt32(Self.probeBytes))
        if input.readErrno != 0 { throw .inputUnreadable(errno: input.readErrno) }
        guard score >= 0, let format else { throw unreadable(sniffer.container ?? "") }
        probeScore = score
        let names = String(cString: format.pointee.name).split(separator: ",").map(String.init)
        guard names.contains(where: Self.formats.contains) else {
            // A weak guess at some rare format says nothing about the file.
            guard score > AVPROBE_SCORE_RETRY else { throw .notAudio(looksLike: nil) }
            throw .unsupportedFormat(name: format.pointee.long_name.map { String(cString: $0) } ?? names[0])
        }
        return format
    }

    private func discardOthers(_ context: UnsafeMutablePointer<AVFormatContext>) {
        for index in 0..<context.pointee.nb_streams
        where vn_stream_parameters(context, index).pointee.codec_type != AVMEDIA_TYPE_AUDIO {
            let stream = vn_stream(context, index)
            stream.pointee.discard = AVDISCARD_ALL
            if vn_stream_parameters(context, index).pointee.codec_type == AVMEDIA_TYPE_VIDEO,
                stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
            {
                hasVideo = true
            }
        }
    }

    private func chooseStream(_ context: UnsafeMutablePointer<AVFormatContext>) throws(MediaError) {
        let index = av_find_best_stream(context, AVMEDIA_TYPE_AUDIO, -1, -1, nil, 0)
        guard index >= 0 else {
            if context.pointee.nb_streams == 0 { throw .damaged(container: container) }
            throw .noAudioStream
        }
        streamIndex = UInt32(index)
    }

    /// The error for a file that cannot be opened: cut off, damaged, or no audio at all.
    private func unreadable(_ container: String) -> MediaError {
        guard let sniffed = sniffer.container else {
            return container.isEmpty ? .notAudio(looksLike: nil) : .damaged(container: container)
        }
        // The index of these stands behind the audio, unless a program moved it to the front.
        return ["mp4", "mov", "3gp"].contains(sniffed) ? .truncated(container: sniffed) : .damaged(container: sniffed)
    }

    private func container(
        of format: UnsafePointer<AVInputFormat>?, in context: UnsafeMutablePointer<AVFormatContext>?
    ) -> String {
        guard let format else { return "mp3" }
        let name = String(cString: format.pointee.name)
        switch name {
        case "matroska,webm": return sniffer.isWebM ? "webm" : "matroska"
        case "w64": return "wav"
        case _ where name.hasPrefix("mov,"): return sniffer.container ?? "mp4"
        default: return name
        }
    }
}
