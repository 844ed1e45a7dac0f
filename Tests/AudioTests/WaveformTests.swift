import Testing

@testable import Audio
@testable import Core

@Suite struct WaveformTests {
    /// The format's rules written down as plainly as they can be.
    static func reference(_ samples: [Int16], channels: Int, rate: Int, samplesPerPixel: Int) -> [UInt8] {
        var data: [UInt8] = []
        var pixels = 0
        let frames = samples.count / channels
        for start in stride(from: 0, to: frames, by: samplesPerPixel) {
            var low = 32_767
            var high = -32_768
            for frame in start..<min(frames, start + samplesPerPixel) {
                var sum = 0
                for channel in 0..<channels { sum += Int(samples[frame * channels + channel]) }
                low = min(low, sum / channels)
                high = max(high, sum / channels)
            }
            data.append(UInt8(bitPattern: Int8(low / 256)))
            data.append(UInt8(bitPattern: Int8(high / 256)))
            pixels += 1
        }
        let header = WaveformHeader(
            sampleRate: Int32(rate), samplesPerPixel: Int32(samplesPerPixel), length: UInt32(pixels))
        return header.encoded() + data
    }

    @Test(
        "the waveform is the format's, byte for byte",
        arguments: ["note.wav", "speech.wav", "speech-stereo.wav", "speech-51.wav", "note.flac", "speech.aiff"])
    func matchesReference(file: String) throws {
        let path = try Fixtures.path(file)
        let processed = try Tools.process(path)
        let samples = try Tools.decoded(path)
        let expected = Self.reference(
            samples, channels: processed.report.channels, rate: processed.report.sampleRate, samplesPerPixel: 256)
        #expect(processed.waveform == expected)
        #expect(processed.report.waveformBytes == Int64(expected.count))
    }

    @Test(
        "floating-point and lossy sources agree with ffmpeg's own 16 bit", arguments: ["note-float.wav", "note.opus"])
    func floatSources(file: String) throws {
        let path = try Fixtures.path(file)
        let processed = try Tools.process(path)
        let samples = try Tools.decoded(path)
        #expect(processed.waveform == Self.reference(samples, channels: 1, rate: 48_000, samplesPerPixel: 256))
    }

    @Test("division truncates toward zero on both sides", arguments: [1, 2, 3])
    func truncation(channels: Int) throws {
        // Values around every multiple of 256, and sums that do not divide evenly.
        let values: [Int16] = [-32_768, -32_767, -257, -256, -255, -1, 0, 1, 255, 256, 257, 32_767]
        let frames = 256 * values.count + 100
        let samples = (0..<frames * channels).map { index in
            values[index / channels / 256 % values.count] &+ Int16(index % channels)
        }
        let folder = try TemporaryFolder()
        let path = try folder.write(Tools.wav(samples, rate: 8_000, channels: channels), as: "values.wav")
        let waveform = try Tools.process(path).waveform
        #expect(waveform == Self.reference(samples, channels: channels, rate: 8_000, samplesPerPixel: 256))
        if channels == 1 {
            let data = waveform.dropFirst(24).map { Int8(bitPattern: $0) }
            #expect(Array(data.prefix(14)) == [-128, -128, -127, -127, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0])
        }
    }

    @Test("every derived zoom equals a direct generation", arguments: (0...12).map { 256 << $0 })
    func zooms(samplesPerPixel: Int) throws {
        let samples = Tools.noise(count: 256 * 300 + 77) + [Int16](repeating: 0, count: 1_000)
        let base = Self.reference(samples, channels: 1, rate: 16_000, samplesPerPixel: 256)
        let zoom = try WaveformZoom(samplesPerPixel: samplesPerPixel)
        let derived = try WaveformFormat.zoomed(base, to: zoom)
        #expect(derived == Self.reference(samples, channels: 1, rate: 16_000, samplesPerPixel: samplesPerPixel))
    }
}
