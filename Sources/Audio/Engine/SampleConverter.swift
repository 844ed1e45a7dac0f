import CLibAV

/// Turns decoded frames into interleaved samples of one format and shape, whatever the frames are and become.
///
/// Frames that are right already pass through without a copy. Conversions are libswresample's: floating point to
/// 16 bit multiplies by 32768, rounds to the nearest even and clips; wider integers lose their lower bits (rounding
/// toward minus infinity). Neither adds dither, so that the same input always gives the same samples.
/// Used from one thread.
final class SampleConverter {
    private let target: AudioShape
    private let format: AVSampleFormat
    private let bytesPerSample: Int
    private let isLimited: Bool
    private var source: AudioShape?
    private var sourceFormat = AV_SAMPLE_FMT_NONE
    private var context: OpaquePointer?
    private var output: UnsafeMutableRawPointer?
    private var outputBytes = 0

    /// - Parameter isLimited: whether many channels become few at such levels that no sum exceeds full scale, as it is
    ///   for integers in any case.
    init(to target: AudioShape, format: AVSampleFormat, isLimited: Bool = false) {
        self.target = target
        self.isLimited = isLimited
        self.format = format
        bytesPerSample = Int(av_get_bytes_per_sample(format)) * Int(target.channels)
    }

    deinit {
        swr_free(&context)
        output?.deallocate()
    }

    /// The samples of a frame, valid until the next call and while the frame is. Resampling may hold some back.
    func convert(_ frame: UnsafeMutablePointer<AVFrame>) throws(MediaError) -> (samples: UnsafeRawPointer?, count: Int)
    {
        let frameFormat = AVSampleFormat(rawValue: frame.pointee.format)
        if context == nil, isRight(frame, frameFormat), let data = frame.pointee.data.0 {
            return (UnsafeRawPointer(data), Int(frame.pointee.nb_samples))
        }
        var held = 0
        if context == nil || frameFormat != sourceFormat || source?.matches(frame) != true {
            held = try drain(after: 0)
            try configure(for: frame, frameFormat)
        }
        let wanted = Int(swr_get_out_samples(context, frame.pointee.nb_samples))
        try reserve(held + max(0, wanted))
        let count = try convert(frame.pointee.extended_data, frame.pointee.nb_samples, at: held, room: wanted)
        return (output.map { UnsafeRawPointer($0) }, held + count)
    }

    /// What resampling held back, at the end.
    func finish() throws(MediaError) -> (samples: UnsafeRawPointer?, count: Int) {
        let count = try drain(after: 0)
        return (output.map { UnsafeRawPointer($0) }, count)
    }

    private func isRight(_ frame: UnsafePointer<AVFrame>, _ frameFormat: AVSampleFormat) -> Bool {
        // One planar channel is one interleaved channel.
        let packed = target.channels == 1 ? av_get_packed_sample_fmt(frameFormat) : frameFormat
        return packed == format && target.matches(frame)
    }

    private func drain(after held: Int) throws(MediaError) -> Int {
        guard context != nil else { return 0 }
        let wanted = Int(swr_get_out_samples(context, 0))
        guard wanted > 0 else { return 0 }
        try reserve(held + wanted)
        return try convert(nil, 0, at: held, room: wanted)
    }

    private func convert(
        _ input: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, _ samples: Int32, at held: Int, room: Int
    ) throws(MediaError) -> Int {
        guard let output, room > 0 else { return 0 }
        var plane: UnsafeMutablePointer<UInt8>? =
            (output + held * bytesPerSample).assumingMemoryBound(to: UInt8.self)
        let count = vn_swr_convert(context, &plane, Int32(clamping: room), input, samples)
        if count == vn_averror_enomem() { throw .outOfMemory }
        guard count >= 0 else { throw .internalFailure(stage: "resampling") }
        return Int(count)
    }

    private func reserve(_ samples: Int) throws(MediaError) {
        let needed = samples * bytesPerSample
        guard needed > outputBytes else { return }
        let grown = UnsafeMutableRawPointer.allocate(byteCount: needed, alignment: 64)
        if let output {
            grown.copyMemory(from: output, byteCount: outputBytes)
            output.deallocate()
        }
        output = grown
        outputBytes = needed
    }

    private func configure(for frame: UnsafePointer<AVFrame>, _ frameFormat: AVSampleFormat) throws(MediaError) {
        swr_free(&context)
        let source = try AudioShape(of: frame)
        var input = source.layout
        var wanted = target.layout
        guard
            vn_swr_configure(&context, &wanted, format, target.rate, &input, frameFormat, source.rate) >= 0,
            context != nil
        else { throw .internalFailure(stage: "resampler") }
        if isLimited { av_opt_set_double(UnsafeMutableRawPointer(context), "rematrix_maxval", 1, 0) }
        if !source.isPositioned || !target.isPositioned, source.channels != target.channels { try mixEvenly(source) }
        let result = swr_init(context)
        if result == vn_averror_enomem() { throw .outOfMemory }
        guard result >= 0 else { throw .internalFailure(stage: "resampler") }
        self.source = source
        sourceFormat = frameFormat
    }

    /// Where the channels' positions are unknown, every one of them is heard equally on both sides.
    private func mixEvenly(_ source: AudioShape) throws(MediaError) {
        let weight = 1 / Double(source.channels)
        let matrix = [Double](repeating: weight, count: Int(source.channels * target.channels))
        guard swr_set_matrix(context, matrix, source.channels) >= 0 else {
            throw .internalFailure(stage: "downmix")
        }
    }
}
