import CSandbox
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

    static func roundTrip<Value: Codable>(_ value: Value) throws {
        _ = try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }
}
