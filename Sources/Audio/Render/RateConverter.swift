import CLibAV

/// Resamples interleaved samples in double precision by libswresample. Used from one thread.
///
/// Output number n is the signal at the time of input n × source rate ÷ target rate: there is no delay. How the input
/// is divided into calls changes nothing. What the filter reaches back to before the first sample is mirrored from
/// behind it. The end of the input is not flushed: zeros that are given behind it bring out what is left.
final class RateConverter {
    private let channels: Int
    /// Samples of one channel to convert at a time, so that what comes out stays small.
    let chunk: Int
    /// How many samples of the input one sample of the output depends on, at most.
    let reach: Int64
    private var context: OpaquePointer?
    private var output: UnsafeMutablePointer<Double>
    private var room = 0

    init(from source: Int32, to target: Int32, channels: Int) throws(MediaError) {
        self.channels = channels
        chunk = max(64, min(4_096, Int(Int64(4_096) * Int64(source) / Int64(target))))
        // libswresample has 32 taps at 0.97 of the lower rate's bandwidth, and rounds up.
        reach = Int64((32 / min(1, 0.97 * Double(target) / Double(source))).rounded(.up)) + 16
        output = .allocate(capacity: 0)
        let from = AudioShape(rate: source, channels: Int32(channels))
        let to = AudioShape(rate: target, channels: Int32(channels))
        var input = from.layout
        var wanted = to.layout
        guard
            vn_swr_configure(&context, &wanted, AV_SAMPLE_FMT_DBL, target, &input, AV_SAMPLE_FMT_DBL, source) >= 0,
            context != nil
        else { throw .internalFailure(stage: "resampler") }
        try restart()
    }

    deinit {
        swr_free(&context)
        output.deallocate()
    }

    /// About how many bytes its filter takes: at most 1024 phases of what it reaches, in double precision.
    var bytes: Int { Int(reach) * 1_024 * MemoryLayout<Double>.size }

    /// Begins anew: what comes next is sample 0.
    func restart() throws(MediaError) {
        let result = swr_init(context)
        if result == vn_averror_enomem() { throw .outOfMemory }
        guard result >= 0 else { throw .internalFailure(stage: "resampler") }
    }

    /// Takes what follows; `count` is of one channel. The samples that come out are valid until the next call, and may
    /// be none.
    func convert(
        _ samples: UnsafePointer<Double>, count: Int
    ) throws(MediaError) -> (samples: UnsafePointer<Double>, count: Int) {
        let wanted = Int(swr_get_out_samples(context, Int32(clamping: count)))
        guard wanted >= 0 else { throw .internalFailure(stage: "resampling") }
        if wanted > room {
            output.deallocate()
            output = .allocate(capacity: wanted * channels)
            room = wanted
        }
        var target: UnsafeMutablePointer<UInt8>? =
            UnsafeMutableRawPointer(output).assumingMemoryBound(to: UInt8.self)
        var source: UnsafeMutablePointer<UInt8>? =
            UnsafeMutableRawPointer(mutating: samples).assumingMemoryBound(to: UInt8.self)
        let made = vn_swr_convert(context, &target, Int32(clamping: room), &source, Int32(clamping: count))
        if made == vn_averror_enomem() { throw .outOfMemory }
        guard made >= 0 else { throw .internalFailure(stage: "resampling") }
        return (UnsafePointer(output), Int(made))
    }
}
