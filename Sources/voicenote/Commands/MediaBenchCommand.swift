import ArgumentParser
import Audio
import Core
import Foundation

/// `voicenote media-bench`: times the media worker, for `make bench`.
struct MediaBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media-bench", abstract: "Time the processing of a file in a warm media worker.",
        shouldDisplay: false)

    @Option(help: "How many times.") var runs = 5
    @Option(help: "The Opus encoder's complexity.") var complexity: Int?
    @Argument(help: "The audio file.") var file: String

    private struct Report: Encodable {
        let seconds: [Double]
        let peakRSSBytes: Int64
    }

    func run() async throws {
        let pool = MediaWorkerPool(executable: try Composition.ownPath(), count: 1)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("voicenote-bench-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var options = MediaOptions()
        if let complexity { options.opusComplexity = complexity }
        var seconds: [Double] = []
        var peak: Int64 = 0
        // The first one starts the worker and is not counted.
        for number in 0...max(1, runs) {
            let clock = ContinuousClock()
            let (listen, waveform) = (folder.path + "/\(number).ogg", folder.path + "/\(number).dat")
            let start = clock.now
            _ = try await pool.process(
                input: file, listenOutput: listen, waveformOutput: waveform, options: options)
            if number > 0 { seconds.append((clock.now - start).seconds) }
            for process in pool.status.processIdentifiers { peak = max(peak, Self.peakResidentBytes(of: process)) }
        }
        await pool.shutdown()
        print(String(decoding: try JSONEncoder().encode(Report(seconds: seconds, peakRSSBytes: peak)), as: UTF8.self))
    }

    private static func peakResidentBytes(of process: Int32) -> Int64 {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int64($0) } ?? 0) * 1024
    }
}
