import Testing

@testable import Core

@Suite struct AudioWaveformTests {
    static func words(_ values: [UInt32]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    }

    @Test("a version 2 header has 24 bytes in the format's order")
    func encode() {
        let header = WaveformHeader(sampleRate: 48_000, samplesPerPixel: 256, length: 7)
        #expect(header.encoded() == Self.words([2, 1, 48_000, 256, 7, 1]))
        #expect(header.fileByteCount == 24 + 14)
    }

    @Test("a two-channel file of 1774 pixels has the 7120 bytes of the format's own test file")
    func size() throws {
        let header = WaveformHeader(sampleRate: 16_000, samplesPerPixel: 64, length: 1_774, channels: 2)
        #expect(header.fileByteCount == 7_120)
        #expect(try WaveformHeader(decoding: header.encoded(), fileByteCount: 7_120) == header)
    }

    @Test("a version 1 header has 20 bytes and one channel")
    func versionOne() throws {
        let bytes = Self.words([1, 0, 16_000, 64, 1]) + [0x00, 0x80, 0xFF, 0x7F]
        let header = try WaveformHeader(decoding: bytes, fileByteCount: 24)
        #expect(header.version == 1)
        #expect(header.channels == 1)
        #expect(header.sampleWidth == .sixteenBit)
        #expect(header.dataOffset == 20)
        #expect(header.encoded() == Array(bytes.prefix(20)))
        let json = String(decoding: try WaveformFormat.json(bytes), as: UTF8.self)
        #expect(json.hasSuffix("\"bits\":16,\"length\":1,\"data\":[-32768,32767]}"))
    }

    @Test(
        "what is no waveform file is refused for its reason",
        arguments: [
            ([3, 1, 16_000, 64, 0, 1], WaveformError.unknownVersion(3)),
            ([2, 1, 0, 64, 0, 1], .invalidSampleRate(0)), ([2, 1, 0xFFFF_FFFF, 64, 0, 1], .invalidSampleRate(-1)),
            ([2, 1, 16_000, 0, 0, 1], .invalidSamplesPerPixel(0)),
            ([2, 1, 16_000, 1, 0, 1], .invalidSamplesPerPixel(1)),
            ([2, 1, 16_000, 64, 0, 0], .invalidChannels(0)), ([2, 1, 16_000, 64, 0, 25], .invalidChannels(25)),
            ([2, 1, 16_000, 64, 2_056, 1], .sizeMismatch(expected: 24 + 4_112, actual: 24)),
            ([2, 1, 16_000, 64, 0xFFFF_FFFF, 24], .sizeMismatch(expected: 24 + 0xFFFF_FFFF * 48, actual: 24)),
            ([2, 1, 16_000, 64, 0], .tooShort(bytes: 20)), ([2, 1, 16_000], .tooShort(bytes: 12)),
            ([], .tooShort(bytes: 0)),
        ] as [([UInt32], WaveformError)])
    func refused(words: [UInt32], expected: WaveformError) {
        let bytes = Self.words(words)
        #expect(throws: expected) { try WaveformHeader(decoding: bytes, fileByteCount: Int64(bytes.count)) }
        #expect(throws: expected) { try WaveformFormat.json(bytes) }
        #expect(expected.code.hasPrefix("waveform_"))
        #expect(expected.description.hasSuffix("."))
    }

    @Test("a file without pixels is a file")
    func zeroLength() throws {
        let bytes = WaveformHeader(sampleRate: 16_000, samplesPerPixel: 256, length: 0).encoded()
        #expect(try WaveformHeader(decoding: bytes, fileByteCount: 24).length == 0)
        #expect(String(decoding: try WaveformFormat.json(bytes), as: UTF8.self).hasSuffix("\"length\":0,\"data\":[]}"))
        #expect(try WaveformFormat.zoomed(bytes, to: WaveformZoom(samplesPerPixel: 1_024)).count == 24)
    }

    @Test("JSON has the format's keys in its order, and flat integers")
    func json() throws {
        let header = WaveformHeader(sampleRate: 44_100, samplesPerPixel: 256, length: 3)
        let data: [Int8] = [-128, 127, -1, 0, -10, 100]
        let bytes = header.encoded() + data.map { UInt8(bitPattern: $0) }
        #expect(
            String(decoding: try WaveformFormat.json(bytes), as: UTF8.self)
                == "{\"version\":2,\"channels\":1,\"sample_rate\":44100,\"samples_per_pixel\":256,\"bits\":8,"
                + "\"length\":3,\"data\":[-128,127,-1,0,-10,100]}")
    }

    @Test("only 256 times a power of two up to 1048576 is a zoom", arguments: [0, -256, 128, 255, 300, 768, 2_097_152])
    func zooms(samplesPerPixel: Int) {
        #expect(throws: WaveformError.unsupportedZoom(samplesPerPixel: samplesPerPixel)) {
            try WaveformZoom(samplesPerPixel: samplesPerPixel)
        }
    }

    @Test("a zoom has its factor", arguments: (0...12).map { (256 << $0, 1 << $0) })
    func factor(samplesPerPixel: Int, factor: Int) throws {
        #expect(try WaveformZoom(samplesPerPixel: samplesPerPixel).factor == factor)
        #expect(try WaveformZoom(samplesPerPixel: samplesPerPixel).samplesPerPixel == samplesPerPixel)
    }

    @Test("reducing takes bytes in pieces of any size", arguments: [1, 2, 3, 7, 64])
    func pieces(size: Int) throws {
        for (channels, width) in [(Int32(1), WaveformHeader.SampleWidth.eightBit), (2, .eightBit), (2, .sixteenBit)] {
            let header = WaveformHeader(
                sampleRate: 8_000, samplesPerPixel: 256, length: 50, channels: channels, sampleWidth: width)
            let bytes = (0..<50 * header.bytesPerPixel).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            var whole: [UInt8] = []
            var reducer = try WaveformReducer(source: header, factor: 4)
            reducer.reduce(bytes, into: &whole)
            reducer.finish(into: &whole)
            var pieced: [UInt8] = []
            reducer = try WaveformReducer(source: header, factor: 4)
            for start in stride(from: 0, to: bytes.count, by: size) {
                reducer.reduce(bytes[start..<min(bytes.count, start + size)], into: &pieced)
            }
            reducer.finish(into: &pieced)
            #expect(whole == pieced)
            #expect(reducer.header.length == 13)
            #expect(whole.count == 13 * header.bytesPerPixel)
        }
    }
}
