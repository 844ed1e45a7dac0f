import CLibAV
import Core

/// The decoded frames of one recording from wherever it stands, and where they belong. Used from one thread.
///
/// A position is a number of samples from the first one that is heard, as the analysis counts them.
final class FrameSource {
    private(set) var method: SeekMethod
    private let demuxer: Demuxer
    private let decoder: Decoder
    private let stream: UnsafeMutablePointer<AVStream>
    private let packet: UnsafeMutablePointer<AVPacket>
    private let codec: AVCodecID
    /// A packet was read and not decoded yet.
    private var isHolding = false
    private var isDrained = false
    /// A jump led to another packet than it should.
    private var isLost = false
    /// The time of the first frame that is heard.
    private var origin: Int64?
    /// Where the first packet begins in the file, and where the current one does.
    private var firstByte: Int64?
    private var currentByte: Int64 = -1
    private var clock: PacketClock
    /// Behind a jump, what had passed before the packet that was jumped to, and its time.
    private var landing: SeekIndex.Point?
    /// Samples at the start that are decoded, but not heard.
    private var lead: Int64?

    /// Opens the recording and chooses its stream, as the analysis does.
    init(descriptor: Int32, limits: MediaOptions) throws(MediaError) {
        let demuxer = try Demuxer(input: InputFile(descriptor: descriptor))
        try demuxer.open(limits: limits)
        guard let stream = demuxer.stream else { throw .noAudioStream }
        let channels = Int64(stream.pointee.codecpar.pointee.ch_layout.nb_channels)
        guard channels <= Int64(limits.maximumChannels) else {
            throw .tooManyChannels(channels: channels, limit: limits.maximumChannels)
        }
        let decoder = try Decoder(stream: stream, container: demuxer.container)
        guard let packet = av_packet_alloc() else { throw .outOfMemory }
        self.demuxer = demuxer
        self.decoder = decoder
        self.stream = stream
        self.packet = packet
        let codec = stream.pointee.codecpar.pointee.codec_id
        self.codec = codec
        method = SeekMethod(container: demuxer.container, codec: codec, name: decoder.codecName)
        clock = PacketClock(stream)
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&packet)
    }

    /// In the words of `AudioReport.container`.
    var container: String { demuxer.container }

    /// About how many bytes the index of the container takes: 24 for each entry.
    var indexBytes: Int { Int(avformat_index_get_entries_count(stream)) * 24 }

    /// Whether the position of every frame is to be believed, and not only that of the first one behind a jump. Ogg
    /// states the times of Vorbis exactly at the end of each page; libav's Opus decoder states them a few samples late
    /// for all but the first frame.
    var restatesPositions: Bool { codec != AV_CODEC_ID_OPUS }

    /// Decodes the next packet, or at the end what is left inside the decoder; false once that was done. The frames are
    /// valid during their calls only.
    func step(_ body: (UnsafeMutablePointer<AVFrame>) throws(MediaError) -> Void) throws(MediaError) -> Bool {
        guard !isDrained else { return false }
        guard try readAhead() else {
            isDrained = true
            try decoder.decode(nil, body)
            return false
        }
        defer { release() }
        try decoder.decode(packet, body)
        return true
    }

    /// Says that the frame is the first one that is heard. Frames without times cannot be sought by them.
    func begin(with frame: UnsafePointer<AVFrame>) {
        origin = frame.pointee.pts == vn_no_pts() ? nil : frame.pointee.pts
        if origin == nil, method == .timestamps || method == .bytes { method = .decoding }
    }

    /// Where the frame belongs; nil where nothing says so. Positions before 0 are possible.
    /// - Parameter rate: samples a second of what is decoded.
    func position(of frame: UnsafePointer<AVFrame>, rate: Int32) -> Int64? {
        switch method {
        case .bytes:
            guard let firstByte, currentByte >= 0, let size = bytesPerSample else { return nil }
            return (currentByte - firstByte) / size
        case .timestamps:
            guard let origin, frame.pointee.pts != vn_no_pts() else { return nil }
            return av_rescale_q(
                frame.pointee.pts &- origin, stream.pointee.time_base, AVRational(num: 1, den: rate))
        case .packets:
            return av_rescale_q(clock.elapsed, clock.base, AVRational(num: 1, den: rate)) &- (lead ?? 0)
        case .decoding: return nil
        }
    }

    /// Goes by the index to the position or before it; answers whether that is possible. Where it then stands, the
    /// next frame says.
    func seek(to position: Int64, rate: Int32) -> Bool {
        guard let origin else { return false }
        let time = av_rescale_q(position, AVRational(num: 1, den: rate), stream.pointee.time_base)
        guard demuxer.seek(to: origin &+ time) else { return false }
        release()
        isDrained = false
        decoder.restart()
        return true
    }

    /// Goes to a place that the analysis noted; false where something else is there than was noted, so that one has to
    /// begin anew.
    func jump(to point: SeekIndex.Point) throws(MediaError) -> Bool {
        guard av_add_index_entry(stream, point.byte, point.time, 0, 0, AVINDEX_KEYFRAME) >= 0,
            demuxer.seek(to: point.time)
        else { return false }
        release()
        isDrained = false
        decoder.restart()
        landing = point
        isLost = false
        return try readAhead() && !isLost
    }

    /// Where the place begins, as positions are counted.
    func position(of point: SeekIndex.Point, rate: Int32) -> Int64 {
        av_rescale_q(point.elapsed, clock.base, AVRational(num: 1, den: rate)) &- (lead ?? 0)
    }

    /// Goes forward over the packets that end at the position or before it, without decoding them; false where there
    /// are no others.
    func skip(to position: Int64, rate: Int32, tick: () -> Void) throws(MediaError) -> Bool {
        while try readAhead() {
            guard method == .packets, endPosition(rate: rate) <= position else {
                decoder.restart()
                return true
            }
            release()
            tick()
        }
        return false
    }

    /// Where the current packet ends, or the last one.
    func endPosition(rate: Int32) -> Int64 {
        av_rescale_q(clock.elapsed &+ clock.currentLength, clock.base, AVRational(num: 1, den: rate)) &- (lead ?? 0)
    }

    private var bytesPerSample: Int64? {
        let bits = Int64(av_get_bits_per_sample(codec))
        let size = bits * Int64(stream.pointee.codecpar.pointee.ch_layout.nb_channels) / 8
        return size > 0 ? size : nil
    }

    private func readAhead() throws(MediaError) -> Bool {
        if isHolding { return true }
        guard !isDrained, try demuxer.read(into: packet) else { return false }
        isHolding = true
        currentByte = packet.pointee.pos
        if firstByte == nil, currentByte >= 0 { firstByte = currentByte }
        if lead == nil { lead = startPadding }
        if let landing {
            self.landing = nil
            if packet.pointee.pts == landing.time { clock.jump(to: landing.elapsed, packet) } else { isLost = true }
        } else {
            clock.advance(to: packet)
        }
        // Without the length of each packet there is nothing to count.
        if clock.currentLength <= 0, method == .packets { method = .decoding }
        return true
    }

    private func release() {
        guard isHolding else { return }
        av_packet_unref(packet)
        isHolding = false
    }

    /// What the first packet says is to be left out, or, for Opus, what the head of the stream says.
    private var startPadding: Int64 {
        var size = 0
        if let bytes = av_packet_get_side_data(packet, AV_PKT_DATA_SKIP_SAMPLES, &size), size >= 4 {
            return (0..<4).reduce(0) { $0 | Int64(bytes[$1]) << (8 * Int64($1)) }
        }
        let parameters: UnsafeMutablePointer<AVCodecParameters> = stream.pointee.codecpar
        guard codec == AV_CODEC_ID_OPUS, let head = parameters.pointee.extradata,
            parameters.pointee.extradata_size >= 12
        else { return 0 }
        return Int64(head[10]) | Int64(head[11]) << 8
    }
}
