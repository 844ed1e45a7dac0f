import Testing

@testable import Core

@Suite("Operations do what they say")
struct EditOperationTests {
    typealias Fixtures = EditFixtures
    static let one = EditFixtures.one
    static let two = EditFixtures.two

    static func segment(
        _ source: Recording.ID?, _ range: Range<Int64>, gain: Double = 0, fadeIn: Int64 = 0, fadeOut: Int64 = 0,
        overlap: Int64 = 0
    ) -> EditSegment {
        EditSegment(
            source: source, start: range.lowerBound, end: range.upperBound, gain: gain, fadeIn: fadeIn,
            fadeOut: fadeOut, overlap: overlap)
    }

    /// On 0 to 100 of the first source.
    static let plain: [(EditOperation, [EditSegment])] = [
        (.trim(start: 10, end: 20), [segment(one, 10..<20)]),
        (.trim(start: 0, end: 100), [segment(one, 0..<100)]),
        (.cut(start: 10, end: 20), [segment(one, 0..<10), segment(one, 20..<100)]),
        (.cut(start: 0, end: 99), [segment(one, 99..<100)]),
        (.split(at: 10), [segment(one, 0..<10), segment(one, 10..<100)]),
        (.join(recording: two), [segment(one, 0..<100), segment(two, 0..<60)]),
        (.join(recording: two, start: 50, at: 0), [segment(two, 50..<60), segment(one, 0..<100)]),
        (
            .join(recording: two, end: 5, at: 50),
            [segment(one, 0..<50), segment(two, 0..<5), segment(one, 50..<100)]
        ),
        (.move(start: 0, end: 10, to: 100), [segment(one, 10..<100), segment(one, 0..<10)]),
        (.move(start: 90, end: 100, to: 0), [segment(one, 90..<100), segment(one, 0..<90)]),
        (
            .move(start: 10, end: 20, to: 30),
            [segment(one, 0..<10), segment(one, 20..<30), segment(one, 10..<20), segment(one, 30..<100)]
        ),
        (.move(start: 10, end: 20, to: 10), [segment(one, 0..<100)]),
        (.move(start: 10, end: 20, to: 20), [segment(one, 0..<100)]),
        (.insertSilence(at: 100, length: 5), [segment(one, 0..<100), .silence(5)]),
        (.insertSilence(at: 50, length: 5), [segment(one, 0..<50), .silence(5), segment(one, 50..<100)]),
        (
            .gain(start: 10, end: 20, decibels: -6),
            [segment(one, 0..<10), segment(one, 10..<20, gain: -6), segment(one, 20..<100)]
        ),
        (.gain(start: 0, end: 100, decibels: 3), [segment(one, 0..<100, gain: 3)]),
        (.fadeIn(length: 100), [segment(one, 0..<100, fadeIn: 100)]),
        (.fadeOut(length: 7), [segment(one, 0..<100, fadeOut: 7)]),
        (.fade(segment: 0, in: 60, out: 40), [segment(one, 0..<100, fadeIn: 60, fadeOut: 40)]),
        (.fade(segment: 0, in: 0, out: nil), [segment(one, 0..<100)]),
    ]

    @Test("An operation on one segment makes these", arguments: plain)
    func applies(operation: EditOperation, segments: [EditSegment]) throws {
        #expect(try Fixtures.whole().applying(operation).segments == segments)
    }

