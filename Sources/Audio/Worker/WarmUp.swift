import CSandbox
import Core
import FoundationEssentials
import Glibc

/// A tenth of a second of sound in memory, to run all of the engine once before the sandbox closes.
enum WarmUp {
    /// A file that exists in memory only.
    static func makeFile() throws(MediaError) -> Int32 {
        let descriptor = vn_memory_file()
        guard descriptor >= 0 else { throw .outputFailed(errno: -descriptor) }
        return descriptor
    }

    /// A WAV file of 16-bit stereo at 44.1 kHz, which takes resampling, mixing and encoding to process.
    static func makeInput() throws(MediaError) -> Int32 {
        let samples = (0..<4_410).flatMap { index -> [Int16] in
            let value = Int16((sin(Double(index) * 0.06) * 8_000).rounded())
            return [value, -value / 2]
        }
        var bytes = Array("RIFF".utf8)
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(UInt32(36 + samples.count * 2))
        bytes.append(contentsOf: "WAVEfmt ".utf8)
        append(UInt32(16))
        append(UInt16(1))
        append(UInt16(2))
        append(UInt32(44_100))
        append(UInt32(176_400))
        append(UInt16(4))
        append(UInt16(16))
        bytes.append(contentsOf: "data".utf8)
        append(UInt32(samples.count * 2))
        for sample in samples { append(sample) }
        let descriptor = try makeFile()
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw .outputFailed(errno: errno) }
        return descriptor
    }

    /// Renders the input once as each format, with all that can be done to an edit.
    static func render(_ input: Int32) throws {
        // libavfilter brings a library for linear algebra along, one kind of which starts threads when it is loaded.
        setenv("OPENBLAS_NUM_THREADS", "1", 1)
        // Without libavfilter, an edit that needs it is refused when it comes.
        let settings = EditSettings(
            normalize: LoudnessTarget(target: -20), noiseReduction: NoiseReducer.load() ? 0.5 : 0)
        // At another rate than the input, so that it is resampled.
        let recording = Recording.ID()
        let source = EditSource(recording: recording, length: 4_800)
        let formats: [RenderFormat] = [
            .wav(.int16), .flac(.int16), .mp3(.variable(quality: 2)), .m4a(bitRate: 64_000), .opus(bitRate: 32_000),
        ]
        for format in formats {
            let segment = EditSegment(source: recording, start: 0, end: 4_800)
            let list = try EditList(sampleRate: 48_000, sources: [source], segments: [segment], settings: settings)
            let work = RenderWork(
                request: RenderRequest(list: list, format: format), sources: [recording], options: MediaOptions())
            let output = try makeFile()
            defer { close(output) }
            let result = try RenderEngine(options: work.options).render(
                work.request, sources: [recording: input], output: output
            ) { _ in }
            try roundTrip(WorkerRequest.render(work))
            try roundTrip(WorkerReply.finished(.rendered(result), peakResidentBytes: 0))
        }
    }

    static func roundTrip<Value: Codable>(_ value: Value) throws {
        _ = try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }
}
