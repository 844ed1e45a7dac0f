import Foundation
import Glibc
import Testing

@testable import Audio
@testable import Core

/// What a pass over a file in this process gave.
struct Processed {
    let report: AudioReport
    let listen: [UInt8]
    let waveform: [UInt8]
}

enum Tools {
    /// Runs the engine in this process.
    static func process(_ path: String, options: MediaOptions = fast) throws -> Processed {
        let folder = try TemporaryFolder()
        let input = open(path, O_RDONLY)
        let listen = open(folder.file("listen"), O_RDWR | O_CREAT, 0o600)
        let waveform = open(folder.file("waveform"), O_RDWR | O_CREAT, 0o600)
        defer { for descriptor in [input, listen, waveform] { close(descriptor) } }
        let report = try MediaEngine(options: options).process(
            input: input, listenOutput: listen, waveformOutput: waveform
        ) { _ in }
        return Processed(
            report: report, listen: try bytes(folder.file("listen")), waveform: try bytes(folder.file("waveform")))
    }

    /// Only the report, which takes no encoder.
    static func report(_ path: String, options: MediaOptions = fast) throws -> AudioReport {
        let input = open(path, O_RDONLY)
        defer { close(input) }
        return try MediaEngine(options: options).process(input: input, listenOutput: nil, waveformOutput: nil) { _ in }
    }

    /// The encoder's effort is not what these tests are about.
    static var fast: MediaOptions {
        var options = MediaOptions()
        options.opusComplexity = 0
        return options
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Runs ffmpeg, an implementation that is not ours, and answers what it says and writes.
    static func ffmpeg(_ arguments: [String]) throws -> (output: [UInt8], messages: String) {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["ffmpeg", "-nostdin", "-hide_banner", "-nostats"] + arguments
        for name in ["out", "err"] { _ = try folder.write([], as: name) }
        process.standardOutput = FileHandle(forWritingAtPath: folder.file("out"))
        process.standardError = FileHandle(forWritingAtPath: folder.file("err"))
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let messages = String(decoding: try bytes(folder.file("err")), as: UTF8.self)
        try #require(process.terminationStatus == 0, "\(messages)")
        return (try bytes(folder.file("out")), messages)
    }

    /// The samples of a file as ffmpeg decodes them: 16 bit, interleaved.
    static func decoded(_ path: String, _ arguments: [String] = [], before: [String] = []) throws -> [Int16] {
        let output = try ffmpeg(["-v", "error"] + before + ["-i", path] + arguments + ["-f", "s16le", "-"]).output
        return output.withUnsafeBytes { raw in
            (0..<raw.count / 2).map { raw.loadUnaligned(fromByteOffset: $0 * 2, as: Int16.self) }
        }
    }

    /// A WAV file of 16-bit samples.
    static func wav(_ samples: [Int16], rate: Int, channels: Int) -> [UInt8] {
        var bytes = Array("RIFF".utf8)
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(UInt32(36 + samples.count * 2))
        bytes.append(contentsOf: "WAVEfmt ".utf8)
        append(UInt32(16))
        append(UInt16(1))
        append(UInt16(channels))
        append(UInt32(rate))
        append(UInt32(rate * channels * 2))
        append(UInt16(channels * 2))
        append(UInt16(16))
        bytes.append(contentsOf: "data".utf8)
        append(UInt32(samples.count * 2))
        samples.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// A stereo sine of stated levels, one after the other; level in dBFS, length in seconds.
    static func sine(_ parts: [(level: Double, seconds: Double)], hertz: Double = 1_000, rate: Int = 48_000) -> [Int16]
    {
        var samples: [Int16] = []
        var index = 0
        for part in parts {
            let amplitude = pow(10, part.level / 20) * 32_767
            for _ in 0..<Int(part.seconds * Double(rate)) {
                let value = Int16((sin(2 * .pi * hertz * Double(index) / Double(rate)) * amplitude).rounded())
                samples.append(value)
                samples.append(value)
                index += 1
            }
        }
        return samples
    }

    /// Like speech in that it has loud and quiet parts; the same each time.
    static func noise(count: Int, seed: UInt64 = 42) -> [Int16] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int16(truncatingIfNeeded: state >> 40)
        }
    }
}
