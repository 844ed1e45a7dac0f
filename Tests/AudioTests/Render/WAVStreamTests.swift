import Core
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Audio

@Suite("A preview is one file, whatever parts of it are asked for")
struct WAVStreamTests {
    /// Segments of three sources at two rates, forward and back, with silence, fades and crossfades.
    private func project(settings: EditSettings = EditSettings()) throws -> EditProject {
        let files = [
            try Fixtures.path("speech.wav"), try Fixtures.path("speech.mp3"), try Fixtures.path("note-44k.wav"),
        ]
        return try EditProject(files, rate: 8_000, settings: settings) { sources in
            let ids = sources.map(\.recording)
            return [
                EditSegment(source: ids[0], start: 300_000, end: 420_001, fadeIn: 4_000),
                EditSegment(source: ids[2], start: 1_001, end: 60_000, gain: -3, overlap: 5_000),
                EditSegment(source: ids[1], start: 100_000, end: 300_000, overlap: 20_000), .silence(12_345),
                EditSegment(source: ids[0], start: 0, end: 150_000, fadeOut: 100_000),
                EditSegment(source: ids[2], start: 20_000, end: 80_000, overlap: 1),
            ]
        }
    }

    @Test("fifty ranges are those bytes of the whole, and the whole is the export")
    func ranges() throws {
        let edit = try project()
        let folder = try TemporaryFolder()
        _ = try edit.export(.wav(.int16), to: folder.file("export.wav"))
        let whole = try Tools.bytes(folder.file("export.wav"))
        try edit.withSources { sources in
            let stream = try WAVStream(edit.list, sources: sources)
            #expect(stream.layout.length == Int64(whole.count))
            #expect(try stream.bytes(in: 0..<stream.layout.length) == whole)
            var generator = SeededGenerator(seed: 23)
            for _ in 0..<50 {
                let start = Int.random(in: 0..<whole.count, using: &generator)
                let end = min(whole.count, start + Int.random(in: 1...60_000, using: &generator))
                let bytes = try stream.bytes(in: Int64(start)..<Int64(end))
                #expect(bytes == Array(whole[start..<end]), "\(start)..<\(end)")
            }
            for range in [0..<1, 43..<45, 44..<45, 45..<46, 0..<44, (whole.count - 1)..<whole.count] {
                let bytes = try stream.bytes(in: Int64(range.lowerBound)..<Int64(range.upperBound))
                #expect(bytes == Array(whole[range]), "\(range)")
            }
            #expect(try stream.bytes(in: stream.layout.length..<(stream.layout.length + 10)).isEmpty)
            #expect(try stream.bytes(in: (-10)..<0).isEmpty)
        }
    }

    @Test("ranges agree with noise reduction, too", .enabled(if: NoiseReducer.load()))
    func denoised() throws {
        let edit = try project(settings: EditSettings(noiseReduction: 0.5))
        let whole = try edit.withSources { sources in
            let stream = try WAVStream(edit.list, sources: sources)
            return try stream.bytes(in: 0..<stream.layout.length)
        }
        try edit.withSources { sources in
            let stream = try WAVStream(edit.list, sources: sources)
            var generator = SeededGenerator(seed: 29)
            for _ in 0..<10 {
                let start = Int.random(in: 0..<whole.count, using: &generator)
                let end = min(whole.count, start + Int.random(in: 1...120_000, using: &generator))
                let bytes = try stream.bytes(in: Int64(start)..<Int64(end))
                #expect(bytes == Array(whole[start..<end]), "\(start)..<\(end)")
            }
        }
    }

    @Test("a gain for the whole is applied")
    func gain() throws {
        let edit = try EditProject(whole: Fixtures.path("speech.wav"))
        let bytes = try edit.withSources { sources in
            try WAVStream(edit.list, sources: sources, decibels: -6).bytes(in: 44..<Int64(44 + 20_000))
        }
        let factor = pow(10, -6.0 / 20)
        let expected = try Tools.decoded(Fixtures.path("speech.wav")).prefix(10_000).map {
            Int16((Double($0) * factor).rounded(.toNearestOrEven))
        }
        #expect(bytes == expected.withUnsafeBytes { Array($0) })
    }

    @Test("the header is known before, in 44 bytes, and in RF64 beyond 4 GiB")
    func header() throws {
        let list = try EditList(sampleRate: 8_000, sources: [], segments: [.silence(100)])
        let expected = Tools.wav([Int16](repeating: 0, count: 200), rate: 8_000, channels: 2)
        #expect(WAVStream.header(for: list, channels: 2) == Array(expected.prefix(44)))
        #expect(WAVLayout(list, channels: 2).length == Int64(expected.count))
        // 4 GiB of 16 bit in mono are 2³¹ samples.
        let long = try EditList(sampleRate: 48_000, sources: [], segments: [.silence(1 << 31)])
        let layout = WAVLayout(long, channels: 1)
        #expect(layout.header.count == 80)
        #expect(layout.header.starts(with: "RF64".utf8))
        #expect(layout.length == 80 + (1 << 32))
        #expect(layout.frames(of: 0..<80).isEmpty)
        #expect(layout.frames(of: 79..<81) == 0..<1)
        #expect(layout.frames(of: 81..<84) == 0..<2)
        let end: Int64 = 1 << 31
        #expect(layout.frames(of: (layout.length - 1)..<(layout.length + 5)) == (end - 1)..<end)
    }

    @Test("other programs read RF64")
    func large() throws {
        let header = WAVHeader(sample: .int16, rate: 48_000, channels: 2, frames: 3_600 * 48_000 * 10)
        #expect(header.dataBytes > 1 << 32)
        let folder = try TemporaryFolder()
        // The rest of the file is a hole.
        let path = try folder.write(header.bytes, as: "large.wav")
        try #require(truncate(path, off_t(Int64(header.bytes.count) + header.dataBytes)) == 0)
        let said = try Tools.ffmpeg(["-i", path, "-t", "1", "-f", "null", "-"]).messages
        #expect(said.contains("Duration: 10:00:00.00"), "\(said)")
    }
}
