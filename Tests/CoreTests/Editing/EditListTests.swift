import Testing

@testable import Core

@Suite("An edit list that exists is valid")
struct EditListTests {
    typealias Fixtures = EditFixtures
    static let one = EditFixtures.one

    static func segment(
        _ source: Recording.ID? = one, _ start: Int64 = 0, _ end: Int64 = 40, gain: Double = 0, fadeIn: Int64 = 0,
        fadeOut: Int64 = 0, overlap: Int64 = 0
    ) -> EditSegment {
        EditSegment(
            source: source, start: start, end: end, gain: gain, fadeIn: fadeIn, fadeOut: fadeOut, overlap: overlap)
    }

    static let refused: [([EditSegment], EditError.Reason, String)] = [
        ([], .empty, "segments"),
        ([segment(one, 0, 101)], .segment, "segments.0.end"),
        ([segment(one, 0, .max)], .segment, "segments.0.end"),
        ([segment(one, 40, 40)], .segment, "segments.0.start"),
        ([segment(one, 41, 40)], .segment, "segments.0.start"),
        ([segment(one, -1, 40)], .segment, "segments.0.start"),
        ([segment(one, .min, .max)], .segment, "segments.0.start"),
        ([segment(one, .max, .min)], .segment, "segments.0.start"),
        ([segment(nil, 1, 40)], .segment, "segments.0.start"),
        ([segment(nil, 0, 0)], .segment, "segments.0.start"),
        ([segment(nil, 0, -1)], .segment, "segments.0.start"),
        ([segment(nil, 0, EditList.maximumLength + 1)], .segment, "segments.0.end"),
        ([segment(), segment(EditFixtures.unknown)], .source, "segments.1.source"),
        ([segment(gain: .nan)], .gain, "segments.0.gain"),
        ([segment(gain: .infinity)], .gain, "segments.0.gain"),
        ([segment(gain: -.infinity)], .gain, "segments.0.gain"),
        ([segment(gain: 60.1)], .gain, "segments.0.gain"),
        ([segment(gain: -120.1)], .gain, "segments.0.gain"),
        ([segment(fadeIn: -1)], .fade, "segments.0.fadeIn"),
        ([segment(fadeIn: 41)], .fade, "segments.0.fadeIn"),
        ([segment(fadeIn: .max)], .fade, "segments.0.fadeIn"),
        ([segment(fadeIn: .max, fadeOut: .max)], .fade, "segments.0.fadeIn"),
        ([segment(fadeOut: -1)], .fade, "segments.0.fadeOut"),
        ([segment(fadeOut: .min)], .fade, "segments.0.fadeOut"),
        ([segment(fadeIn: 20, fadeOut: 21)], .fade, "segments.0.fadeOut"),
        ([segment(fadeIn: 20, fadeOut: .max)], .fade, "segments.0.fadeOut"),
        ([segment(overlap: 1)], .overlap, "segments.0.overlap"),
        ([segment(), segment(overlap: -1)], .overlap, "segments.1.overlap"),
        ([segment(), segment(overlap: 41)], .overlap, "segments.1.overlap"),
        ([segment(), segment(overlap: .max)], .overlap, "segments.1.overlap"),
        ([segment(), segment(one, 0, 10, overlap: 11)], .overlap, "segments.1.overlap"),
        ([segment(one, 0, 10), segment(overlap: 11)], .overlap, "segments.1.overlap"),
        ([segment(), segment(overlap: 20), segment(overlap: 21)], .overlap, "segments.2.overlap"),
        ([EditSegment](repeating: segment(), count: 5_001), .tooManySegments, "segments"),
    ]

