import Core
import Foundation
import TestSupport
import Testing

@testable import Audio

@Suite("Noise reduction takes out noise and moves nothing", .enabled(if: NoiseReducer.load()))
struct NoiseReductionTests {
    /// Speech with white noise of about −45 dBFS under it.
    private func makeNoisy(_ folder: TemporaryFolder) throws -> (path: String, clean: [Int16], noisy: [Int16]) {
        var generator = SeededGenerator(seed: 41)
        let clean = Array(try Tools.decoded(Fixtures.path("minutes.wav")).prefix(16_000 * 120))
        let noisy = clean.map { value in
            Int16(clamping: Int(value) + Int.random(in: -320...320, using: &generator))
        }
        return (try folder.write(Tools.wav(noisy, rate: 16_000, channels: 1), as: "noisy.wav"), clean, noisy)
    }

    @Test("pauses get quieter by many dB, speech stays, and the length is the same", arguments: [0.3, 0.6, 1])
    func reduces(strength: Double) throws {
        let folder = try TemporaryFolder()
        let (path, clean, noisy) = try makeNoisy(folder)
        let edit = try EditProject(whole: path, settings: EditSettings(noiseReduction: strength))
        let samples = try edit.samples()
        #expect(samples.count == noisy.count)
        // Stretches of a quarter of a second without and with speech, once the noise is known.
        var pauses: [Double] = []
        var speech: [Double] = []
        for start in stride(from: 16_000 * 10, to: clean.count - 4_000, by: 4_000) {
            let range = start..<start + 4_000
            let level = RenderTools.level(clean[range].map { Double($0) / 32_768 })
            let before = RenderTools.level(noisy[range].map { Double($0) / 32_768 })
            let after = RenderTools.level(samples[range])
            if level < -80 { pauses.append(before - after) }
            if level > -25 { speech.append(before - after) }
        }
        try #require(pauses.count > 5 && speech.count > 5)
        #expect(pauses.sorted()[pauses.count / 2] > strength * 16, "\(pauses)")
        #expect(abs(speech.sorted()[speech.count / 2]) < 1.5, "\(speech)")
    }

    @Test(
        "what comes out is at the same place",
        arguments: ["note.wav", "note-44k.wav", "speech-stereo.wav", "speech.wav"])
    func aligned(file: String) throws {
        let plain = try EditProject(whole: Fixtures.path(file))
        let channels = try plain.samples().count / Int(plain.list.length)
        let reduced = try plain.applying(.noiseReduction(strength: 0.5))
        let (before, after) = (try plain.samples(), try reduced.samples())
        try #require(before.count == after.count)
        let start = plain.list.sampleRate * 2
        func left(_ samples: [Double]) -> [Double] { (start..<start + 8_000).map { samples[$0 * channels] } }
        #expect(RenderTools.lag(left(before), left(after), most: 50) == 0)
    }

    @Test("the floor is the level of the pauses, and music without any is no noise")
    func floor() throws {
        func level(_ parts: [(decibels: Double, seconds: Double)]) throws -> Double {
            var generator = SeededGenerator(seed: 43)
            var floor = NoiseFloor(rate: 8_000, channels: 1)
            for part in parts {
                let most = pow(10, part.decibels / 20) * 3.0.squareRoot()
                let samples = (0..<Int(part.seconds * 8_000)).map { _ in
                    most == 0 ? 0 : Double.random(in: -most...most, using: &generator)
                }
                floor.add(samples, count: samples.count)
            }
            return try #require(floor.level)
        }
        #expect(abs(try level([(-20, 5), (-60, 2), (-20, 3)]) + 54) < 1)
        #expect(abs(try level([(-60, 3)]) + 54) < 1, "noise alone")
        #expect(abs(try level([(-20, 10)]) + 40) < 1, "music alone")
        #expect(abs(try level([(-20, 5), (-40, 2), (-20, 20), (-60, 3)]) + 54) < 1, "another room")
        #expect(abs(try level([(-300, 10), (-20, 3), (-55, 1)]) + 49) < 1, "silence does not count")
        #expect(NoiseFloor(rate: 8_000, channels: 1).level == nil)
    }

    @Test("off is off: not a bit changes")
    func off() throws {
        let plain = try EditProject(whole: Fixtures.path("speech.wav"))
        #expect(try plain.applying(.noiseReduction(strength: 0)).samples() == plain.samples())
    }

    @Test("it works before normalisation, and both passes hear the same")
    func normalized() throws {
        let folder = try TemporaryFolder()
        let (path, _, _) = try makeNoisy(folder)
        let settings = EditSettings(normalize: LoudnessTarget(target: -27), noiseReduction: 0.6)
        let edit = try EditProject(whole: path, settings: settings)
        let result = try edit.export(.wav(.float32), to: folder.file("export.wav"))
        let loudness = try Tools.report(folder.file("export.wav")).loudness
        #expect(abs(try #require(loudness.integratedLUFS) + 27) <= 0.5, "\(result) \(loudness)")
    }
}
