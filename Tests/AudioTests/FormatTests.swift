import Core
import Glibc
import Testing

@testable import Audio

@Suite struct FormatTests {
    struct Expectation: Sendable, CustomTestStringConvertible {
        let file: String
        let container: String
        let codec: String
        let mimeType: String
        let durationMs: Int64
        let rate: Int
        var channels = 1
        var bitDepth: Int?
        var quality = QualityRating.low
        /// How far the decoded length may be off, for formats without a mark of where the padding starts.
        var toleranceMs: Int64 = 1

        var testDescription: String { file }
    }

    static let note: Int64 = 10_000
    static let speech: Int64 = 71_507

    static let expectations: [Expectation] = [
        .init(
            file: "note.wav", container: "wav", codec: "pcm_s16le", mimeType: "audio/wav", durationMs: note,
            rate: 48_000, bitDepth: 16, quality: .cd),
        .init(
            file: "note-24.wav", container: "wav", codec: "pcm_s24le", mimeType: "audio/wav", durationMs: note,
            rate: 48_000, bitDepth: 24, quality: .cd),
        .init(
            file: "note-96k.wav", container: "wav", codec: "pcm_s24le", mimeType: "audio/wav", durationMs: note,
            rate: 96_000, bitDepth: 24, quality: .highResolution),
        .init(
            file: "note-float.wav", container: "wav", codec: "pcm_f32le", mimeType: "audio/wav", durationMs: note,
            rate: 48_000, bitDepth: 32, quality: .cd),
        .init(
            file: "note-mulaw.wav", container: "wav", codec: "pcm_mulaw", mimeType: "audio/wav", durationMs: note,
            rate: 8_000, bitDepth: 8),
        .init(
            file: "note-u8.wav", container: "wav", codec: "pcm_u8", mimeType: "audio/wav", durationMs: note,
            rate: 11_025, bitDepth: 8),
        .init(
            file: "note-44k.wav", container: "wav", codec: "pcm_s16le", mimeType: "audio/wav", durationMs: note,
            rate: 44_100, bitDepth: 16, quality: .cd),
        .init(
            file: "piped.wav", container: "wav", codec: "pcm_s16le", mimeType: "audio/wav", durationMs: note,
            rate: 48_000, bitDepth: 16, quality: .cd),
        .init(
            file: "speech.wav", container: "wav", codec: "pcm_s16le", mimeType: "audio/wav", durationMs: speech,
            rate: 8_000, bitDepth: 16),
        .init(
            file: "speech-stereo.wav", container: "wav", codec: "pcm_s16le", mimeType: "audio/wav",
            durationMs: speech, rate: 48_000, channels: 2, bitDepth: 16, quality: .cd),
        .init(
            file: "speech-51.wav", container: "wav", codec: "pcm_s16le", mimeType: "audio/wav", durationMs: 10_000,
            rate: 48_000, channels: 6, bitDepth: 16, quality: .cd),
        .init(
            file: "speech-51.flac", container: "flac", codec: "flac", mimeType: "audio/flac", durationMs: 10_000,
            rate: 48_000, channels: 6, bitDepth: 16, quality: .cd),
        .init(
            file: "note.flac", container: "flac", codec: "flac", mimeType: "audio/flac", durationMs: note,
            rate: 48_000, bitDepth: 16, quality: .cd),
        .init(file: "note.mp3", container: "mp3", codec: "mp3", mimeType: "audio/mpeg", durationMs: note, rate: 48_000),
        .init(
            file: "note-cover.mp3", container: "mp3", codec: "mp3", mimeType: "audio/mpeg", durationMs: note,
            rate: 48_000),
        .init(
            file: "speech.mp3", container: "mp3", codec: "mp3", mimeType: "audio/mpeg", durationMs: speech,
            rate: 8_000),
        .init(
            file: "speech-stereo.mp3", container: "mp3", codec: "mp3", mimeType: "audio/mpeg", durationMs: speech,
            rate: 48_000, channels: 2, quality: .cd),
        .init(file: "note.m4a", container: "mp4", codec: "aac", mimeType: "audio/mp4", durationMs: note, rate: 48_000),
        .init(
            file: "note-faststart.m4a", container: "mp4", codec: "aac", mimeType: "audio/mp4", durationMs: note,
            rate: 48_000),
        .init(
            file: "speech.m4a", container: "mp4", codec: "aac", mimeType: "audio/mp4", durationMs: speech,
            rate: 8_000),
        .init(
            file: "note-alac.m4a", container: "mp4", codec: "alac", mimeType: "audio/mp4", durationMs: note,
            rate: 48_000, bitDepth: 16, quality: .cd),
        // ADTS says nowhere how much of its first and last frame is padding.
        .init(
            file: "note.aac", container: "aac", codec: "aac", mimeType: "audio/aac", durationMs: note, rate: 48_000,
            toleranceMs: 45),
        .init(
            file: "note-vorbis.ogg", container: "ogg", codec: "vorbis", mimeType: "audio/ogg", durationMs: note,
            rate: 48_000),
        .init(
            file: "note.opus", container: "ogg", codec: "opus", mimeType: "audio/ogg", durationMs: note,
            rate: 48_000),
        .init(
            file: "note.webm", container: "webm", codec: "opus", mimeType: "audio/webm", durationMs: note,
            rate: 48_000),
        .init(
            file: "speech.webm", container: "webm", codec: "opus", mimeType: "audio/webm", durationMs: speech,
            rate: 48_000, toleranceMs: 21),
        // AMR has whole frames of 20 ms, with the pauses that its encoder left out.
        .init(
            file: "speech.amr", container: "amr", codec: "amr_nb", mimeType: "audio/amr", durationMs: speech,
            rate: 8_000, toleranceMs: 21),
        .init(
            file: "speech.3gp", container: "3gp", codec: "amr_nb", mimeType: "audio/3gpp", durationMs: speech,
            rate: 8_000, toleranceMs: 21),
        .init(
            file: "note.aiff", container: "aiff", codec: "pcm_s16be", mimeType: "audio/aiff", durationMs: note,
            rate: 48_000, bitDepth: 16, quality: .cd),
        .init(
            file: "note.au", container: "au", codec: "pcm_s16be", mimeType: "audio/basic", durationMs: note,
            rate: 48_000, bitDepth: 16, quality: .cd),
        .init(
            file: "note.caf", container: "caf", codec: "pcm_s16be", mimeType: "audio/x-caf", durationMs: note,
            rate: 48_000, bitDepth: 16, quality: .cd),
        .init(
            file: "film.mp4", container: "mp4", codec: "aac", mimeType: "video/mp4", durationMs: 3_000,
            rate: 48_000),
    ]