    @Test("Segments that break a rule are refused with the field", arguments: refused)
    func refuses(segments: [EditSegment], reason: EditError.Reason, field: String) {
        #expect { try Fixtures.list(segments) } throws: { error in
            let error = error as? EditError
            return error?.reason == reason && error?.field == field && error?.message.hasSuffix(".") == true
        }
    }

    static let accepted: [([EditSegment], Int64)] = [
        ([segment(one, 0, 1)], 1),
        ([segment(one, 99, 100)], 1),
        ([segment(one, 0, 100, gain: 60, fadeIn: 50, fadeOut: 50)], 100),
        ([segment(one, 0, 100, gain: -120, fadeIn: 100)], 100),
        ([segment(nil, 0, EditList.maximumLength)], EditList.maximumLength),
        ([segment(), segment(overlap: 40)], 40),
        ([segment(), segment(overlap: 20), segment(overlap: 20)], 80),
        ([segment(one, 0, 10), segment(overlap: 10), segment(one, 0, 30, overlap: 30)], 40),
        ([EditSegment](repeating: segment(), count: 5_000), 200_000),
    ]

    @Test("Segments at their limits are taken, and have the length of all without the overlaps", arguments: accepted)
    func accepts(segments: [EditSegment], length: Int64) throws {
        let list = try Fixtures.list(segments)
        #expect(list.length == length)
        #expect(throws: Never.self) { try list.validate() }
    }

    @Test("The sum of lengths is bounded")
    func tooLong() {
        let half = EditSegment.silence(EditList.maximumLength / 2 + 1)
        #expect { try Fixtures.list([half, half]) } throws: { ($0 as? EditError)?.code == "edit_too_long" }
        let segments = [EditSegment](repeating: .silence(EditList.maximumLength), count: 5_000)
        #expect { try Fixtures.list(segments) } throws: { ($0 as? EditError)?.code == "edit_too_long" }
    }

    @Test("A sample rate is 8000 to 768000 Hz", arguments: [Int.min, -1, 0, 7_999, 768_001, Int.max])
    func sampleRates(rate: Int) {
        #expect { try EditList(sampleRate: rate, sources: [], segments: [.silence(1)]) } throws: {
            ($0 as? EditError)?.reason == .sampleRate
        }
    }

    @Test("A source is not empty, not endless and there once")
    func sources() throws {
        for length in [Int64.min, -1, 0, EditList.maximumLength + 1, .max] {
            #expect {
                try EditList(whole: EditSource(recording: Self.one, length: length), sampleRate: 8_000)
            } throws: {
                ($0 as? EditError)?.field == "sources.0.length"
            }
        }
        let list = try Fixtures.whole()
        #expect(try list.adding(source: Fixtures.sources[1]) == list)
        #expect { try list.adding(source: EditSource(recording: Self.one, length: 99)) } throws: {
            ($0 as? EditError)?.code == "edit_source"
        }
        var most = list
        for _ in 2..<100 { most = try most.adding(source: EditSource(recording: Recording.ID(), length: 1)) }
        #expect(most.sources.count == 100)
        #expect { try most.adding(source: EditSource(recording: Recording.ID(), length: 1)) } throws: {
            ($0 as? EditError)?.code == "edit_too_many_sources"
        }
    }

    static let settings: [(EditSettings, String?)] = [
        (EditSettings(), nil),
        (EditSettings(normalize: LoudnessTarget(target: -70, ceiling: -20), noiseReduction: 1), nil),
        (EditSettings(normalize: LoudnessTarget(target: -5, ceiling: 0), noiseReduction: 0), nil),
        (EditSettings(normalize: LoudnessTarget(target: -70.1)), "settings.normalize.target"),
        (EditSettings(normalize: LoudnessTarget(target: -4.9)), "settings.normalize.target"),
        (EditSettings(normalize: LoudnessTarget(target: .nan)), "settings.normalize.target"),
        (EditSettings(normalize: LoudnessTarget(target: -16, ceiling: 0.1)), "settings.normalize.ceiling"),
        (EditSettings(normalize: LoudnessTarget(target: -16, ceiling: -.infinity)), "settings.normalize.ceiling"),
        (EditSettings(noiseReduction: -0.1), "settings.noiseReduction"),
        (EditSettings(noiseReduction: 1.1), "settings.noiseReduction"),
        (EditSettings(noiseReduction: .nan), "settings.noiseReduction"),
    ]

    @Test("Settings have bounds", arguments: settings)
    func checksSettings(settings: EditSettings, field: String?) {
        do throws(EditError) {
            _ = try Fixtures.list([.silence(1)], settings: settings)
            #expect(field == nil)
        } catch {
            #expect(error.field == field)
            #expect(error.reason == .settings)
        }
    }

    static let resampled: [(frames: Int64, from: Int, to: Int, length: Int64?)] = [
        (0, 44_100, 48_000, 0), (1, 44_100, 48_000, 2), (44_100, 44_100, 48_000, 48_000), (3, 48_000, 16_000, 1),
        (4, 48_000, 16_000, 2), (147, 44_100, 48_000, 160), (148, 44_100, 48_000, 162), (5, 48_000, 48_000, 5),
        (EditList.maximumLength, 768_000, 768_000, EditList.maximumLength),
        (EditList.maximumLength, 768_000, 8_000, EditList.maximumLength / 96),
        (EditList.maximumLength, 44_100, 48_000, nil), (.max, 1, 768_000, nil), (.max, 2_147_483_647, 8_000, nil),
        (-1, 48_000, 48_000, nil), (.min, 48_000, 48_000, nil), (1, 0, 48_000, nil), (1, -1, 48_000, nil),
        (1, .max, 48_000, nil), (1, 48_000, 0, nil), (1, 48_000, .max, nil),
    ]

    @Test("A source of another rate has its resampled length, rounded up", arguments: resampled)
    func resamples(frames: Int64, from: Int, to: Int, length: Int64?) {
        let result = try? EditSource.length(frames: frames, sourceRate: from, sampleRate: to)
        #expect(result == length)
    }

    @Test("A segment's length never overflows")
    func segmentLength() {
        #expect(EditSegment(source: nil, start: .min, end: .max).length == .max)
        #expect(EditSegment(source: nil, start: .max, end: .min).length == 0)
        #expect(EditSegment(source: nil, start: 5, end: 5).length == 0)
        #expect(EditSegment(source: nil, start: 5, end: 7).length == 2)
    }

    @Test("The API reports an edit's error with its field")
    func apiError() {
        let error = VoiceNoteError(EditError(.gain, "A gain is −120 to 60 dB.", field: "segments.0.gain"))
        #expect(error.code == .validationFailed)
        #expect(error.fields == [FieldError(field: "segments.0.gain", message: "A gain is −120 to 60 dB.")])
        #expect(VoiceNoteError(EditError(.empty, "Nothing.")).fields.map(\.field) == ["edit"])
        #expect(Set(EditError.Reason.allCases.map(\.rawValue)).count == EditError.Reason.allCases.count)
        #expect(EditError.Reason.allCases.allSatisfy { $0.rawValue.hasPrefix("edit_") })
    }
}
