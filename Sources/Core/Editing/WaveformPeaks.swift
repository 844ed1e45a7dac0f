/// The lowest and the highest sample of a pixel, in the scale of an 8-bit waveform file.
public struct WaveformPeak: Sendable, Hashable {
    public var low: Int8
    public var high: Int8

    public init(low: Int8, high: Int8) {
        self.low = low
        self.high = high
    }

    /// The peak of silence.
    public static let silent = WaveformPeak(low: 0, high: 0)

    /// The peak of both.
    func merged(with other: WaveformPeak) -> WaveformPeak {
        WaveformPeak(low: min(low, other.low), high: max(high, other.high))
    }

    /// The peak of the samples times a factor of 0 or more, rounded to the nearest and clamped.
    func scaled(by factor: Double) -> WaveformPeak {
        func scaled(_ value: Int8) -> Int8 {
            Int8(min(127, max(-128, (Double(value) * factor).rounded())))
        }
        return WaveformPeak(low: scaled(low), high: scaled(high))
    }
}

/// The peaks of one recording: a waveform file in memory, at any zoom.
public struct WaveformPeaks: Sendable, Hashable {
    /// Rate, zoom and length of the file.
    public let header: WaveformHeader
    private let file: [UInt8]

    /// - Parameter file: a whole waveform file.
    /// - Throws: ``WaveformError`` where it is none.
    public init(file: [UInt8]) throws(WaveformError) {
        header = try WaveformHeader(decoding: file, fileByteCount: Int64(file.count))
        self.file = file
    }

    /// The peak of all pixels that the samples touch, over all channels; nil where there are none.
    /// - Parameters:
    ///   - range: samples of the recording at `sampleRate`, from 0 on.
    ///   - sampleRate: the rate that the range is counted in, 1 to 2147483647.
    func peak(of range: Range<Int64>, at sampleRate: Int) -> WaveformPeak? {
        let rate = Int(header.sampleRate)
        guard let start = range.lowerBound.rescaled(from: sampleRate, to: rate, .down),
            let end = range.upperBound.rescaled(from: sampleRate, to: rate, .up), start < end
        else { return nil }
        let samplesPerPixel = Int64(header.samplesPerPixel)
        let first = start / samplesPerPixel
        let last = min((end - 1) / samplesPerPixel, Int64(header.length) - 1)
        guard first <= last else { return nil }
        let stride = header.sampleWidth.bytes
        var index = header.dataOffset + Int(first) * header.bytesPerPixel
        let behind = header.dataOffset + Int(last + 1) * header.bytesPerPixel
        var peak = WaveformPeak(low: .max, high: .min)
        // `while` instead of `for`: without optimisation, as in tests, it is several times faster.
        while index < behind {
            // Of 16 bits, the upper eight: rounded down, unlike division, but no peak is missed.
            peak.low = min(peak.low, Int8(bitPattern: file[index &+ stride &- 1]))
            peak.high = max(peak.high, Int8(bitPattern: file[index &+ 2 &* stride &- 1]))
            index &+= 2 &* stride
        }
        return peak
    }
}
