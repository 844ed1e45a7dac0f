import CLibAV
import Core

/// Notes places of a recording while its packets are read one after the other. Used from one thread.
final class SeekIndexRecorder {
    /// The least distance of two places, in seconds.
    private static let distance = 10.0

    private let stream: UnsafeMutablePointer<AVStream>
    private var clock: PacketClock
    private var index: SeekIndex
    private var distance = SeekIndexRecorder.distance

    /// - Returns: nil where the container is sought in otherwise.
    init?(_ demuxer: Demuxer, _ decoder: Decoder, stream: UnsafeMutablePointer<AVStream>) {
        let codec = stream.pointee.codecpar.pointee.codec_id
        let method = SeekMethod(container: demuxer.container, codec: codec, name: decoder.codecName)
        guard method == .packets else { return nil }
        self.stream = stream
        clock = PacketClock(stream)
        index = SeekIndex(unit: clock.unit)
    }

    /// Takes each packet of the stream, in order.
    func add(_ packet: UnsafePointer<AVPacket>) {
        clock.advance(to: packet)
        let last = index.points.last?.elapsed ?? 0
        guard Double(clock.elapsed &- last) * index.unit >= distance, let byte = place(of: packet) else { return }
        index.points.append(SeekIndex.Point(time: packet.pointee.pts, byte: byte, elapsed: clock.elapsed))
        guard index.points.count > SeekIndex.maximumPoints else { return }
        distance *= 2
        index.points = index.points.enumerated().compactMap { $0.isMultiple(of: 2) ? nil : $1 }
    }

    /// What was found; nil where lengths of packets are not known, so that nothing can be counted.
    func finish() -> SeekIndex? {
        clock.isExact && !index.points.isEmpty ? index : nil
    }

    /// Where libav would begin to read to find the packet.
    private func place(of packet: UnsafePointer<AVPacket>) -> Int64? {
        let time = packet.pointee.pts
        guard time != vn_no_pts() else { return nil }
        let number = av_index_search_timestamp(stream, time, AVSEEK_FLAG_BACKWARD)
        guard number >= 0, let entry = avformat_index_get_entry(stream, number), entry.pointee.timestamp == time else {
            return nil
        }
        return entry.pointee.pos
    }
}

/// Counts the length of packets. Used from one thread.
struct PacketClock {
    /// How long the packets before the current one are, in units of `base`.
    private(set) var elapsed: Int64 = 0
    /// How long the current one is.
    private(set) var currentLength: Int64 = 0
    /// Whether the length of every packet so far was known.
    private(set) var isExact = true
    let base: AVRational
    private let codec: AVCodecID

    init(_ stream: UnsafePointer<AVStream>) {
        codec = stream.pointee.codecpar.pointee.codec_id
        base = codec == AV_CODEC_ID_OPUS ? AVRational(num: 1, den: 48_000) : stream.pointee.time_base
    }

    /// Seconds.
    var unit: Double { av_q2d(base) }

    /// Goes on to the next packet.
    mutating func advance(to packet: UnsafePointer<AVPacket>) {
        // Damaged files state lengths that no sum can hold.
        elapsed &+= currentLength
        currentLength = length(of: packet)
        if currentLength <= 0 { isExact = false }
    }

    /// Stands at a packet before which so much has passed.
    mutating func jump(to elapsed: Int64, _ packet: UnsafePointer<AVPacket>) {
        self.elapsed = elapsed
        currentLength = length(of: packet)
    }

    private func length(of packet: UnsafePointer<AVPacket>) -> Int64 {
        guard codec == AV_CODEC_ID_OPUS else { return packet.pointee.duration }
        guard let bytes = packet.pointee.data, packet.pointee.size > 0 else { return 0 }
        return OpusPacket.samples(UnsafeBufferPointer(start: bytes, count: Int(packet.pointee.size))) ?? 0
    }
}
