import Core
import Foundation
import Testing

@testable import Audio

@Suite("Normalisation reaches its target by one gain, or says what held it back")
struct NormalizationTests {
    private func speech(_ file: String, _ target: LoudnessTarget) throws -> EditProject {
        let whole = try EditProject(whole: Fixtures.path(file), settings: EditSettings(normalize: target))
        return try whole.applying(.cut(start: whole.list.length / 3, end: whole.list.length / 2))
    }

    @Test(
        "speech is at the target within 0.5 LU, and below the ceiling",
        arguments: ["speech.wav", "speech-stereo.wav", "note.wav", "minutes.wav", "speech.mp3"],
        [LoudnessTarget(target: -18), LoudnessTarget(target: -23), LoudnessTarget(target: -14, ceiling: -3)])
    func reaches(file: String, target: LoudnessTarget) throws {
        let folder = try TemporaryFolder()
        let edit = try speech(file, target)
        let result = try edit.export(.wav(.float32), to: folder.file("export.wav"))
        let normalization = try #require(result.normalization)
        let loudness = try Tools.report(folder.file("export.wav")).loudness
        let measured = try #require(loudness.integratedLUFS)
        let peak = try #require(loudness.truePeakDBTP)
        #expect(peak <= target.ceiling + 0.02, "\(peak)")
        switch normalization.outcome {
        case .reached: #expect(abs(measured - target.target) <= 0.5, "\(measured)")
        case .heldBackBy(let decibels):
            #expect(abs(measured + decibels - target.target) <= 0.1, "\(measured) + \(decibels)")
            #expect(abs(peak - target.ceiling) <= 0.1, "\(peak)")
        case .notMeasurable: Issue.record("speech can be measured")
        }
    }

    @Test("the gain is the same everywhere")
    func linear() throws {
        let folder = try TemporaryFolder()
        let edit = try speech("speech.wav", LoudnessTarget(target: -20))
        let result = try edit.export(.wav(.float32), to: folder.file("export.wav"))
        let factor = pow(10, try #require(result.normalization).decibels / 20)
        let plain = try edit.samples()
        let made = try RenderTools.decoded(folder.file("export.wav"))
        #expect(zip(plain, made).allSatisfy { abs($0 * factor - $1) < 1e-6 })
    }

    @Test("the stored loudness of a whole source saves the pass for measuring, and gives the same")
    func known() throws {
        let folder = try TemporaryFolder()
        let path = try Fixtures.path("speech.wav")
        let settings = EditSettings(normalize: LoudnessTarget(target: -20))
        let edit = try EditProject(whole: path, settings: settings)
        let stored = try Tools.report(path).loudness
        let measured = try edit.export(.wav(.int16), to: folder.file("measured"))
        let known = try edit.export(.wav(.int16), to: folder.file("known"), loudness: stored)
        #expect(known.normalization?.measured == stored)
        let (first, second) = (try #require(measured.normalization), try #require(known.normalization))
        #expect(abs(first.decibels - second.decibels) <= 0.02)
        // Gain alone changes nothing about that; a cut does.
        let louder = try edit.applying(.gain(start: 0, end: edit.list.length, decibels: 3))
        let raised = try louder.export(.wav(.int16), to: folder.file("raised"), loudness: stored)
        let lowered = try #require(raised.normalization).decibels
        #expect(abs(lowered - (second.decibels - 3)) < 1e-9)
        let wrong = Loudness(integratedLUFS: -60, rangeLU: nil, truePeakDBTP: -40)
        let cut = try edit.applying(.trim(start: 0, end: edit.list.length / 2))
        let result = try cut.export(.wav(.int16), to: folder.file("cut"), loudness: wrong)
        #expect(try #require(result.normalization?.measured.integratedLUFS) > -40)
    }

    @Test("silence has no loudness to change")
    func silence() throws {
        let folder = try TemporaryFolder()
        let list = try EditList(
            sampleRate: 16_000, sources: [], segments: [.silence(32_000)],
            settings: EditSettings(normalize: LoudnessTarget(target: -18)))
        let result = try EditProject(list, paths: [:]).export(.wav(.int16), to: folder.file("export.wav"))
        #expect(result.normalization?.outcome == .notMeasurable)
        #expect(result.channels == 1)
        let expected = Tools.wav([Int16](repeating: 0, count: 32_000), rate: 16_000, channels: 1)
        #expect(try Tools.bytes(folder.file("export.wav")) == expected)
    }

    @Test(
        "gain and outcome follow from target, ceiling and what was measured",
        arguments: [
            (-18, -1, -24, -10, 6, .reached),
            (-18, -1, -24, -4, 3, .heldBackBy(decibels: 3)), (-23, -1, -20, 0.5, -3, .reached),
            (-16, -1, -18, -3, 2, .reached),
        ] as [(Double, Double, Double, Double, Double, Normalization.Outcome)])
    func arithmetic(
        target: Double, ceiling: Double, loudness: Double, peak: Double, gain: Double, outcome: Normalization.Outcome
    ) {
        let result = Normalization(
            LoudnessTarget(target: target, ceiling: ceiling),
            measured: Loudness(integratedLUFS: loudness, rangeLU: nil, truePeakDBTP: peak))
        #expect(result.decibels == gain)
        #expect(result.outcome == outcome)
    }
}
