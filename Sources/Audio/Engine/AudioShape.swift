import CLibAV

/// Rate and channels of a stream of samples. Owns its channel layout. Used from one thread.
final class AudioShape {
    let rate: Int32
    let channels: Int32
    private(set) var layout: AVChannelLayout

    /// The shape of a decoded frame.
    init(of frame: UnsafePointer<AVFrame>) throws(MediaError) {
        rate = frame.pointee.sample_rate
        channels = frame.pointee.ch_layout.nb_channels
        layout = AVChannelLayout()
        var source = frame.pointee.ch_layout
        guard av_channel_layout_copy(&layout, &source) >= 0 else { throw .outOfMemory }
    }

    /// A shape with the usual layout for so many channels.
    init(rate: Int32, channels: Int32) {
        self.rate = rate
        self.channels = channels
        layout = AVChannelLayout()
        av_channel_layout_default(&layout, channels)
    }

    deinit {
        av_channel_layout_uninit(&layout)
    }

    func matches(_ frame: UnsafePointer<AVFrame>) -> Bool {
        guard frame.pointee.sample_rate == rate, frame.pointee.ch_layout.nb_channels == channels else { return false }
        var other = frame.pointee.ch_layout
        return av_channel_layout_compare(&layout, &other) == 0
    }

    /// Whether the positions of the channels are known.
    var isPositioned: Bool { layout.order == AV_CHANNEL_ORDER_NATIVE || layout.order == AV_CHANNEL_ORDER_CUSTOM }

    func channel(_ index: Int32) -> AVChannel {
        av_channel_layout_channel_from_index(&layout, UInt32(index))
    }
}
