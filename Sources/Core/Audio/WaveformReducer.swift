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
        let isDone: Bool? = bytes.withContiguousStorageIfAvailable { buffer in
            // What recordings have; ten hours are seven million pixels.
            let taken = values == 1 && width == 1 && pending.isEmpty ? reduceWhole(buffer, into: &output) : 0
            for byte in buffer[taken...] { take(byte, into: &output) }
            return true
        }
        if isDone == nil { for byte in bytes { take(byte, into: &output) } }
    }

    private mutating func take(_ byte: UInt8, into output: inout [UInt8]) {
        pending.append(byte)
        guard pending.count == values * 2 * width else { return }
        merge()
        pending.removeAll(keepingCapacity: true)
        if merged == factor { emit(into: &output) }
    }

    /// Takes the whole pixels of one channel in eight bits; how many bytes those are.
    private mutating func reduceWhole(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) -> Int {
        var low = lows[0]
        var high = highs[0]
        var count = merged
        let end = bytes.count & ~1
        var index = 0
        while index < end {
            low = min(low, Int16(Int8(bitPattern: bytes[index])))
            high = max(high, Int16(Int8(bitPattern: bytes[index &+ 1])))
            count &+= 1
            index &+= 2
            if count == factor {
                output.append(UInt8(truncatingIfNeeded: low))
                output.append(UInt8(truncatingIfNeeded: high))
                (low, high, count) = (.max, .min, 0)
            }
        }
        (lows[0], highs[0], merged) = (low, high, count)
        return end
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
