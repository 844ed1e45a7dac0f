import Core
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Audio

@Suite("Bad sources and impossible requests cost an error, never more")
struct RenderLimitTests {
    /// An edit of a file that says that it is so long.
    private func claiming(_ length: Int64, _ path: String, rate: Int) throws -> EditProject {
        let source = EditSource(recording: Recording.ID(), length: length)
        return EditProject(try EditList(whole: source, sampleRate: rate), paths: [source.recording: path])
    }

    @Test(
        "a source that is no sound is named as what it is",
        arguments: [
            ("bad/empty.mp3", MediaError.empty), ("bad/text.mp3", .notAudio(looksLike: .text)),
            ("bad/zeros.wav", .notAudio(looksLike: .zeros)), ("silent-film.mp4", .noAudioStream),
            ("bad/truncated.m4a", .truncated(container: "mp4")),
        ] as [(String, MediaError)])
    func noSound(file: String, expected: MediaError) throws {
        let edit = try claiming(48_000, Fixtures.path(file), rate: 48_000)
        #expect(throws: expected) { try edit.samples() }
    }

    @Test("a source without a file is named")
    func missing() throws {
        let edit = try claiming(8_000, Fixtures.path("speech.wav"), rate: 8_000)
        let without = EditProject(edit.list, paths: [:])
        let recording = edit.list.sources[0].recording
        #expect(throws: MediaError.sourceMissing(recording: "\(recording)")) { try without.samples() }
    }

    @Test(
        "what a source does not have is silence, and the length is the list's",
        arguments: ["note.wav", "note.mp3", "note.m4a", "note.opus", "note.webm", "note.flac", "note-44k.wav"])
    func short(file: String) throws {
        let edit = try claiming(48_000 * 13, Fixtures.path(file), rate: 48_000)
        let samples = try edit.samples()
        #expect(samples.count == 48_000 * 13)
        #expect(samples[(48_000 * 10 + 5_000)...].allSatisfy { $0 == 0 })
        #expect(RenderTools.level(samples[..<480_000]) > -50)
        // Wherever one begins.
        let end = try edit.applying(.trim(start: 48_000 * 12, end: 48_000 * 13)).samples()
        #expect(end == [Double](repeating: 0, count: 48_000))
        let order = try edit.applying(.move(start: 48_000 * 12, end: 48_000 * 13, to: 0)).samples()
        #expect(order.count == samples.count)
        #expect(RenderTools.level(order[48_000..<480_000]) > -50)
    }

    @Test(
        "damaged files give what is left of them",
        arguments: [
            "bad/hurt-note.mp3", "bad/hurt-note.flac", "bad/hurt-note.opus", "bad/truncated.flac", "bad/truncated.mp3",
            "bad/truncated-faststart.m4a", "bad/lying.wav", "bad/truncated.wav",
        ])
    func damaged(file: String) throws {
        let edit = try claiming(480_000, Fixtures.path(file), rate: 48_000)
        let pieces = try edit.applying(.move(start: 300_000, end: 400_000, to: 0))
        #expect(try edit.samples().count == 480_000)
        #expect(try pieces.samples().count == 480_000)
    }

    @Test("what is not a number is silence, and nothing is endless")
    func numbers() throws {
        let folder = try TemporaryFolder()
        let values: [Float] = [.nan, .infinity, -.infinity, 3e38, 0.5, -0.5, .signalingNaN, -1e30]
        let data = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        let file = try folder.write(RenderTools.wav(.float32, data, rate: 8_000, channels: 1), as: "nan.wav")
        let edit = try claiming(8, file, rate: 8_000)
        #expect(try edit.samples() == [0, 0, 0, 0, 0.5, -0.5, 0, 0])
        for format in [RenderFormat.m4a(bitRate: 32_000), .mp3(.variable(quality: 5)), .opus(bitRate: 16_000)] {
            _ = try edit.export(format, to: folder.file("export." + format.fileExtension))
        }
    }

    @Test("five thousand segments of one sample, forward and back")
    func segments() throws {
        let path = try Fixtures.path("speech.flac")
        let reference = try RenderTools.decoded(path)
        var generator = SeededGenerator(seed: 17)
        var expected: [Double] = []
        let edit = try EditProject([path], rate: 8_000) { sources in
            (0..<5_000).map { index -> EditSegment in
                // Each jump to another place costs a second of decoding.
                let base = index % 100 == 0 ? Int64.random(in: 0..<500_000, using: &generator) : Int64(index)
                expected.append(reference[Int(base)])
                return EditSegment(source: sources[0].recording, start: base, end: base + 1)
            }
        }
        #expect(try edit.samples() == expected)
    }

    @Test("an edit longer than allowed is refused before anything is written")
    func tooLong() throws {
        let folder = try TemporaryFolder()
        let list = try EditList(sampleRate: 8_000, sources: [], segments: [.silence(8_000 * 86_401)])
        #expect(throws: MediaError.tooLong(limitSeconds: 86_400)) {
            try EditProject(list, paths: [:]).export(.flac(.int16), to: folder.file("export"))
        }
        #expect(try Tools.bytes(folder.file("export")).isEmpty)
    }

    @Test(
        "a file larger than allowed is refused",
        arguments: [RenderFormat.wav(.int16), .flac(.int16), .mp3(.constant(bitRate: 64_000)), .m4a(bitRate: 64_000)])
    func tooLarge(format: RenderFormat) throws {
        let folder = try TemporaryFolder()
        let edit = try EditProject(whole: Fixtures.path("minutes.wav"))
        #expect(throws: MediaError.outputFailed(errno: EFBIG)) {
            try edit.export(format, to: folder.file("export"), maximumBytes: 100_000)
        }
        #expect(try Tools.bytes(folder.file("export")).count <= 100_000)
    }

    @Test(
        "impossible settings of a format are refused",
        arguments: [
            RenderFormat.mp3(.variable(quality: 10)), .mp3(.variable(quality: -1)), .mp3(.constant(bitRate: 0)),
            .m4a(bitRate: .max), .opus(bitRate: -1), .opus(bitRate: 600_000),
        ])
    func settings(format: RenderFormat) throws {
        let folder = try TemporaryFolder()
        let edit = try EditProject(whole: Fixtures.path("speech.wav"))
        do {
            _ = try edit.export(format, to: folder.file("export"))
            Issue.record("it was accepted")
        } catch let error as MediaError {
            #expect(error.code == "unsupported_output")
            #expect(!error.isTransient)
            #expect(error.description.hasSuffix("."))
        }
    }
}
