import Core
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Audio

/// An edit with the files of its sources.
struct EditProject {
    let list: EditList
    let paths: [Recording.ID: String]

    /// - Parameter segments: what is heard, given the sources in the order of the files.
    init(
        _ files: [String], rate: Int, settings: EditSettings = EditSettings(),
        segments: ([EditSource]) throws -> [EditSegment]
    ) throws {
        var sources: [EditSource] = []
        var paths: [Recording.ID: String] = [:]
        for file in files {
            let report = try Tools.report(file)
            let source = try EditSource(
                recording: Recording.ID(), frames: report.totalSamples, sourceRate: report.sampleRate,
                sampleRate: rate)
            sources.append(source)
            paths[source.recording] = file
        }
        list = try EditList(sampleRate: rate, sources: sources, segments: segments(sources), settings: settings)
        self.paths = paths
    }

    init(_ list: EditList, paths: [Recording.ID: String]) {
        self.list = list
        self.paths = paths
    }

    /// The whole of one file at its own rate.
    init(whole file: String, settings: EditSettings = EditSettings()) throws {
        try self.init([file], rate: Tools.report(file).sampleRate, settings: settings) { sources in
            [EditSegment(source: sources[0].recording, start: 0, end: sources[0].length)]
        }
    }

    /// The edit after an operation.
    func applying(_ operation: EditOperation) throws -> EditProject {
        EditProject(try list.applying(operation), paths: paths)
    }

    func withSources<Result>(_ body: ([Recording.ID: Int32]) throws -> Result) throws -> Result {
        var descriptors: [Recording.ID: Int32] = [:]
        defer { for descriptor in descriptors.values { close(descriptor) } }
        for (recording, path) in paths {
            let descriptor = open(path, O_RDONLY)
            try #require(descriptor >= 0, "\(path)")
            descriptors[recording] = descriptor
        }
        return try body(descriptors)
    }

    /// All samples, interleaved, asked for in blocks of so many.
    func samples(decibels: Double = 0, block: Int = 16_384) throws -> [Double] {
        try withSources { sources in
            let renderer = try EditRenderer(list, sources: sources, decibels: decibels)
            var buffer = [Double](repeating: 0, count: block * renderer.channels)
            var samples: [Double] = []
            while true {
                let count = try buffer.withUnsafeMutableBufferPointer { try renderer.next(into: $0) }
                if count == 0 { return samples }
                samples += buffer[..<(count * renderer.channels)]
            }
        }
    }

    /// Writes a file that must not exist.
    func export(
        _ format: RenderFormat, to path: String, metadata: RenderMetadata = RenderMetadata(),
        loudness: Loudness? = nil, maximumBytes: Int64 = RenderRequest.sizeLimit,
        progress: @escaping (Double) -> Void = { _ in }
    ) throws -> RenderResult {
        let request = RenderRequest(
            list: list, format: format, metadata: metadata, sourceLoudness: loudness, maximumBytes: maximumBytes)
        return try withSources { sources in
            let output = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
            try #require(output >= 0)
            defer { close(output) }
            return try RenderEngine(options: Tools.fast).render(
                request, sources: sources, output: output, progress: progress)
        }
    }
}

enum RenderTools {
    /// The samples of a file as ffmpeg decodes them, in double precision, which changes none.
    static func decoded(_ path: String) throws -> [Double] {
        let output = try Tools.ffmpeg(["-v", "error", "-i", path, "-c:a", "pcm_f64le", "-f", "f64le", "-"]).output
        return output.withUnsafeBytes { raw in
            (0..<raw.count / 8).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
        }
    }

    /// What stands behind the header of a WAV file.
    static func data(_ bytes: [UInt8]) throws -> [UInt8] {
        let mark = try #require(bytes.firstRange(of: Array("data".utf8)))
        return Array(bytes[(mark.upperBound + 4)...])
    }

    /// A WAV file with the samples as they are.
    static func wav(
        _ sample: RenderFormat.WAVSample, _ data: [UInt8], rate: Int, channels: Int
    ) -> [UInt8] {
        var header = WAVHeader(sample: sample, rate: rate, channels: channels, frames: 0)
        header = WAVHeader(
            sample: sample, rate: rate, channels: channels, frames: Int64(data.count / header.bytesPerFrame))
        return header.bytes + data
    }

    /// Random bytes.
    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// By how many samples the second signal has to be moved to look most like the first, as far as `most`.
    static func lag(_ first: [Double], _ second: [Double], most: Int) -> Int {
        let count = min(first.count, second.count)
        var best = (lag: 0, sum: -Double.infinity)
        for lag in -most...most {
            var sum = 0.0
            for index in most..<(count - most) { sum += first[index] * second[index + lag] }
            if sum > best.sum { best = (lag, sum) }
        }
        return best.lag
    }

    /// The mean level in dBFS.
    static func level(_ samples: some Collection<Double>) -> Double {
        10 * log10(samples.reduce(1e-30) { $0 + $1 * $1 } / Double(max(1, samples.count)))
    }
}