    static let refused: [(EditOperation, String, String?)] = {
        let invalid: [(Int64, Int64, String)] = [
            (-1, 5, "start"), (.min, .max, "start"), (100, 101, "start"), (.max, .min, "start"), (5, 5, "end"),
            (6, 5, "end"), (0, 101, "end"), (0, .max, "end"), (0, .min, "end"),
        ]
        let ranges = invalid.flatMap { start, end, field -> [(EditOperation, String, String?)] in
            [
                (.trim(start: start, end: end), "edit_range", field),
                (.cut(start: start, end: end), "edit_range", field),
                (.move(start: start, end: end, to: 0), "edit_range", field),
                (.gain(start: start, end: end, decibels: 0), "edit_range", field),
                (.join(recording: one, start: start, end: end), "edit_range", field),
            ]
        }
        let positions = [Int64.min, -1, 101, .max].flatMap { position -> [(EditOperation, String, String?)] in
            [
                (.split(at: position), "edit_range", "at"), (.join(recording: one, at: position), "edit_range", "at"),
                (.move(start: 0, end: 1, to: position), "edit_range", "to"),
                (.insertSilence(at: position, length: 1), "edit_range", "at"),
                (.crossfade(at: position, length: 1), "edit_joint", "at"),
            ]
        }
        let lengths = [Int64.min, -1, 101, .max].flatMap { length -> [(EditOperation, String, String?)] in
            [
                (.fadeIn(length: length), "edit_fade", "length"), (.fadeOut(length: length), "edit_fade", "length"),
                (.fade(segment: 0, in: length, out: nil), "edit_fade", "in"),
                (.fade(segment: 0, in: nil, out: length), "edit_fade", "out"),
                (.fade(segment: 0, in: 1, out: length), "edit_fade", "out"),
            ]
        }
        let gains = [Double.nan, .infinity, -.infinity, 180.1, 60.1, -120.1].map {
            (EditOperation.gain(start: 0, end: 1, decibels: $0), "edit_gain", String?("decibels"))
        }
        return ranges + positions + lengths + gains + others
    }()

    static let others: [(EditOperation, String, String?)] = [
        (.cut(start: 0, end: 100), "edit_empty", "segments"),
        (.split(at: 0), "edit_range", "at"), (.split(at: 100), "edit_range", "at"),
        (.join(recording: EditFixtures.unknown), "edit_source", "recording"),
        (.join(recording: two, start: 60), "edit_range", "start"),
        (.move(start: 10, end: 20, to: 15), "edit_range", "to"),
        (.insertSilence(at: 0, length: 0), "edit_range", "length"),
        (.insertSilence(at: 0, length: .min), "edit_range", "length"),
        (.insertSilence(at: 0, length: .max), "edit_range", "length"),
        (.insertSilence(at: 0, length: EditList.maximumLength), "edit_too_long", nil),
        (.fade(segment: 1, in: 1, out: 1), "edit_segment", "segment"),
        (.fade(segment: .max, in: 1, out: 1), "edit_segment", "segment"),
        (.fade(segment: -1, in: 1, out: 1), "edit_segment", "segment"),
        (.fade(segment: 0, in: nil, out: nil), "edit_field", "in"),
        (.fade(segment: 0, in: 60, out: 41), "edit_fade", "out"),
        (.crossfade(at: 0, length: 0), "edit_joint", "at"),
        (.normalize(LoudnessTarget(target: -4)), "edit_settings", "target"),
        (.normalize(LoudnessTarget(target: .nan)), "edit_settings", "target"),
        (.normalize(LoudnessTarget(target: -16, ceiling: 1)), "edit_settings", "ceiling"),
        (.noiseReduction(strength: 1.5), "edit_settings", "strength"),
        (.noiseReduction(strength: .nan), "edit_settings", "strength"),
        (.removeSilence(minimum: 0, keep: 0), "edit_silence", "minimum"),
        (.removeSilence(minimum: .max, keep: 0), "edit_silence", "minimum"),
        (.removeSilence(minimum: 1, keep: -1), "edit_silence", "keep"),
        (.removeSilence(minimum: 1, keep: .max), "edit_silence", "keep"),
        (.removeSilence(threshold: 1, minimum: 1, keep: 0), "edit_silence", "threshold"),
        (.removeSilence(threshold: .nan, minimum: 1, keep: 0), "edit_silence", "threshold"),
        (.removeSilence(minimum: 1, keep: 0), "edit_silence", nil),
    ]

