/// Derives a coarser zoom from a finer one as the bytes come in, in constant memory.
///
/// The result equals a waveform generated directly at the coarser zoom, byte for byte: the minimum of minima is the
/// minimum, and dividing by 256 toward zero keeps the order.
public struct WaveformReducer: Sendable {
    /// The header of the derived file.
    public let header: WaveformHeader

    private let factor: Int
    private let values: Int
    private let width: Int
    private var lows: [Int16]
    private var highs: [Int16]
    private var pending: [UInt8] = []
    private var merged = 0

    /// - Parameters:
    ///   - source: the header of the finer file.
    ///   - factor: how many of its pixels make one, 1 or more.
    /// - Throws: `WaveformError.unsupportedZoom` where the result has more samples per pixel than the format can say.
    public init(source: WaveformHeader, factor: Int) throws(WaveformError) {
        let (samplesPerPixel, overflow) = Int(source.samplesPerPixel).multipliedReportingOverflow(by: factor)
        guard factor >= 1, !overflow, let narrow = Int32(exactly: samplesPerPixel) else {
            throw .unsupportedZoom(samplesPerPixel: samplesPerPixel)
        }
        var header = source
        header.samplesPerPixel = narrow
        header.length = UInt32((UInt64(source.length) + UInt64(factor) - 1) / UInt64(factor))
        self.header = header
        self.factor = factor
        values = Int(source.channels)
        width = source.sampleWidth.bytes
        lows = Array(repeating: .max, count: values)
        highs = Array(repeating: .min, count: values)
    }

    /// Takes the next data bytes of the source, in pieces of any size, and appends what is complete to `output`.
    public mutating func reduce(_ bytes: some Sequence<UInt8>, into output: inout [UInt8]) {
        let pixelBytes = values * 2 * width
        for byte in bytes {
            pending.append(byte)
            if pending.count == pixelBytes {
                merge()
                pending.removeAll(keepingCapacity: true)
                if merged == factor { emit(into: &output) }
            }
        }
    }

    /// Emits the last pixel, which may cover less than `factor` of the source's. An incomplete source pixel is left out.
    public mutating func finish(into output: inout [UInt8]) {
        if merged > 0 { emit(into: &output) }
    }

    private mutating func merge() {
        for channel in 0..<values {
            lows[channel] = min(lows[channel], value(at: channel * 2))
            highs[channel] = max(highs[channel], value(at: channel * 2 + 1))
        }
        merged += 1
    }

    private func value(at index: Int) -> Int16 {
        if width == 1 { return Int16(Int8(bitPattern: pending[index])) }
        return Int16(bitPattern: UInt16(pending[index * 2]) | UInt16(pending[index * 2 + 1]) << 8)
    }

    private mutating func emit(into output: inout [UInt8]) {
        for channel in 0..<values {
            for value in [lows[channel], highs[channel]] {
                let bits = UInt16(bitPattern: value)
                output.append(UInt8(truncatingIfNeeded: bits))
                if width == 2 { output.append(UInt8(truncatingIfNeeded: bits >> 8)) }
            }
            lows[channel] = .max
            highs[channel] = .min
        }
        merged = 0
    }
}
