import Core
import Foundation
import Testing

@testable import Audio

@Suite("An export is a file that others read")
struct RenderFormatTests {
    struct Expectation: Sendable, CustomTestStringConvertible {
        let format: RenderFormat
        let container: String
        let codec: String
        /// How far the length may be off, in milliseconds.
        var tolerance: Int64 = 0

        var testDescription: String { "\(format)" }
    }

    static let expectations: [Expectation] = [
        .init(format: .wav(.int16), container: "wav", codec: "pcm_s16le"),
        .init(format: .wav(.int24), container: "wav", codec: "pcm_s24le"),
        .init(format: .wav(.int32), container: "wav", codec: "pcm_s32le"),
        .init(format: .wav(.float32), container: "wav", codec: "pcm_f32le"),
        .init(format: .flac(.int16), container: "flac", codec: "flac"),
        .init(format: .flac(.int24), container: "flac", codec: "flac"),
        .init(format: .mp3(.variable(quality: 2)), container: "mp3", codec: "mp3", tolerance: 1),
        .init(format: .mp3(.constant(bitRate: 64_000)), container: "mp3", codec: "mp3", tolerance: 1),
        .init(format: .m4a(bitRate: 64_000), container: "mp4", codec: "aac", tolerance: 1),
        .init(format: .opus(bitRate: 48_000), container: "ogg", codec: "opus", tolerance: 1),
    ]

    private func note(_ file: String) throws -> EditProject {
        let path = try Fixtures.path(file)
        let length = try EditProject(whole: path).list.length
        return try EditProject(whole: path).applying(.cut(start: length / 4, end: length / 2))
    }

    @Test("each format decodes again with its length", arguments: expectations, ["note.wav", "speech-stereo.wav"])
    func decodes(_ expected: Expectation, file: String) throws {
        let folder = try TemporaryFolder()
        let edit = try note(file)
        let path = folder.file("export." + expected.format.fileExtension)
        let result = try edit.export(expected.format, to: path)
        let report = try Tools.report(path)
        #expect(report.container == expected.container && report.codec == expected.codec)
        #expect(report.mimeType == expected.format.mimeType)
        #expect(report.sampleRate == (expected.container == "ogg" ? 48_000 : result.sampleRate))
        #expect(report.channels == result.channels)
        #expect(report.warnings.isEmpty)
        #expect(result.durationMs == (edit.list.length * 1_000 + 24_000) / 48_000)
        #expect(abs(report.durationMs - result.durationMs) <= expected.tolerance, "\(report.durationMs)")
        #expect(result.bytes == Int64(try Tools.bytes(path).count))
        // Another implementation agrees, and what is heard is what was mixed.
        let decoded = try RenderTools.decoded(path)
        let samples = try edit.samples()
        #expect(abs(RenderTools.level(decoded) - RenderTools.level(samples)) < 1)
    }

    @Test(
        "a rate that the encoder does not know becomes the next one",
        arguments: [
            (.opus(bitRate: 24_000), "note-44k.wav", 48_000), (.opus(bitRate: 24_000), "note-u8.wav", 12_000),
            (.mp3(.variable(quality: 4)), "note-96k.wav", 48_000), (.m4a(bitRate: 96_000), "note-96k.wav", 48_000),
            (.flac(.int24), "note-96k.wav", 96_000), (.mp3(.constant(bitRate: 32_000)), "note-u8.wav", 11_025),
        ] as [(RenderFormat, String, Int)])
    func rates(format: RenderFormat, file: String, rate: Int) throws {
        let folder = try TemporaryFolder()
        let edit = try EditProject(whole: Fixtures.path(file))
        let result = try edit.export(format, to: folder.file("export"))
        #expect(result.sampleRate == rate)
        let exact = Double(edit.list.length) * Double(rate) / Double(edit.list.sampleRate)
        #expect(result.samples == Int64(exact.rounded(.up)))
        #expect(abs(try Tools.report(folder.file("export")).durationMs - result.durationMs) <= 1)
    }

    @Test("odd rates have a rate in every format", arguments: [8_000, 44_101, 65_535, 96_001, 700_000, 768_000])
    func oddRates(rate: Int) {
        #expect(RenderFormat.wav(.int16).sampleRate(for: rate) == rate)
        #expect((8_000...655_350).contains(RenderFormat.flac(.int16).sampleRate(for: rate)))
        for format in [RenderFormat.mp3(.variable(quality: 2)), .m4a(bitRate: 64_000), .opus(bitRate: 64_000)] {
            #expect((8_000...48_000).contains(format.sampleRate(for: rate)))
        }
    }

    @Test("title, date and comment are in every file", arguments: expectations)
    func tags(_ expected: Expectation) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("export." + expected.format.fileExtension)
        let metadata = RenderMetadata(
            title: "Grüße, 雨", date: Timestamp(milliseconds: 1_795_248_000_000), comment: "one\u{0}two")
        _ = try note("speech.wav").export(expected.format, to: path, metadata: metadata)
        // In Ogg, they belong to the stream.
        let said = try ["0", "0:s:0"].map { place in
            let ask = ["-v", "error", "-i", path, "-map_metadata", place, "-f", "ffmetadata", "-"]
            return String(decoding: try Tools.ffmpeg(ask).output, as: UTF8.self).lowercased()
        }.joined()
        #expect(said.contains("title=grüße, 雨"), "\(said)")
        #expect(said.contains("date=2026-11-21"), "\(said)")
        #expect(said.contains("comment=onetwo"), "\(said)")
    }

    @Test("equal edits give equal bytes", arguments: expectations)
    func deterministic(_ expected: Expectation) throws {
        let folder = try TemporaryFolder()
        let edit = try note("speech.wav")
        for name in ["one", "two"] { _ = try edit.export(expected.format, to: folder.file(name)) }
        #expect(try Tools.bytes(folder.file("one")) == Tools.bytes(folder.file("two")))
    }

    @Test("an M4A can be sought in: its index is right")
    func seekable() throws {
        let folder = try TemporaryFolder()
        _ = try EditProject(whole: Fixtures.path("speech.wav")).export(
            .m4a(bitRate: 32_000), to: folder.file("export.m4a"))
        let rest = try Tools.decoded(folder.file("export.m4a"), before: ["-ss", "60"]).count
        #expect(abs(Double(rest) / 8_000 - 11.507) < 0.1)
    }

    @Test("progress rises to one", arguments: [nil, LoudnessTarget(target: -18)])
    func progress(target: LoudnessTarget?) throws {
        let folder = try TemporaryFolder()
        let edit = try EditProject(
            whole: Fixtures.path("minutes.wav"), settings: EditSettings(normalize: target))
        var seen: [Double] = []
        _ = try edit.export(.wav(.int16), to: folder.file("export")) { seen.append($0) }
        #expect(seen == seen.sorted())
        #expect(seen.last == 1)
        #expect(seen.contains { (0.3...0.7).contains($0) })
    }
}
