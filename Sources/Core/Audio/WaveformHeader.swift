/// The header of a waveform file in the BBC audiowaveform data format, versions 1 and 2.
///
/// Little-endian: `int32 version, uint32 flags (bit 0: 8-bit), int32 sample_rate, int32 samples_per_pixel,
/// uint32 length`, and in version 2 `int32 channels`. The data follow at once: at byte 20 in version 1, at byte 24 in
/// version 2 (the tables of the format's own description say 20 for both; its files say 24). Each pixel has a minimum
/// and a maximum for each channel. Source: bbc/audiowaveform, doc/DataFormat.md and its test files.
public struct WaveformHeader: Sendable, Hashable {
    /// The most channels that a file may have, as in the program that defined the format.
    public static let maximumChannels: Int32 = 24
    /// Bytes of a version 2 header.
    public static let byteCount = 24

    /// How wide a sample is.
    public enum SampleWidth: Int, Sendable, CaseIterable {
        case eightBit = 8
        case sixteenBit = 16

        public var bytes: Int { rawValue / 8 }
    }

    /// 1 or 2.
    public var version: Int32
    public var sampleWidth: SampleWidth
    /// Samples a second of the audio.
    public var sampleRate: Int32
    public var samplesPerPixel: Int32
    /// Pixels, that is pairs of minimum and maximum for each channel.
    public var length: UInt32
    public var channels: Int32

    public init(
        sampleRate: Int32, samplesPerPixel: Int32, length: UInt32, channels: Int32 = 1,
        sampleWidth: SampleWidth = .eightBit, version: Int32 = 2
    ) {
        self.version = version
        self.sampleWidth = sampleWidth
        self.sampleRate = sampleRate
        self.samplesPerPixel = samplesPerPixel
        self.length = length
        self.channels = channels
    }

    /// Reads and checks a header from the start of a file.
    ///
    /// - Parameters:
    ///   - bytes: at least the first 24 bytes, or all of a shorter file.
    ///   - fileByteCount: the size of the whole file; when given, it must follow from the header.
    public init(decoding bytes: some Collection<UInt8>, fileByteCount: Int64? = nil) throws(WaveformError) {
        let head = Array(bytes.prefix(Self.byteCount))
        guard head.count >= 20 else { throw .tooShort(bytes: head.count) }
        func word(_ offset: Int) -> UInt32 {
            UInt32(head[offset]) | UInt32(head[offset + 1]) << 8 | UInt32(head[offset + 2]) << 16
                | UInt32(head[offset + 3]) << 24
        }
        version = Int32(bitPattern: word(0))
        guard version == 1 || version == 2 else { throw .unknownVersion(version) }
        sampleWidth = word(4) & 1 == 1 ? .eightBit : .sixteenBit
        sampleRate = Int32(bitPattern: word(8))
        samplesPerPixel = Int32(bitPattern: word(12))
        length = word(16)
        if version == 2 {
            guard head.count >= Self.byteCount else { throw .tooShort(bytes: head.count) }
            channels = Int32(bitPattern: word(20))
        } else {
            channels = 1
        }
        guard sampleRate >= 1 else { throw .invalidSampleRate(sampleRate) }
        guard samplesPerPixel >= 2 else { throw .invalidSamplesPerPixel(samplesPerPixel) }
        guard (1...Self.maximumChannels).contains(channels) else { throw .invalidChannels(channels) }
        if let fileByteCount, fileByteCount != self.fileByteCount {
            throw .sizeMismatch(expected: self.fileByteCount, actual: fileByteCount)
        }
    }

    /// Where the data start.
    public var dataOffset: Int { version == 1 ? 20 : Self.byteCount }

    /// Bytes of one pixel: a minimum and a maximum for each channel.
    public var bytesPerPixel: Int { Int(channels) * 2 * sampleWidth.bytes }

    /// The size that a file with this header has.
    public var fileByteCount: Int64 { Int64(dataOffset) + Int64(length) * Int64(bytesPerPixel) }

    /// The header as it stands in a file: 24 bytes, or 20 in version 1.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        func append(_ word: UInt32) {
            withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(UInt32(bitPattern: version))
        append(sampleWidth == .eightBit ? 1 : 0)
        append(UInt32(bitPattern: sampleRate))
        append(UInt32(bitPattern: samplesPerPixel))
        append(length)
        if version != 1 { append(UInt32(bitPattern: channels)) }
        return bytes
    }
}
