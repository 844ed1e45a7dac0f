import Core
import Foundation
import TestSupport
import Testing

@testable import Audio

@Suite("What an edit does not change stays as it is, bit for bit")
struct RenderExactTests {
    static let lossless = [
        "note.wav", "note-24.wav", "note-float.wav", "note-u8.wav", "note-mulaw.wav", "note-96k.wav",
        "speech-stereo.wav", "speech.aiff", "speech.au", "speech.caf", "note.flac", "speech.flac", "speech-stereo.flac",
        "speech-alac.m4a", "piped.wav",
    ]

    @Test("a cut is the slice of the source", arguments: lossless)
    func cut(file: String) throws {
        let path = try Fixtures.path(file)
        let whole = try EditProject(whole: path)
        let reference = try RenderTools.decoded(path)
        let channels = reference.count / Int(whole.list.length)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<4 {
            let start = Int64.random(in: 0..<whole.list.length - 1, using: &generator)
            let end = Int64.random(in: start + 1...min(whole.list.length, start + 100_000), using: &generator)
            let samples = try whole.applying(.trim(start: start, end: end)).samples()
            #expect(samples == Array(reference[Int(start) * channels..<Int(end) * channels]), "\(start)..<\(end)")
        }
    }

    @Test("the source is only read", arguments: ["note.wav", "note.mp3"])
    func source(file: String) throws {
        let path = try Fixtures.path(file)
        let before = try Tools.bytes(path)
        _ = try EditProject(whole: path).applying(.cut(start: 1_000, end: 300_000)).samples()
        #expect(try Tools.bytes(path) == before)
    }

    @Test(
        "written in the source's bits, a cut has the source's bytes",
        arguments: RenderFormat.WAVSample.allCases, [1, 2])
    func bytes(sample: RenderFormat.WAVSample, channels: Int) throws {
        let folder = try TemporaryFolder()
        let size = WAVHeader(sample: sample, rate: 16_000, channels: channels, frames: 0).bytesPerFrame
        // Bytes of chance are no numbers here and there: floating point gets numbers.
        var data = RenderTools.bytes(size * 40_001, seed: 3)
        if sample == .float32 {
            data = Tools.noise(count: 40_001 * channels).flatMap { value in
                withUnsafeBytes(of: (Float(value) / 20_000).bitPattern.littleEndian) { Array($0) }
            }
        }
        let file = try folder.write(RenderTools.wav(sample, data, rate: 16_000, channels: channels), as: "source.wav")
        let edit = try EditProject(whole: file).applying(.trim(start: 123, end: 33_444))
        let result = try edit.export(.wav(sample), to: folder.file("cut.wav"))
        let made = try Tools.bytes(folder.file("cut.wav"))
        let cut = Array(data[123 * size..<33_444 * size])
        #expect(try RenderTools.data(made) == cut + (cut.count & 1 == 1 ? [0] : []))
        #expect(result.bytes == Int64(made.count))
        #expect(result.samples == 33_321 && result.channels == channels && result.sampleRate == 16_000)
    }

    @Test(
        "FLAC gives back what was written", arguments: RenderFormat.FLACSample.allCases, ["note-24.wav", "note.wav"])
    func flac(sample: RenderFormat.FLACSample, file: String) throws {
        let folder = try TemporaryFolder()
        let edit = try EditProject(whole: Fixtures.path(file)).applying(.trim(start: 5_000, end: 405_000))
        let result = try edit.export(.flac(sample), to: folder.file("cut.flac"))
        let expected = try edit.samples()
        let decoded = try RenderTools.decoded(folder.file("cut.flac"))
        let scale = sample == .int16 ? 32_768.0 : 8_388_608
        #expect(decoded == expected.map { min(scale - 1, ($0 * scale).rounded(.toNearestOrEven)) / scale })
        let report = try Tools.report(folder.file("cut.flac"))
        #expect(report.totalSamples == result.samples && report.bitDepth == (sample == .int16 ? 16 : 24))
        #expect(report.warnings.isEmpty)
    }

    @Test("split and joined again is the same", arguments: ["speech-stereo.wav", "speech.flac", "note-44k.wav"])
    func split(file: String) throws {
        let whole = try EditProject(whole: Fixtures.path(file))
        var pieces = whole
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<20 {
            let position = Int64.random(in: 1..<whole.list.length, using: &generator)
            pieces = try pieces.applying(.split(at: position))
        }
        #expect(pieces.list.segments.count > 15)
        #expect(try pieces.samples() == whole.samples())
        #expect(try pieces.list.coalesced() == whole.list)
    }

    @Test("a hundred segments are what a simple program makes of arrays, in blocks of any size", arguments: [1, 2])
    func segments(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let path = try Fixtures.path("minutes.wav")
        let array = try Tools.decoded(path)
        var expected: [Int16] = []
        let edit = try EditProject([path], rate: 16_000) { sources in
            (0..<100).map { index -> EditSegment in
                guard index % 10 != 9 else {
                    expected += [Int16](repeating: 0, count: 500)
                    return .silence(500)
                }
                let start = Int64.random(in: 0..<sources[0].length - 1, using: &generator)
                let end = Int64.random(in: start + 1...min(sources[0].length, start + 60_000), using: &generator)
                expected += array[Int(start)..<Int(end)]
                return EditSegment(source: sources[0].recording, start: start, end: end)
            }
        }
        let folder = try TemporaryFolder()
        _ = try edit.export(.wav(.int16), to: folder.file("edit.wav"))
        #expect(try Tools.bytes(folder.file("edit.wav")) == Tools.wav(expected, rate: 16_000, channels: 1))
        #expect(try edit.samples(block: 999) == expected.map { Double($0) / 32_768 })
    }

    @Test("mono in a stereo edit is on both sides as loud as it is; stereo in a mono edit is the mean")
    func channels() throws {
        let files = [try Fixtures.path("speech-stereo.wav"), try Fixtures.path("note.wav")]
        let stereo = try RenderTools.decoded(files[0])
        let mono = try RenderTools.decoded(files[1])
        let wide = try EditProject(files, rate: 48_000) { sources in
            sources.map { EditSegment(source: $0.recording, start: 100, end: 2_100) }
        }
        let both: [Double] = mono[100..<2_100].flatMap { (sample: Double) -> [Double] in [sample, sample] }
        #expect(try wide.samples() == Array(stereo[200..<4_200]) + both)
        let narrow = try EditProject(files, rate: 48_000) { sources in
            sources.reversed().map { EditSegment(source: $0.recording, start: 100, end: 2_100) }
        }
        let mean = (100..<2_100).map { (index: Int) -> Double in (stereo[index * 2] + stereo[index * 2 + 1]) * 0.5 }
        #expect(try narrow.samples() == Array(mono[100..<2_100]) + mean)
    }

    @Test("six channels become two, none beyond full scale", arguments: ["speech-51.wav", "speech-51.flac"])
    func downmix(file: String) throws {
        let edit = try EditProject(whole: Fixtures.path(file))
        let samples = try edit.samples()
        #expect(samples.count == Int(edit.list.length) * 2)
        #expect(samples.allSatisfy { abs($0) <= 1 })
        #expect(RenderTools.level(samples) > -50)
    }
}
