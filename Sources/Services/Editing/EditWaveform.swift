public import Core

/// The peaks of a stretch of an edit.
public struct EditWaveform: Sendable {
    public let sampleRate: Int
    /// Samples of the edit that a pixel covers; the last one may cover fewer.
    public let samplesPerPixel: Int
    public let peaks: [WaveformPeak]

    /// The peaks of samples of 16 bits, little-endian, over all channels.
    /// - Parameter bytesPerPixel: an even number.
    static func peaks(ofPCM16 bytes: [UInt8], bytesPerPixel: Int) -> [WaveformPeak] {
        stride(from: 0, to: bytes.count, by: bytesPerPixel).map { start in
            let end = min(bytes.count, start + bytesPerPixel)
            var peak = WaveformPeak(low: .max, high: .min)
            // The upper eight bits, as of a stored waveform of 16.
            var index = start + 1
            while index < end {
                let value = Int8(bitPattern: bytes[index])
                peak.low = min(peak.low, value)
                peak.high = max(peak.high, value)
                index += 2
            }
            return peak
        }
    }
}
