import Core
import Foundation
import Synchronization
import Testing

@testable import Audio

@Suite(.serialized) struct WorkerPoolTests {
    static func pool(count: Int = 1, limits: MediaWorkerLimits = MediaWorkerLimits()) throws -> MediaWorkerPool {
        MediaWorkerPool(executable: try Fixtures.worker(), count: count, limits: limits)
    }

    /// Long enough to be interrupted: five minutes at the highest effort.
    static var slow: MediaOptions { MediaOptions() }

    @Test("a worker gives what the engine gives, with progress")
    func process() async throws {
        let pool = try Self.pool()
        let folder = try TemporaryFolder()
        let seen = Mutex<[Double]>([])
        let path = try Fixtures.path("speech.wav")
        let report = try await pool.process(
            input: path, listenOutput: folder.file("listen.ogg"), waveformOutput: folder.file("wave.dat"),
            options: Tools.fast
        ) { share in seen.withLock { $0.append(share) } }
        let direct = try Tools.process(path)
        #expect(report == direct.report)
        #expect(try Tools.bytes(folder.file("listen.ogg")) == direct.listen)
        #expect(try Tools.bytes(folder.file("wave.dat")) == direct.waveform)
        let shares = seen.withLock { $0 }
        #expect(shares == shares.sorted())
        #expect(shares.last == 1)
        #expect(pool.status.processIdentifiers.count == 1)
        await pool.shutdown()
        #expect(pool.status.processIdentifiers.isEmpty)
    }

    @Test("the outputs can be left out", arguments: [(true, false), (false, true), (false, false)])
    func outputs(listen: Bool, waveform: Bool) async throws {
        let pool = try Self.pool()
        let folder = try TemporaryFolder()
        let report = try await pool.process(
            input: Fixtures.path("note.mp3"), listenOutput: listen ? folder.file("a") : nil,
            waveformOutput: waveform ? folder.file("b") : nil, options: Tools.fast)
        #expect(folder.contents == (listen ? ["a"] : []) + (waveform ? ["b"] : []))
        #expect((report.listenBytes != nil) == listen)
        #expect((report.waveformBytes != nil) == waveform)
        await pool.shutdown()
    }

    @Test("the worker lives through every bad file, and leaves no outputs behind")
    func survives() async throws {
        let pool = try Self.pool()
        let folder = try TemporaryFolder()
        _ = try await pool.process(
            input: Fixtures.path("note.wav"), listenOutput: nil, waveformOutput: nil, options: Tools.fast)
        let worker = pool.status.processIdentifiers
        for name in try FileManager.default.contentsOfDirectory(atPath: Fixtures.path("bad")).sorted() {
            do {
                _ = try await pool.process(
                    input: Fixtures.path("bad/" + name), listenOutput: folder.file("listen"),
                    waveformOutput: folder.file("wave"), options: Tools.fast)
                try FileManager.default.removeItem(atPath: folder.file("listen"))
                try FileManager.default.removeItem(atPath: folder.file("wave"))
            } catch let error as MediaError {
                #expect(!error.isTransient, "\(name): \(error)")
            }
            #expect(folder.contents.isEmpty, "\(name)")
        }
        #expect(pool.status.processIdentifiers == worker)
        #expect(pool.status.lostWorkers == 0)
        await pool.shutdown()
    }

