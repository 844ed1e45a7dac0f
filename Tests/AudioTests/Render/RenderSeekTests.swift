import Core
import Foundation
import TestSupport
import Testing

@testable import Audio

@Suite("A place in a source is found exactly, whatever holds it")
struct RenderSeekTests {
    /// Segments from the end to the beginning, so that each has to be sought.
    private func backwards(_ path: String, count: Int = 8) throws -> EditProject {
        let rate = try Tools.report(path).sampleRate
        return try EditProject([path], rate: rate) { sources in
            let step = sources[0].length / Int64(count)
            return (0..<Int64(count)).reversed().map { index in
                EditSegment(
                    source: sources[0].recording, start: index * step + 17,
                    end: min(sources[0].length, index * step + 17 + Int64(rate)))
            }
        }
    }

    @Test(
        "decoders that remember little give the same samples from any place",
        arguments: [
            "speech.wav", "speech-24.wav", "speech.aiff", "speech.au", "speech.caf", "speech.flac", "speech-alac.m4a",
            "speech-stereo.flac", "speech.mp3", "speech-stereo.mp3", "speech-vorbis.ogg", "speech.amr", "speech.3gp",
        ])
    func exact(file: String) throws {
        let path = try Fixtures.path(file)
        let edit = try backwards(path)
        let whole = try EditProject(whole: path).samples()
        let channels = whole.count / Int(edit.list.sources[0].length)
        let expected = edit.list.segments.flatMap { whole[Int($0.start) * channels..<Int($0.end) * channels] }
        #expect(try edit.samples() == expected)
    }

    @Test(
        "others give them at the same time",
        arguments: ["speech.m4a", "speech-faststart.m4a", "speech.aac", "speech.opus", "speech.webm"])
    func aligned(file: String) throws {
        let path = try Fixtures.path(file)
        let edit = try backwards(path)
        let whole = try EditProject(whole: path).samples()
        let expected = edit.list.segments.flatMap { whole[Int($0.start)..<Int($0.end)] }
        let samples = try edit.samples()
        try #require(samples.count == expected.count)
        var position = 0
        for segment in edit.list.segments {
            let part = position..<position + Int(segment.length)
            position = part.upperBound
            let (wanted, found) = (Array(expected[part].prefix(6_000)), Array(samples[part].prefix(6_000)))
            guard RenderTools.level(wanted) > -45 else { continue }
            #expect(RenderTools.lag(wanted, found, most: 50) == 0, "\(segment.start)")
            let difference = zip(wanted, found).map { $0 - $1 }
            #expect(RenderTools.level(difference) < RenderTools.level(wanted) - 10, "\(segment.start)")
        }
    }

    @Test("ten hours are sought in at once", arguments: ["ten-hours.flac"])
    func far(file: String) throws {
        let edit = try EditProject([Fixtures.path(file)], rate: 8_000) { sources in
            [9, 1, 5, 0].map { hour in
                EditSegment(source: sources[0].recording, start: hour * 28_800_000, end: hour * 28_800_000 + 8_000)
            }
        }
        let start = ContinuousClock.now
        #expect(try edit.samples().count == 32_000)
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test(
        "a source of another rate has exactly the length of the list, and begins where it did",
        arguments: [
            ("note-44k.wav", 48_000), ("note.wav", 44_100), ("speech.wav", 48_000), ("note-96k.wav", 8_000),
            ("note-u8.wav", 768_000), ("note.mp3", 44_101), ("speech-stereo.wav", 16_000),
        ])
    func resampled(file: String, rate: Int) throws {
        let path = try Fixtures.path(file)
        let report = try Tools.report(path)
        let edit = try EditProject([path], rate: rate) { sources in
            [EditSegment(source: sources[0].recording, start: 0, end: min(sources[0].length, Int64(rate) * 5))]
        }
        let exact = (Double(report.totalSamples) * Double(rate) / Double(report.sampleRate)).rounded(.up)
        #expect(edit.list.sources[0].length == Int64(exact))
        let samples = try edit.samples()
        #expect(samples.count == Int(edit.list.length) * min(2, report.channels))
        let reference = try Tools.ffmpeg([
            "-v", "error", "-i", path, "-ar", "\(rate)", "-c:a", "pcm_f64le", "-f", "f64le", "-",
        ]).output
        let expected = reference.withUnsafeBytes { raw in
            (0..<min(samples.count, raw.count / 8)).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
        }
        let difference = zip(samples, expected).map { $0 - $1 }
        #expect(RenderTools.level(difference) < RenderTools.level(expected) - 60)
    }

    @Test(
        "a resampled source does not depend on where a segment begins",
        arguments: [("note-44k.wav", 48_000), ("speech.wav", 44_100), ("note.flac", 11_025), ("note.wav", 44_101)])
    func grid(file: String, rate: Int) throws {
        let path = try Fixtures.path(file)
        let whole = try EditProject([path], rate: rate) { sources in
            [EditSegment(source: sources[0].recording, start: 0, end: sources[0].length)]
        }
        let samples = try whole.samples()
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<6 {
            let start = Int64.random(in: 0..<whole.list.length - 3_000, using: &generator)
            let part = try whole.applying(.trim(start: start, end: start + 3_000)).samples()
            #expect(zip(part, samples[Int(start)..<Int(start) + 3_000]).allSatisfy { abs($0 - $1) < 1e-12 }, "\(start)")
        }
    }

    @Test(
        "the length of an Opus packet is read from its head",
        arguments: [
            ([UInt8(0x00)], Int64(480)), ([0x18], 2_880), ([0x60], 480), ([0x80], 120), ([0x98], 960), ([0x99], 1_920),
            ([0x9B, 0x03], 2_880), ([0x1B, 0x3F], nil), ([], nil), ([0x1B], nil),
        ] as [([UInt8], Int64?)])
    func opus(bytes: [UInt8], expected: Int64?) {
        #expect(bytes.withUnsafeBufferPointer { OpusPacket.samples($0) } == expected)
    }
}
