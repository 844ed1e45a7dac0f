import Core
import Foundation
import Synchronization
import Testing

@testable import Audio

@Suite("The sandboxed worker renders, too", .serialized)
struct RenderWorkerTests {
    private func pool() throws -> MediaWorkerPool {
        MediaWorkerPool(executable: try Fixtures.worker(), count: 1)
    }

    private func edit(settings: EditSettings = EditSettings()) throws -> EditProject {
        let files = [try Fixtures.path("speech.wav"), try Fixtures.path("note.m4a")]
        return try EditProject(files, rate: 8_000, settings: settings) { sources in
            [
                EditSegment(source: sources[0].recording, start: 0, end: 200_000),
                EditSegment(source: sources[1].recording, start: 8_000, end: 70_000, overlap: 4_000),
                EditSegment(source: sources[0].recording, start: 100_000, end: 180_000, gain: -6),
            ]
        }
    }

    @Test(
        "every format comes through the walls as it comes without them",
        arguments: [
            RenderFormat.wav(.int24), .flac(.int16), .mp3(.variable(quality: 3)), .m4a(bitRate: 48_000),
            .opus(bitRate: 24_000),
        ])
    func formats(format: RenderFormat) async throws {
        let folder = try TemporaryFolder()
        let settings = EditSettings(
            normalize: LoudnessTarget(target: -20), noiseReduction: NoiseReducer.load() ? 0.4 : 0)
        let edit = try edit(settings: settings)
        let pool = try pool()
        let seen = Mutex<[Double]>([])
        let metadata = RenderMetadata(title: "Title", date: .now(), comment: "Comment")
        let request = RenderRequest(list: edit.list, format: format, metadata: metadata)
        let result = try await pool.render(
            request, sources: edit.paths, output: folder.file("worker"), options: Tools.fast
        ) { share in seen.withLock { $0.append(share) } }
        await pool.shutdown()
        #expect(try edit.export(format, to: folder.file("here"), metadata: metadata) == result)
        #expect(try Tools.bytes(folder.file("worker")) == Tools.bytes(folder.file("here")))
        let shares = seen.withLock { $0 }
        #expect(shares == shares.sorted() && shares.last == 1)
    }

    @Test("a preview is that part of the stream")
    func preview() async throws {
        let edit = try edit()
        let pool = try pool()
        let expected = try edit.withSources { try WAVStream(edit.list, sources: $0).bytes(in: 0..<300_000) }
        for range in [0..<44, 0..<300_000, 123_457..<200_001] as [Range<Int64>] {
            let bytes = try await pool.preview(PreviewRequest(list: edit.list, bytes: range), sources: edit.paths)
            #expect(bytes == Array(expected[Int(range.lowerBound)..<Int(range.upperBound)]))
        }
        await #expect(throws: MediaError.self) {
            let whole = PreviewRequest(list: edit.list, bytes: 0..<PreviewRequest.maximumBytes + 1)
            return try await pool.preview(whole, sources: edit.paths)
        }
        #expect(pool.status.lostWorkers == 0)
        await pool.shutdown()
    }

    @Test("a hundred sources travel together")
    func manySources() async throws {
        let path = try Fixtures.path("speech.wav")
        let folder = try TemporaryFolder()
        let sources = (0..<EditList.maximumSources).map { _ in
            EditSource(recording: Recording.ID(), length: 400_000)
        }
        let list = try EditList(
            sampleRate: 8_000, sources: sources,
            segments: sources.enumerated().map { index, source in
                EditSegment(source: source.recording, start: Int64(index) * 1_000, end: Int64(index) * 1_000 + 500)
            })
        let pool = try pool()
        let paths = Dictionary(uniqueKeysWithValues: sources.map { ($0.recording, path) })
        let result = try await pool.render(
            RenderRequest(list: list, format: .wav(.int16)), sources: paths, output: folder.file("export"))
        #expect(result.samples == 50_000)
        let speech = try Tools.decoded(path)
        let expected = (0..<100).flatMap { speech[$0 * 1_000..<$0 * 1_000 + 500] }
        #expect(try Tools.bytes(folder.file("export")) == Tools.wav(expected, rate: 8_000, channels: 1))
        await pool.shutdown()
    }

    @Test("what cannot be rendered leaves no file, and the worker lives on")
    func fails() async throws {
        let folder = try TemporaryFolder()
        let pool = try pool()
        let source = EditSource(recording: Recording.ID(), length: 8_000)
        let list = try EditList(whole: source, sampleRate: 8_000)
        let request = RenderRequest(list: list, format: .flac(.int16))
        let text = try Fixtures.path("bad/text.mp3")
        await #expect(throws: MediaError.notAudio(looksLike: .text)) {
            try await pool.render(request, sources: [source.recording: text], output: folder.file("export"))
        }
        await #expect(throws: MediaError.sourceMissing(recording: "\(source.recording)")) {
            try await pool.render(request, sources: [:], output: folder.file("export"))
        }
        #expect(folder.contents.isEmpty)
        #expect(pool.status.lostWorkers == 0)
        await pool.shutdown()
    }

    @Test("silence alone needs no source")
    func silence() async throws {
        let folder = try TemporaryFolder()
        let pool = try pool()
        let list = try EditList(sampleRate: 8_000, sources: [], segments: [.silence(8_000)])
        let result = try await pool.render(
            RenderRequest(list: list, format: .wav(.int16)), sources: [:], output: folder.file("export"))
        #expect(result.bytes == 16_044)
        await pool.shutdown()
    }

    @Test("memory does not grow with the edit: eight of ten hours, from both ends")
    func memory() async throws {
        let folder = try TemporaryFolder()
        let pool = try pool()
        let path = try Fixtures.path("ten-hours.flac")
        let hour: Int64 = 28_800_000
        let source = EditSource(recording: Recording.ID(), length: hour * 10)
        let list = try EditList(
            sampleRate: 8_000, sources: [source],
            segments: [
                EditSegment(source: source.recording, start: hour * 6, end: hour * 10),
                EditSegment(source: source.recording, start: 0, end: hour * 4, overlap: 80_000),
            ])
        let peak = Mutex(0)
        _ = try await pool.render(
            RenderRequest(list: list, format: .flac(.int16)), sources: [source.recording: path],
            output: folder.file("export")
        ) { share in
            guard share > 0.9, share < 1, let worker = pool.status.processIdentifiers.first,
                let text = try? String(contentsOfFile: "/proc/\(worker)/status", encoding: .utf8),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
            else { return }
            let kibibytes = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            peak.withLock { $0 = max($0, kibibytes) }
        }
        await pool.shutdown()
        let seen = peak.withLock { $0 }
        #expect(seen > 0 && seen <= 120 * 1_024, "\(seen) KiB")
    }
}
