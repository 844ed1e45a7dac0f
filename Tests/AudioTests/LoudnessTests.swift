import Foundation
import Testing

@testable import Audio
@testable import Core

@Suite struct LoudnessTests {
    @Test(
        "loudness and true peak agree with ffmpeg's ebur128",
        arguments: [
            "note.wav", "speech.wav", "speech-stereo.wav", "speech-51.wav", "note-float.wav", "note-24.wav", "note.mp3",
            "note.opus", "minutes.wav", "note-44k.wav",
        ])
    func agreesWithFFmpeg(file: String) throws {
        let path = try Fixtures.path(file)
        let report = try Tools.report(path)
        let said = try Tools.ffmpeg([
            "-i", path, "-af", "ebur128=peak=true:metadata=1,ametadata=print:key=lavfi.r128.I:file=-", "-f", "null",
            "/dev/null",
        ])
        let integrated = try #require(
            String(decoding: said.output, as: UTF8.self).split(separator: "\n").last { $0.contains("lavfi.r128.I=") }
                .flatMap { Double($0.split(separator: "=")[1]) })
        #expect(abs(try #require(report.loudness.integratedLUFS) - integrated) <= 0.1)
        let summary = said.messages.components(separatedBy: "Summary:").last ?? ""
        let peak = try #require(value("Peak:", in: summary))
        #expect(abs(try #require(report.loudness.truePeakDBTP) - peak) <= 0.2)
        let range = try #require(value("LRA:", in: summary))
        // ffmpeg also counts blocks that are not full yet.
        #expect(abs(try #require(report.loudness.rangeLU) - range) <= 0.5)
    }

    private func value(_ name: String, in text: String) -> Double? {
        text.split(separator: "\n").first { $0.contains(name) }?
            .split(separator: " ").compactMap { Double($0) }.first
    }

    struct Signal: Sendable, CustomTestStringConvertible {
        let name: String
        let parts: [(level: Double, seconds: Double)]
        let expected: Double

        var testDescription: String { name }
    }

    @Test(
        "the signals of EBU Tech 3341 read as the standard says",
        arguments: [
            Signal(name: "1", parts: [(-23, 20)], expected: -23), Signal(name: "2", parts: [(-33, 20)], expected: -33),
            Signal(name: "3", parts: [(-36, 10), (-23, 60), (-36, 10)], expected: -23),
            Signal(name: "4", parts: [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], expected: -23),
            Signal(name: "5", parts: [(-26, 20), (-20, 20.1), (-26, 20)], expected: -23),
        ])
    func tech3341(_ signal: Signal) throws {
        let loudness = try loudness(of: signal)
        #expect(abs(try #require(loudness.integratedLUFS) - signal.expected) <= 0.1)
    }

    @Test(
        "the signals of EBU Tech 3342 read as the standard says",
        arguments: [
            Signal(name: "1", parts: [(-20, 20), (-30, 20)], expected: 10),
            Signal(name: "2", parts: [(-20, 20), (-15, 20)], expected: 5),
            Signal(name: "3", parts: [(-40, 20), (-20, 20)], expected: 20),
            Signal(name: "4", parts: [(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], expected: 15),
        ])
    func tech3342(_ signal: Signal) throws {
        let loudness = try loudness(of: signal)
        #expect(abs(try #require(loudness.rangeLU) - signal.expected) <= 1)
    }

    @Test("a peak between the samples is found: fs/4 at 45 degrees")
    func betweenSamples() throws {
        let samples = (0..<48_000).flatMap { index -> [Int16] in
            let value = Int16((sin(.pi / 2 * Double(index) + .pi / 4) * 0.5 * 32_767).rounded())
            return [value, value]
        }
        let folder = try TemporaryFolder()
        let report = try Tools.report(folder.write(Tools.wav(samples, rate: 48_000, channels: 2), as: "peak.wav"))
        let peak = try #require(report.loudness.truePeakDBTP)
        #expect((-6.4...(-5.8)).contains(peak), "\(peak)")
    }

    @Test("what cannot be measured is nil: silence, and less than a block", arguments: [0, 100, 480, 96_000])
    func silence(count: Int) throws {
        let folder = try TemporaryFolder()
        let samples = [Int16](repeating: 0, count: max(1, count))
        let report = try Tools.report(folder.write(Tools.wav(samples, rate: 48_000, channels: 1), as: "silence.wav"))
        #expect(report.loudness == Loudness(integratedLUFS: nil, rangeLU: nil, truePeakDBTP: nil))
        let json = String(decoding: try JSONEncoder().encode(report.loudness), as: UTF8.self)
        #expect(json.contains("\"integratedLUFS\":null"))
    }

    private func loudness(of signal: Signal) throws -> Loudness {
        let folder = try TemporaryFolder()
        let bytes = Tools.wav(Tools.sine(signal.parts, rate: 16_000), rate: 16_000, channels: 2)
        return try Tools.report(folder.write(bytes, as: "signal.wav")).loudness
    }
}