    @Test("An impossible operation is refused with its code and field", arguments: refused)
    func refuses(operation: EditOperation, code: String, field: String?) {
        #expect { try Fixtures.whole().applying(operation) } throws: {
            ($0 as? EditError)?.code == code && ($0 as? EditError)?.field == field
        }
    }

    @Test("Settings change, and nothing else does")
    func settings() throws {
        let target = LoudnessTarget(target: -16, ceiling: -2)
        let list = try Fixtures.whole().applying(.normalize(target)).applying(.noiseReduction(strength: 0.25))
        #expect(list.settings == EditSettings(normalize: target, noiseReduction: 0.25))
        #expect(try list.applying(.cut(start: 0, end: 1)).settings == list.settings)
        let off = try list.applying(.normalize(nil)).applying(.noiseReduction(strength: 0))
        #expect(try off == Fixtures.whole())
    }

    @Test("Gains add up, and their sum is bounded")
    func gains() throws {
        let list = try Fixtures.whole().applying(.gain(start: 0, end: 50, decibels: 40))
        #expect(try list.applying(.gain(start: 0, end: 100, decibels: -20)).segments.map(\.gain) == [20, -20])
        #expect { try list.applying(.gain(start: 0, end: 100, decibels: 30)) } throws: {
            ($0 as? EditError)?.reason == .gain
        }
        let quiet = try Fixtures.whole().applying(.gain(start: 0, end: 100, decibels: -120))
        #expect(try quiet.applying(.gain(start: 0, end: 100, decibels: 180)).segments.map(\.gain) == [60])
    }

    @Test("The most segments cannot be divided, and an edit cannot grow without end")
    func bounds() throws {
        let most = try Fixtures.list([EditSegment](repeating: Self.segment(Self.one, 0..<2), count: 5_000))
        for operation: EditOperation in [
            .split(at: 1), .insertSilence(at: 0, length: 1), .join(recording: Self.two),
            .move(start: 1, end: 2, to: 5), .gain(start: 1, end: 2, decibels: 1),
        ] {
            #expect { try most.applying(operation) } throws: { ($0 as? EditError)?.reason == .tooManySegments }
        }
        #expect(try most.applying(.cut(start: 1, end: 9_999)).segments.count == 2)
        let longest = try Fixtures.list([.silence(EditList.maximumLength)])
        #expect { try longest.applying(.join(recording: Self.two)) } throws: {
            ($0 as? EditError)?.reason == .tooLong
        }
    }

    @Test("A split stays until the list is coalesced")
    func coalescing() throws {
        let list = try Fixtures.list([
            Self.segment(Self.one, 0..<50, gain: 1, fadeIn: 5, fadeOut: 6), Self.segment(nil, 0..<20),
            Self.segment(Self.two, 0..<30, fadeIn: 3, overlap: 4),
        ])
        let split = try [10, 30, 55, 80].reduce(list) { try $0.applying(.split(at: $1)) }
        #expect(split.segments.count == 7)
        #expect(try split.coalesced() == list)
        #expect(try list.coalesced() == list)
    }

    @Test(
        "What does not go on, or sounds different, is not merged",
        arguments: [
            [segment(one, 0..<10), segment(one, 11..<20)], [segment(one, 0..<10), segment(two, 10..<20)],
            [segment(one, 0..<10), segment(one, 10..<20, gain: 1)], [segment(one, 0..<10), segment(nil, 0..<10)],
            [segment(one, 0..<10, fadeOut: 1), segment(one, 10..<20)],
            [segment(one, 0..<10), segment(one, 10..<20, fadeIn: 1)],
            [segment(one, 0..<10), segment(one, 10..<20, overlap: 1)],
        ])
    func notMerged(segments: [EditSegment]) throws {
        #expect(try Fixtures.list(segments).coalesced().segments == segments)
    }
}
