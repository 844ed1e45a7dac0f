import Core
import Foundation
import Glibc
import Testing

@testable import Audio

@Suite struct BadInputTests {
    @Test(
        "a bad file fails for a reason",
        arguments: [
            ("bad/empty.mp3", MediaError.empty), ("bad/text.mp3", .notAudio(looksLike: .text)),
            ("bad/page.wav", .notAudio(looksLike: .html)), ("bad/picture.m4a", .notAudio(looksLike: .image)),
            ("bad/zeros.wav", .notAudio(looksLike: .zeros)), ("bad/random.mp3", .notAudio(looksLike: nil)),
            ("bad/ten-bytes.wav", .notAudio(looksLike: nil)), ("bad/truncated.m4a", .truncated(container: "mp4")),
            ("bad/channels.au", .tooManyChannels(channels: 1_000_000_000, limit: 32)),
            ("bad/channels.caf", .tooManyChannels(channels: 1_000_000_000, limit: 32)),
            ("bad/channels.wav", .tooManyChannels(channels: 65_535, limit: 32)),
            ("silent-film.mp4", .noAudioStream),
        ])
    func reason(file: String, expected: MediaError) throws {
        let path = try Fixtures.path(file)
        #expect(throws: expected) { try Tools.process(path) }
        #expect(!expected.isTransient)
    }

    @Test(
        "what is left of a damaged file is used, with a warning",
        arguments: [
            ("bad/truncated.wav", [AudioReport.Warning.truncated], Int64(4_166)),
            ("bad/lying.wav", [.truncated], 10_000),
            ("bad/truncated.mp3", [.truncated], 4_969), ("bad/truncated-faststart.m4a", [.truncated], 2_368),
            ("bad/truncated.flac", [.truncated, .damaged], 3_552),
            ("bad/hurt-note.mp3", [.truncated, .damaged], 9_529),
            ("bad/hurt-note.flac", [.damaged], 9_808), ("bad/hurt-note.opus", [.truncated], 8_000),
        ])
    func warnings(file: String, expected: [AudioReport.Warning], durationMs: Int64) throws {
        let report = try Tools.report(Fixtures.path(file))
        #expect(report.warnings == expected)
        #expect(abs(report.durationMs - durationMs) <= 200, "\(report.durationMs)")
    }

    @Test("limits hold: duration, channels and rate")
    func limits() throws {
        var options = Tools.fast
        options.maximumDurationSeconds = 5
        let note = try Fixtures.path("note.mp3")
        #expect(throws: MediaError.tooLong(limitSeconds: 5)) { try Tools.process(note, options: options) }
        options = Tools.fast
        options.maximumChannels = 2
        let surround = try Fixtures.path("speech-51.flac")
        #expect(throws: MediaError.tooManyChannels(channels: 6, limit: 2)) {
            try Tools.process(surround, options: options)
        }
        options = Tools.fast
        options.maximumSampleRate = 44_100
        #expect(throws: MediaError.sampleRateOutOfRange(hertz: 48_000, limit: 44_100)) {
            try Tools.process(note, options: options)
        }
    }

    @Test("a full disk is said to be one")
    func fullDisk() throws {
        let input = open(try Fixtures.path("note.wav"), O_RDONLY)
        let full = open("/dev/full", O_WRONLY)
        defer { for descriptor in [input, full] { close(descriptor) } }
        #expect(throws: MediaError.outputFailed(errno: ENOSPC)) {
            try MediaEngine(options: Tools.fast).process(input: input, listenOutput: nil, waveformOutput: full) { _ in }
        }
        #expect(throws: MediaError.outputFailed(errno: ENOSPC)) {
            try MediaEngine(options: Tools.fast).process(input: input, listenOutput: full, waveformOutput: nil) { _ in }
        }
    }

    @Test(
        "any cut and any hurt gives a report or a reason, never a crash",
        arguments: [
            "note.mp3", "note-faststart.m4a", "note.opus", "note.webm", "note.flac", "speech.amr", "note.caf",
            "note.aiff",
            "note-vorbis.ogg", "note.aac", "speech.3gp", "note-24.wav",
        ])
    func fuzz(file: String) throws {
        let whole = try Fixtures.bytes(file).prefix(120_000)
        var state: UInt64 = 7
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        let folder = try TemporaryFolder()
        for round in 0..<12 {
            var bytes = Array(whole.prefix(round % 3 == 0 ? next(whole.count) + 1 : whole.count))
            for _ in 0..<(round * 4) {
                bytes[next(min(bytes.count, round % 2 == 0 ? 2_000 : bytes.count))] = UInt8(next(256))
            }
            let path = try folder.write(bytes, as: "hurt")
            do {
                let report = try Tools.process(path).report
                #expect(report.totalSamples > 0)
            } catch let error as MediaError {
                #expect(!error.description.isEmpty)
            }
        }
    }

    @Test(
        "samples that are no numbers, or beyond all bounds, do no harm",
        arguments: [Float.nan, .infinity, -.infinity, 1e30, .greatestFiniteMagnitude, .leastNonzeroMagnitude])
    func absurdSamples(value: Float) throws {
        var samples = (0..<96_000).map { Float(sin(Double($0) / 10)) * 0.2 }
        for index in stride(from: 20_000, to: 80_000, by: 7) { samples[index] = value }
        var bytes = Tools.wav([], rate: 48_000, channels: 1)
        // Floating point of 32 bit instead of integers of 16.
        bytes.replaceSubrange(20..<22, with: [3, 0])
        bytes.replaceSubrange(28..<36, with: [0x00, 0xEE, 0x02, 0x00, 4, 0, 32, 0])
        withUnsafeBytes(of: UInt32(samples.count * 4).littleEndian) { bytes.replaceSubrange(40..<44, with: $0) }
        samples.withUnsafeBytes { bytes.append(contentsOf: $0) }
        let folder = try TemporaryFolder()
        let processed = try Tools.process(folder.write(bytes, as: "absurd.wav"))
        #expect(processed.report.durationMs == 2_000)
        _ = try JSONEncoder().encode(processed.report)
    }

    @Test("every error has a code of its own and a sentence")
    func sentences() {
        let errors: [MediaError] = [
            .empty, .notAudio(looksLike: .pdf), .unsupportedFormat(name: "x"), .noAudioStream,
            .damaged(container: "wav"),
            .truncated(container: "mp4"), .tooLong(limitSeconds: 86_400), .tooManyChannels(channels: 99, limit: 32),
            .sampleRateOutOfRange(hertz: 1, limit: 2), .inputUnreadable(errno: EIO), .outputFailed(errno: ENOSPC),
            .outOfMemory, .internalFailure(stage: "x"), .workerCrashed(signal: 11), .timedOut(seconds: 60),
            .workerUnavailable(reason: "x"), .shutDown,
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        #expect(errors.allSatisfy { $0.description.hasSuffix(".") && $0.description.first?.isUppercase == true })
    }
}