    @Test("a file's properties come from its content", arguments: expectations)
    func properties(_ expected: Expectation) throws {
        let report = try Tools.report(Fixtures.path(expected.file))
        #expect(report.container == expected.container)
        #expect(report.codec == expected.codec)
        #expect(report.mimeType == expected.mimeType)
        #expect(abs(report.durationMs - expected.durationMs) <= expected.toleranceMs, "\(report.durationMs) ms")
        #expect(report.sampleRate == expected.rate)
        #expect(report.channels == expected.channels)
        #expect(report.bitDepth == expected.bitDepth)
        #expect(report.quality == expected.quality)
        #expect(report.warnings.isEmpty)
        #expect(report.totalSamples * 1_000 / Int64(report.sampleRate) <= report.durationMs)
    }

    @Test(
        "the bit rate is that of the audio alone",
        arguments: [
            ("note.wav", Int64(768_000), Int64(0)), ("note.mp3", 64_000, 1_000), ("note-cover.mp3", 64_000, 1_000),
        ])
    func bitRate(file: String, expected: Int64, tolerance: Int64) throws {
        let report = try Tools.report(Fixtures.path(file))
        #expect(abs(report.bitRate - expected) <= tolerance, "\(report.bitRate)")
    }

    @Test(
        "progress rises to one and never falls", arguments: ["speech.wav", "speech.m4a", "speech.webm", "speech.mp3"])
    func progress(file: String) throws {
        let input = open(try Fixtures.path(file), O_RDONLY)
        defer { close(input) }
        var seen: [Double] = []
        _ = try MediaEngine(options: Tools.fast).process(input: input, listenOutput: nil, waveformOutput: nil) {
            seen.append($0)
        }
        #expect(seen.count > 10)
        #expect(seen == seen.sorted())
        #expect(seen.last == 1)
        #expect(seen.contains { (0.3...0.7).contains($0) })
    }
}
