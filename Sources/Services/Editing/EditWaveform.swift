public import Core

/// The peaks of a stretch of an edit.
public struct EditWaveform: Sendable {
    public let sampleRate: Int
    /// Samples of the edit that a pixel covers; the last one may cover fewer.
    public let samplesPerPixel: Int
    public let peaks: [WaveformPeak]

    /// The peaks of samples of 16 bits, little-endian: of the mean of all channels, in eight bits, both truncated toward
    /// zero, as a stored waveform is.
    /// - Parameters:
    ///   - samplesPerPixel: 1 or more.
    ///   - channels: 1 or more.
    static func peaks(ofPCM16 bytes: [UInt8], samplesPerPixel: Int, channels: Int) -> [WaveformPeak] {
        let frames = bytes.count / (2 * channels)
        return bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: frames, by: samplesPerPixel).map { start in
                var low = Int.max
                var high = Int.min
                for frame in start..<min(frames, start + samplesPerPixel) {
                    var sum = 0
                    for channel in 0..<channels {
                        let offset = 2 * (frame * channels + channel)
                        sum += Int(Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self)))
                    }
                    low = min(low, sum / channels)
                    high = max(high, sum / channels)
                }
                return WaveformPeak(low: Int8(low / 256), high: Int8(high / 256))
            }
        }
    }
}
