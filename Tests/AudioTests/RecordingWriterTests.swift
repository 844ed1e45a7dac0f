import Foundation
import Glibc
import Testing

@testable import Audio
@testable import Core

/// Recordings that can be read whenever the process, or the machine, dies.
@Suite struct RecordingWriterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let codec: RecordingCodec
        let channels: Int
        let bits: Int

        var testDescription: String { "\(codec) \(channels) \(bits)" }

        func format() throws -> RecordingFormat {
            try RecordingFormat(codec: codec, rate: 48_000, channels: channels, bits: bits)
        }
    }

    static let cases = [
        Case(codec: .opus, channels: 1, bits: 16), Case(codec: .opus, channels: 2, bits: 16),
        Case(codec: .flac, channels: 2, bits: 16), Case(codec: .flac, channels: 2, bits: 24),
        Case(codec: .wav, channels: 1, bits: 16), Case(codec: .wav, channels: 1, bits: 24),
    ]

    /// A recording as it was made, with what was on disk at each sync.
    private final class Made {
        let path: String
        let samples: [Int32]
        private(set) var syncs: [(bytes: Int64, frames: Int64)] = []
        private let descriptor: Int32
        let writer: RecordingWriter

        /// Like a recorder: blocks of 50 ms, a sync every eight of them.
        init(_ format: RecordingFormat, seconds: Int, in folder: TemporaryFolder) throws {
            path = folder.file("made-\(UUID().uuidString).\(format.codec.fileExtension)")
            descriptor = open(path, O_RDWR | O_CREAT, 0o600)
            let count = format.rate * format.channels * seconds
            // The lower bits count only where there are so many.
            let mask: Int32 = format.bits > 16 ? 0xFF00 : 0
            samples = Tools.noise(count: count).map { (value: Int16) -> Int32 in
                let wide = Int32(value)
                return wide << 16 | wide << 8 & mask
            }
            writer = try RecordingWriter(format, descriptor: descriptor)
            let block = format.rate / 20 * format.channels
            for (number, start) in stride(from: 0, to: count, by: block).enumerated() {
                try writer.append(samples[start..<min(count, start + block)])
                guard number % 8 == 7 else { continue }
                try writer.sync()
                syncs.append(writer.durable)
            }
        }

        deinit { close(descriptor) }
    }

    private func cut(_ path: String, to size: Int64, in folder: TemporaryFolder) throws -> String {
        let name = "cut-\(size)." + URL(fileURLWithPath: path).pathExtension
        return try folder.write(Array(try Tools.bytes(path).prefix(Int(size))), as: name)
    }

    /// The samples as ffmpeg reads them.
    private func decoded(_ path: String) throws -> [Int32] {
        let output = try Tools.ffmpeg(["-v", "error", "-i", path, "-f", "s32le", "-"]).output
        return output.withUnsafeBytes { raw in
            (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self) }
        }
    }

    @Test("cut off at any byte, it can be read up to less than a second before that", arguments: cases)
    func killed(of kind: Case) throws {
        let folder = try TemporaryFolder()
        let format = try kind.format()
        let made = try Made(format, seconds: 6, in: folder)
        let first = try #require(made.syncs.first)
        let size = made.writer.bytes
        for position in stride(from: first.bytes, through: size, by: Int(max(1, (size - first.bytes) / 23))) {
            let known = try #require(made.syncs.last { $0.bytes <= position })
            let path = try cut(made.path, to: position, in: folder)
            let report = try Tools.report(path)
            #expect(report.totalSamples >= known.frames - Int64(format.rate / 2), "at byte \(position)")
            #expect(report.totalSamples <= made.writer.frames + Int64(format.rate / 10), "at byte \(position)")
            unlink(path)
        }
    }

    @Test("what a sync counts can be decoded, up to 0.1 s that the encoder holds back", arguments: cases)
    func synced(of kind: Case) throws {
        let folder = try TemporaryFolder()
        let format = try kind.format()
        let made = try Made(format, seconds: 3, in: folder)
        for sync in made.syncs {
            let path = try cut(made.path, to: sync.bytes, in: folder)
            #expect(try Tools.report(path).totalSamples >= sync.frames - Int64(format.rate / 10))
        }
    }

    @Test("syncs come with less than half a second held back, and nothing is written twice", arguments: cases)
    func grows(of kind: Case) throws {
        let folder = try TemporaryFolder()
        let format = try kind.format()
        let made = try Made(format, seconds: 4, in: folder)
        let before = try Tools.bytes(made.path)
        #expect(made.syncs.count == 10)
        for sync in made.syncs { #expect(sync.bytes > 0 && sync.frames > 0) }
        try made.writer.finish()
        let after = try Tools.bytes(made.path)
        #expect(after.prefix(before.count) == before[...])
        #expect(made.writer.durable.bytes == Int64(after.count))
    }

    @Test("ended properly, it holds every sample and says how many", arguments: cases)
    func whole(of kind: Case) throws {
        let folder = try TemporaryFolder()
        let format = try kind.format()
        let made = try Made(format, seconds: 3, in: folder)
        try made.writer.finish()
        try made.writer.mendHead()
        let report = try Tools.report(made.path)
        #expect(report.warnings.isEmpty)
        #expect(report.channels == kind.channels && report.sampleRate == 48_000)
        if kind.codec == .opus {
            #expect(abs(report.totalSamples - 3 * 48_000) <= 960)
        } else {
            #expect(report.totalSamples == 3 * 48_000)
            #expect(report.bitDepth == kind.bits)
            #expect(try decoded(made.path) == made.samples)
        }
        let messages = try Tools.ffmpeg(["-i", made.path, "-c", "copy", "-f", "null", "-"]).messages
        #expect(messages.contains("Duration: 00:00:03.0"), "\(messages)")
    }

    @Test("what is ended properly needs no repair", arguments: [RecordingCodec.opus, .wav])
    func sound(codec: RecordingCodec) throws {
        let folder = try TemporaryFolder()
        let made = try Made(try RecordingFormat(codec: codec, rate: 48_000, channels: 1), seconds: 2, in: folder)
        try made.writer.finish()
        try made.writer.mendHead()
        let input = open(made.path, O_RDONLY)
        let output = open(folder.file("repaired"), O_RDWR | O_CREAT, 0o600)
        defer { for descriptor in [input, output] { close(descriptor) } }
        let report = try MediaEngine(options: Tools.fast).process(
            input: input, listenOutput: nil, waveformOutput: nil, repairedOutput: output
        ) { _ in }
        #expect(report.repairedBytes == nil)
    }

    @Test("a WAV that was cut in the middle of a sample is mended, once", arguments: [0, 1, 2, 5])
    func mending(excess: Int) throws {
        let folder = try TemporaryFolder()
        let format = try RecordingFormat(codec: .wav, rate: 48_000, channels: 1, bits: 24)
        let made = try Made(format, seconds: 1, in: folder)
        let path = try cut(made.path, to: 80 + 3 * 24_001 + Int64(excess), in: folder)
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        #expect(try WAVFile.mend(descriptor))
        let mended = try Tools.bytes(path)
        #expect(try decoded(path) == Array(made.samples.prefix(24_001 + excess / 3)))
        #expect(try WAVFile.mend(descriptor))
        #expect(try Tools.bytes(path) == mended)
    }

    @Test("only a file that was made here is mended")
    func foreign() throws {
        let folder = try TemporaryFolder()
        for bytes in [[], Array("RIFF".utf8), Tools.wav([1, 2, 3], rate: 8_000, channels: 1)] {
            let path = try folder.write(bytes, as: "foreign.wav")
            let descriptor = open(path, O_RDWR)
            defer { close(descriptor) }
            #expect(try !WAVFile.mend(descriptor))
            #expect(try Tools.bytes(path) == bytes)
        }
    }

    @Test("sizes of more than four gigabytes go into a chunk of 64 bits")
    func large() throws {
        let head = WAVHead(rate: 48_000, channels: 2, bits: 16)
        let bytes = head.mended(dataBytes: 6_000_000_000)
        #expect(bytes.count == WAVHead.byteCount)
        #expect(bytes.starts(with: "RF64".utf8))
        #expect(bytes[12..<16].elementsEqual("ds64".utf8))
        func number(_ offset: Int) -> Int { bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | Int($1) } }
        #expect(number(20) == 6_000_000_072 && number(28) == 6_000_000_000 && number(36) == 1_500_000_000)
        let read = try #require(WAVHead(bytes))
        #expect(read.rate == 48_000 && read.channels == 2 && read.bits == 16)
    }
}
