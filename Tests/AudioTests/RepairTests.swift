import Foundation
import Glibc
import Testing

@testable import Audio
@testable import Core

/// A recording whose end never came plays and can be sought in, without being encoded again.
@Suite struct RepairTests {
    /// The samples of a file and what a repair made of it; nil where it made nothing.
    private func repaired(_ path: String, _ folder: TemporaryFolder) throws -> (report: AudioReport, path: String?) {
        let input = open(path, O_RDONLY)
        let target = folder.file("repaired-\(UUID().uuidString)")
        let output = open(target, O_RDWR | O_CREAT, 0o600)
        defer { for descriptor in [input, output] { close(descriptor) } }
        let before = try Tools.bytes(path)
        let report = try MediaEngine(options: Tools.fast).process(
            input: input, listenOutput: nil, waveformOutput: nil, repairedOutput: output
        ) { _ in }
        #expect(try Tools.bytes(path) == before, "the source is only read")
        let made = try Tools.bytes(target)
        #expect(report.repairedBytes == (made.isEmpty ? nil : Int64(made.count)))
        return (report, made.isEmpty ? nil : target)
    }

    private func seconds(_ path: String) throws -> Double {
        let messages = try Tools.ffmpeg(["-i", path, "-c", "copy", "-f", "null", "-"]).messages
        let stated = try #require(messages.firstMatch(of: /Duration: (\d+):(\d+):(\d+\.\d+)/), "\(messages)")
        return try #require(Double(stated.2)) * 60 + (try #require(Double(stated.3)))
    }

    /// Made as a browser does it: into a pipe, so that nothing can be filled in behind.
    private func stream(_ format: String, _ codec: [String], _ name: String, _ folder: TemporaryFolder) throws -> String
    {
        let speech = try Fixtures.path("speech.wav")
        return try folder.write(
            try Tools.ffmpeg(["-v", "error", "-i", speech] + codec + ["-f", format, "-"]).output, as: name)
    }

    @Test("a WebM without duration and cues gets both, with the same samples", arguments: [1.0, 0.6])
    func webm(share: Double) throws {
        let folder = try TemporaryFolder()
        let whole = try Tools.bytes(try stream("webm", ["-c:a", "libopus", "-live", "1"], "live.webm", folder))
        let source = try folder.write(Array(whole.prefix(Int(Double(whole.count) * share))), as: "cut.webm")
        let (report, path) = try repaired(source, folder)
        let target = try #require(path)
        #expect(abs(try seconds(target) - Double(report.durationMs) / 1000) < 0.1)
        #expect(try Tools.decoded(target) == Tools.decoded(source))
        let bytes = try Tools.bytes(target)
        #expect(bytes.firstRange(of: [0x1C, 0x53, 0xBB, 0x6B]) != nil, "the cues' element")
    }

    @Test("an Ogg that was cut in the middle of a page ends on a whole one", arguments: [0.4, 0.77])
    func ogg(share: Double) throws {
        let folder = try TemporaryFolder()
        let whole = try Tools.bytes(try stream("ogg", ["-c:a", "libopus"], "whole.ogg", folder))
        let source = try folder.write(Array(whole.prefix(Int(Double(whole.count) * share))), as: "cut.ogg")
        let (report, path) = try repaired(source, folder)
        let target = try #require(path)
        #expect(abs(try seconds(target) - Double(report.durationMs) / 1000) < 0.1)
        let (made, cut) = (try Tools.decoded(target), try Tools.decoded(source))
        #expect(abs(made.count - cut.count) <= 960 && made.prefix(cut.count - 960) == cut.prefix(cut.count - 960))
        #expect(try repaired(target, folder).path == nil, "a sound one is left alone")
    }

    @Test(
        "a WAV whose header promises more than there is, or nothing at all, tells the truth afterwards",
        arguments: [UInt32.max, 0, 10_000_000])
    func wav(stated: UInt32) throws {
        let folder = try TemporaryFolder()
        let samples = Tools.noise(count: 80_000)
        var bytes = Tools.wav(samples, rate: 16_000, channels: 1)
        for (index, byte) in withUnsafeBytes(of: stated.littleEndian, Array.init).enumerated() {
            bytes[4 + index] = byte
            bytes[40 + index] = byte
        }
        let (report, path) = try repaired(try folder.write(bytes, as: "lying.wav"), folder)
        let target = try #require(path)
        #expect(report.totalSamples == 80_000)
        #expect(try seconds(target) == 5)
        #expect(try Tools.decoded(target) == samples)
    }

    @Test(
        "what is sound is not copied",
        arguments: ["speech.wav", "speech-vorbis.ogg", "note.opus", "speech.mp3", "speech.flac", "note.m4a"])
    func sound(file: String) throws {
        let folder = try TemporaryFolder()
        #expect(try repaired(try Fixtures.path(file), folder).path == nil)
    }

    @Test("equal recordings are repaired to equal bytes")
    func reproducible() throws {
        let folder = try TemporaryFolder()
        let source = try stream("webm", ["-c:a", "libopus", "-live", "1"], "live.webm", folder)
        let first = try Tools.bytes(try #require(try repaired(source, folder).path))
        let again = try TemporaryFolder()
        #expect(try Tools.bytes(try #require(try repaired(source, again).path)) == first)
    }

    @Test("the sandboxed worker repairs too")
    func worker() async throws {
        let folder = try TemporaryFolder()
        let source = try stream("webm", ["-c:a", "libopus", "-live", "1"], "live.webm", folder)
        let pool = MediaWorkerPool(executable: try Fixtures.worker(), count: 1)
        let report = try await pool.process(
            input: source, listenOutput: folder.file("listen"), waveformOutput: folder.file("waveform"),
            repairedOutput: folder.file("repaired"), options: Tools.fast)
        await pool.shutdown()
        #expect(report.repairedBytes == Int64(try Tools.bytes(folder.file("repaired")).count))
        #expect(try Tools.decoded(folder.file("repaired")) == Tools.decoded(source))
    }
}