    @Test(
        "a worker that dies fails its request only; the next one gets a new worker",
        arguments: [SIGKILL, SIGSEGV, SIGSYS])
    func dies(signal: Int32) async throws {
        let pool = try Self.pool()
        let folder = try TemporaryFolder()
        await #expect(throws: MediaError.workerCrashed(signal: signal)) {
            _ = try await pool.process(
                input: Fixtures.path("minutes.wav"), listenOutput: folder.file("listen"), waveformOutput: nil,
                options: Self.slow
            ) { _ in
                for worker in pool.status.processIdentifiers { kill(worker, signal) }
            }
        }
        #expect(folder.contents.isEmpty)
        #expect(MediaError.workerCrashed(signal: signal).isTransient)
        let report = try await pool.process(
            input: Fixtures.path("note.wav"), listenOutput: nil, waveformOutput: nil, options: Tools.fast)
        #expect(report.durationMs == 10_000)
        #expect(pool.status.lostWorkers == 1)
        await pool.shutdown()
    }

    @Test("a worker that shows no progress is ended")
    func stalls() async throws {
        var limits = MediaWorkerLimits()
        limits.stall = .seconds(1)
        let pool = try Self.pool(limits: limits)
        let folder = try TemporaryFolder()
        await #expect(throws: MediaError.timedOut(seconds: 1)) {
            _ = try await pool.process(
                input: Fixtures.path("minutes.wav"), listenOutput: folder.file("listen"), waveformOutput: nil,
                options: Self.slow
            ) { _ in
                for worker in pool.status.processIdentifiers { kill(worker, SIGSTOP) }
            }
        }
        #expect(folder.contents.isEmpty)
        await pool.shutdown()
    }

    @Test("a request that takes too long in all is ended")
    func takesTooLong() async throws {
        var limits = MediaWorkerLimits()
        limits.base = .milliseconds(300)
        limits.inputBytesPerSecond = .max
        let pool = try Self.pool(limits: limits)
        await #expect(throws: MediaError.timedOut(seconds: 0)) {
            _ = try await pool.process(
                input: Fixtures.path("ten-hours.flac"), listenOutput: nil, waveformOutput: nil, options: Self.slow)
        }
        await pool.shutdown()
    }

    @Test("a cancelled request ends at once and leaves nothing behind, running or waiting")
    func cancels() async throws {
        let pool = try Self.pool()
        let folder = try TemporaryFolder()
        let minutes = try Fixtures.path("minutes.wav")
        let listen = folder.file("listen")
        let (started, signal) = AsyncStream<Void>.makeStream()
        let running = Task {
            try await pool.process(
                input: minutes, listenOutput: listen, waveformOutput: nil, options: Self.slow
            ) { _ in signal.yield() }
        }
        for await _ in started { break }
        let waiting = Task {
            try await pool.process(input: minutes, listenOutput: nil, waveformOutput: nil, options: Self.slow)
        }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let start = ContinuousClock.now
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(folder.contents.isEmpty)
        await pool.shutdown()
    }

    @Test("a worker is replaced after so many requests, or when it has grown")
    func recycles() async throws {
        var limits = MediaWorkerLimits()
        limits.requestsPerWorker = 2
        for grown in [false, true] {
            if grown {
                limits = MediaWorkerLimits()
                limits.residentBytes = 1
            }
            let pool = try Self.pool(limits: limits)
            let note = try Fixtures.path("note.mp3")
            for _ in 0..<2 {
                _ = try await pool.process(input: note, listenOutput: nil, waveformOutput: nil, options: Tools.fast)
            }
            #expect(pool.status.processIdentifiers.isEmpty)
            #expect(pool.status.lostWorkers == 0)
            await pool.shutdown()
        }
    }

    @Test("many requests share few workers, and each gets its own answer")
    func concurrent() async throws {
        let pool = try Self.pool(count: 2)
        let files = ["note.wav", "speech.mp3", "note.opus", "bad/text.mp3", "speech-51.flac"]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                let file = files[index % files.count]
                let path = try Fixtures.path(file)
                group.addTask {
                    do {
                        let report = try await pool.process(
                            input: path, listenOutput: nil, waveformOutput: nil, options: Tools.fast)
                        #expect(abs(report.durationMs - (file == "speech.mp3" ? 71_507 : 10_000)) < 2)
                    } catch let error as MediaError {
                        #expect(file == "bad/text.mp3" && error == .notAudio(looksLike: .text))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(pool.status.processIdentifiers.count == 2)
        await pool.shutdown()
    }

    @Test("a worker is not blamed for the memory of who started it")
    func parentsMemory() async throws {
        let large = UnsafeMutableRawBufferPointer.allocate(byteCount: 320 << 20, alignment: 4096)
        defer { large.deallocate() }
        for offset in stride(from: 0, to: large.count, by: 4096) { large[offset] = 1 }
        let pool = try Self.pool(count: 1)
        let path = try Fixtures.path("note.wav")
        var workers: Set<[Int32]> = []
        for _ in 0..<3 {
            _ = try await pool.process(input: path, listenOutput: nil, waveformOutput: nil, options: Tools.fast)
            workers.insert(pool.status.processIdentifiers)
        }
        #expect(workers.count == 1)
        await pool.shutdown()
    }

    @Test("shutting down ends what runs and refuses what comes")
    func shutsDown() async throws {
        let pool = try Self.pool()
        let minutes = try Fixtures.path("minutes.wav")
        let (started, signal) = AsyncStream<Void>.makeStream()
        let running = Task {
            try await pool.process(input: minutes, listenOutput: "/dev/null/x", waveformOutput: nil)
        }
        await #expect(throws: MediaError.self) { try await running.value }
        let folder = try TemporaryFolder()
        let listen = folder.file("listen")
        let second = Task {
            try await pool.process(input: minutes, listenOutput: listen, waveformOutput: nil) { _ in signal.yield() }
        }
        for await _ in started { break }
        await pool.shutdown()
        await #expect(throws: MediaError.shutDown) { try await second.value }
        await #expect(throws: MediaError.shutDown) {
            try await pool.process(input: minutes, listenOutput: nil, waveformOutput: nil)
        }
        #expect(folder.contents.isEmpty)
    }

    @Test("an output that exists is not overwritten and not removed")
    func existingOutput() async throws {
        let pool = try Self.pool()
        let folder = try TemporaryFolder()
        let existing = try folder.write([1, 2, 3], as: "listen")
        await #expect(throws: MediaError.outputFailed(errno: EEXIST)) {
            _ = try await pool.process(input: Fixtures.path("note.wav"), listenOutput: existing, waveformOutput: nil)
        }
        #expect(try Tools.bytes(existing) == [1, 2, 3])
        await pool.shutdown()
    }

    @Test("a program that is no worker is said to be none", arguments: ["/bin/true", "/nonexistent", "/bin/cat"])
    func noWorker(executable: String) async throws {
        var limits = MediaWorkerLimits()
        limits.start = .seconds(2)
        let pool = MediaWorkerPool(executable: executable, arguments: [], count: 1, limits: limits)
        do {
            _ = try await pool.process(input: Fixtures.path("note.wav"), listenOutput: nil, waveformOutput: nil)
            Issue.record("\(executable) answered")
        } catch let error as MediaError {
            #expect(error.code == "worker_unavailable")
            #expect(error.isTransient)
        }
        await pool.shutdown()
    }

    @Test("a worker has the walls around it, no descriptor but its own, and no memory that grows with the file")
    func walls() async throws {
        let pool = try Self.pool()
        let folder = try TemporaryFolder()
        let status = Mutex<[String: String]>([:])
        let files = Mutex<[String]>([])
        let report = try await pool.process(
            input: Fixtures.path("ten-hours.flac"), listenOutput: nil, waveformOutput: folder.file("wave"),
            options: Tools.fast
        ) { share in
            guard share > 0.9, share < 1, let worker = pool.status.processIdentifiers.first,
                let text = try? String(contentsOfFile: "/proc/\(worker)/status", encoding: .utf8)
            else { return }
            status.withLock { status in
                for line in text.split(separator: "\n") {
                    let words = line.split(separator: ":", maxSplits: 1)
                    if words.count == 2 { status[String(words[0])] = words[1].trimmingCharacters(in: .whitespaces) }
                }
            }
            let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(worker)/fd")) ?? []
            files.withLock { $0 = open }
        }
        #expect(report.durationMs == 36_000_000)
        #expect(report.silence.items == [.init(startMs: 0, endMs: 36_000_000)])
        let seen = status.withLock { $0 }
        let peak = try #require(seen["VmHWM"]?.split(separator: " ").first.flatMap { Int($0) })
        #expect(peak <= 120 * 1_024, "\(peak) KiB")
        #expect(seen["NoNewPrivs"] == "1")
        #expect(seen["Seccomp"] == "2")
        #expect(seen["Threads"] == "1")
        // Socket, nothing, nothing, its own status, input, waveform.
        #expect(files.withLock { $0.count } <= 6)
        await pool.shutdown()
    }
}
