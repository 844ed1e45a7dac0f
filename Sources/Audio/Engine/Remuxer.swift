import CLibAV
import Glibc

/// Puts the packets of a recording that cannot be sought in into a sound container, as they are: nothing is decoded or
/// encoded. Used from one thread.
///
/// What it makes is a convenience beside the source: when a file is too strange for it, there is simply none.
final class Remuxer {
    /// The largest output: what a WAV can hold.
    static let maximumBytes: Int64 = 1 << 32
    private static let bufferBytes: Int32 = 64 * 1_024

    private let output: SeekableOutput
    private let descriptor: Int32
    private let sourceBase: AVRational
    private var muxer: UnsafeMutablePointer<AVFormatContext>?
    private var io: UnsafeMutablePointer<AVIOContext>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var hasFailed = false

    /// Nil when the recording needs no repair, or is of a kind that is not repaired.
    init?(_ demuxer: Demuxer, output descriptor: Int32) {
        guard demuxer.needsRepair, demuxer.input.size < Self.maximumBytes / 8 * 7, let stream = demuxer.stream else {
            return nil
        }
        // Pages and clusters take a little more room than those of the source may have.
        let room = min(Self.maximumBytes, demuxer.input.size / 4 * 5 + 1 << 20)
        self.descriptor = descriptor
        output = SeekableOutput(descriptor: descriptor, maximumBytes: room)
        sourceBase = stream.pointee.time_base
        guard open(demuxer.container, stream) else { return nil }
    }

    deinit {
        avformat_free_context(muxer)
        vn_avio_free(io)
        av_packet_free(&packet)
    }

    /// Copies the packet.
    func write(_ source: UnsafeMutablePointer<AVPacket>) {
        guard !hasFailed, let packet, let muxer else { return }
        guard av_packet_ref(packet, source) >= 0 else { return fail() }
        packet.pointee.stream_index = 0
        packet.pointee.pos = -1
        av_packet_rescale_ts(packet, sourceBase, vn_stream(muxer, 0).pointee.time_base)
        let result = av_interleaved_write_frame(muxer, packet)
        av_packet_unref(packet)
        if result < 0 { fail() }
    }

    /// Ends the output; its bytes, or nil when there is none. It is opened again: only one that states the length that was
    /// decoded is any better than the source.
    func finish(milliseconds: Int64, limits: MediaOptions) -> Int64? {
        guard !hasFailed, let muxer, av_write_trailer(muxer) >= 0 else {
            fail()
            return nil
        }
        avio_flush(io)
        guard let io, io.pointee.error >= 0, let input = try? InputFile(descriptor: descriptor) else {
            fail()
            return nil
        }
        guard let copy = try? Demuxer(input: input), (try? copy.open(limits: limits)) != nil, !copy.needsRepair,
            let stated = copy.statedMilliseconds,
            abs(stated - milliseconds) <= 500 + milliseconds / 100
        else {
            fail()
            return nil
        }
        return output.size
    }

    private func fail() {
        hasFailed = true
        output.clear()
    }

    private func open(_ container: String, _ stream: UnsafeMutablePointer<AVStream>) -> Bool {
        packet = av_packet_alloc()
        io = output.makeContext(bufferBytes: Self.bufferBytes)
        guard packet != nil, let io,
            avformat_alloc_output_context2(&muxer, nil, container, nil) >= 0, let muxer,
            let target = avformat_new_stream(muxer, nil),
            avcodec_parameters_copy(target.pointee.codecpar, stream.pointee.codecpar) >= 0
        else { return false }
        // The tag of one container means nothing in another, and is chosen anew.
        target.pointee.codecpar.pointee.codec_tag = 0
        target.pointee.time_base = stream.pointee.time_base
        muxer.pointee.pb = io
        // No serial number, date or version of chance: equal input gives equal bytes, and one blob.
        muxer.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT
        return avformat_write_header(muxer, nil) >= 0
    }
}
