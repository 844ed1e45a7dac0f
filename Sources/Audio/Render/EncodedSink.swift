import CLibAV

/// A file that an encoder of libav makes. Where it does not know the rate of the edit, the samples are resampled first.
final class EncodedSink: RenderSink {
    private let encoder: AudioEncoder
    private let output: SeekableOutput
    private let format: AVSampleFormat
    private let channels: Int
    private let rates: (edit: Int64, file: Int64)
    private let converter: RateConverter?
    private let buffer: UnsafeMutableRawBufferPointer
    private var taken: Int64 = 0
    private(set) var sampleCount: Int64 = 0

    /// - Parameter rate: samples a second of what is appended.
    init(_ plan: EncoderPlan, rate: Int, output descriptor: Int32, maximumBytes: Int64) throws(MediaError) {
        output = SeekableOutput(descriptor: descriptor, maximumBytes: maximumBytes)
        encoder = try AudioEncoder(plan, output: output)
        format = plan.format
        channels = Int(plan.shape.channels)
        rates = (Int64(rate), Int64(plan.shape.rate))
        if rates.edit == rates.file {
            converter = nil
        } else {
            converter = try RateConverter(from: Int32(clamping: rate), to: plan.shape.rate, channels: channels)
        }
        buffer = .allocate(byteCount: EditMixer.maximumBlock * channels * 4, alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    var byteCount: Int64 { output.size }

    func append(_ samples: UnsafePointer<Double>, count: Int) throws(MediaError) {
        taken += Int64(count)
        guard let converter else { return try encode(samples, count) }
        var done = 0
        while done < count {
            let part = min(converter.chunk, count - done)
            let (resampled, number) = try converter.convert(samples + done * channels, count: part)
            try encode(resampled, number)
            done += part
        }
    }

    func finish() throws(MediaError) {
        if let converter { try drain(converter) }
        try encoder.finish()
    }

    /// Brings out what the filter holds back, up to the length that the file is to have: rounded up.
    private func drain(_ converter: RateConverter) throws(MediaError) {
        let wanted = taken / rates.edit * rates.file + (taken % rates.edit * rates.file + rates.edit - 1) / rates.edit
        let silence = [Double](repeating: 0, count: converter.chunk * channels)
        while sampleCount < wanted {
            let (resampled, number) = try converter.convert(silence, count: converter.chunk)
            try encode(resampled, min(number, Int(clamping: wanted - sampleCount)))
        }
    }

    private func encode(_ samples: UnsafePointer<Double>, _ count: Int) throws(MediaError) {
        guard let start = buffer.baseAddress else { return }
        var done = 0
        while done < count {
            let part = min(EditMixer.maximumBlock, count - done)
            convert(samples + done * channels, part * channels, into: start)
            try encoder.append(start, count: part)
            done += part
        }
        sampleCount += Int64(count)
    }

    private func convert(_ samples: UnsafePointer<Double>, _ count: Int, into start: UnsafeMutableRawPointer) {
        switch format {
        case AV_SAMPLE_FMT_S16:
            Quantizer.toInt16(samples, count: count, into: start.assumingMemoryBound(to: Int16.self))
        case AV_SAMPLE_FMT_S32:
            Quantizer.toInt24In32(samples, count: count, into: start.assumingMemoryBound(to: Int32.self))
        default:
            Quantizer.toClampedFloat(samples, count: count, into: start.assumingMemoryBound(to: Float.self))
        }
    }
}
