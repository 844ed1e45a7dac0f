import Testing

@testable import Core

@Suite("Boundaries in fades and crossfades follow their rules")
struct EditFadeTests {
    typealias Fixtures = EditFixtures
    static let one = EditFixtures.one
    static let two = EditFixtures.two

    static func segment(
        _ source: Recording.ID?, _ range: Range<Int64>, fadeIn: Int64 = 0, fadeOut: Int64 = 0, overlap: Int64 = 0
    ) -> EditSegment {
        EditSegment(
            source: source, start: range.lowerBound, end: range.upperBound, fadeIn: fadeIn, fadeOut: fadeOut,
            overlap: overlap)
    }

    /// On 0 to 100 with a fade-in of 20 and a fade-out of 30.
    static let shortened: [(EditOperation, [EditSegment])] = [
        (.trim(start: 5, end: 100), [segment(one, 5..<100, fadeIn: 15, fadeOut: 30)]),
        (.trim(start: 20, end: 70), [segment(one, 20..<70)]),
        (.trim(start: 0, end: 80), [segment(one, 0..<80, fadeIn: 20, fadeOut: 10)]),
        (.trim(start: 5, end: 10), [segment(one, 5..<10, fadeIn: 5)]),
        (.cut(start: 0, end: 5), [segment(one, 5..<100, fadeIn: 15, fadeOut: 30)]),
        (.cut(start: 5, end: 10), [segment(one, 0..<5, fadeIn: 5), segment(one, 10..<100, fadeIn: 10, fadeOut: 30)]),
        (.cut(start: 10, end: 50), [segment(one, 0..<10, fadeIn: 10), segment(one, 50..<100, fadeOut: 30)]),
        (.cut(start: 20, end: 70), [segment(one, 0..<20, fadeIn: 20), segment(one, 70..<100, fadeOut: 30)]),
        (.cut(start: 50, end: 90), [segment(one, 0..<50, fadeIn: 20), segment(one, 90..<100, fadeOut: 10)]),
        (
            .insertSilence(at: 5, length: 3),
            [segment(one, 0..<5, fadeIn: 5), .silence(3), segment(one, 5..<100, fadeIn: 15, fadeOut: 30)]
        ),
        (
            .join(recording: two, end: 3, at: 90),
            [
                segment(one, 0..<90, fadeIn: 20, fadeOut: 20), segment(two, 0..<3),
                segment(one, 90..<100, fadeOut: 10),
            ]
        ),
        (
            .move(start: 0, end: 10, to: 100),
            [segment(one, 10..<100, fadeIn: 10, fadeOut: 30), segment(one, 0..<10, fadeIn: 10)]
        ),
        (.split(at: 20), [segment(one, 0..<20, fadeIn: 20), segment(one, 20..<100, fadeOut: 30)]),
        (.split(at: 70), [segment(one, 0..<70, fadeIn: 20), segment(one, 70..<100, fadeOut: 30)]),
    ]

    @Test("Of a fade, each part keeps as much as lies in it", arguments: shortened)
    func fades(operation: EditOperation, segments: [EditSegment]) throws {
        let list = try Fixtures.list([Self.segment(Self.one, 0..<100, fadeIn: 20, fadeOut: 30)])
        #expect(try list.applying(operation).segments == segments)
    }

    @Test(
        "A split or a gain inside a fade is refused",
        arguments: [
            .split(at: 1), .split(at: 19), .split(at: 71), .split(at: 99), .gain(start: 1, end: 50, decibels: 1),
            .gain(start: 50, end: 99, decibels: 1), .gain(start: 5, end: 6, decibels: 1),
        ] as [EditOperation])
    func inFade(operation: EditOperation) throws {
        let list = try Fixtures.list([Self.segment(Self.one, 0..<100, fadeIn: 20, fadeOut: 30)])
        #expect { try list.applying(operation) } throws: { ($0 as? EditError)?.code == "edit_in_fade" }
    }

    /// On 0 to 40 of one and 0 to 40 of two, which overlap from 30 to 40.
    static let crossfades: [(EditOperation, [EditSegment])] = [
        // Outside the crossfade and at its ends, it stays.
        (.cut(start: 10, end: 20), [segment(one, 0..<10), segment(one, 20..<40), segment(two, 0..<40, overlap: 10)]),
        (.cut(start: 20, end: 30), [segment(one, 0..<20), segment(one, 30..<40), segment(two, 0..<40, overlap: 10)]),
        (.cut(start: 40, end: 70), [segment(one, 0..<40), segment(two, 0..<10, overlap: 10)]),
        (.trim(start: 30, end: 40), [segment(one, 30..<40), segment(two, 0..<10, overlap: 10)]),
        (.split(at: 30), [segment(one, 0..<30), segment(one, 30..<40), segment(two, 0..<40, overlap: 10)]),
        (.split(at: 40), [segment(one, 0..<40), segment(two, 0..<10, overlap: 10), segment(two, 10..<40)]),
        // Taken out as a whole.
        (.cut(start: 30, end: 40), [segment(one, 0..<30), segment(two, 10..<40)]),
        (.cut(start: 20, end: 50), [segment(one, 0..<20), segment(two, 20..<40)]),
        // Inside, it is turned off: the earlier one ends there, the later one begins there.
        (.cut(start: 20, end: 35), [segment(one, 0..<20), segment(two, 5..<40)]),
        (.cut(start: 35, end: 50), [segment(one, 0..<35), segment(two, 20..<40)]),
        (.cut(start: 32, end: 38), [segment(one, 0..<32), segment(two, 8..<40)]),
        (.trim(start: 35, end: 70), [segment(two, 5..<40)]),
        (.trim(start: 0, end: 35), [segment(one, 0..<35)]),
        (.trim(start: 32, end: 38), [segment(two, 2..<8)]),
        (.insertSilence(at: 35, length: 3), [segment(one, 0..<35), .silence(3), segment(two, 5..<40)]),
        (.join(recording: one, end: 1, at: 31), [segment(one, 0..<31), segment(one, 0..<1), segment(two, 1..<40)]),
        (.move(start: 35, end: 70, to: 0), [segment(two, 5..<40), segment(one, 0..<35)]),
        (.move(start: 0, end: 10, to: 35), [segment(one, 10..<35), segment(one, 0..<10), segment(two, 5..<40)]),
        // A crossfade inside what moves, moves.
        (
            .move(start: 20, end: 50, to: 0),
            [
                segment(one, 20..<40), segment(two, 0..<20, overlap: 10), segment(one, 0..<20), segment(two, 20..<40),
            ]
        ),
    ]

    @Test("A boundary inside a crossfade ends it, any other leaves it", arguments: crossfades)
    func endsCrossfade(operation: EditOperation, segments: [EditSegment]) throws {
        #expect(try Fixtures.crossfaded().applying(operation).segments == segments)
    }

    @Test("A split or a gain inside a crossfade is refused", arguments: [31, 35, 39] as [Int64])
    func inCrossfade(position: Int64) throws {
        let list = try Fixtures.crossfaded()
        for operation: EditOperation in [
            .split(at: position), .gain(start: 0, end: position, decibels: 1),
            .gain(start: position, end: 70, decibels: 1),
        ] {
            #expect { try list.applying(operation) } throws: { ($0 as? EditError)?.code == "edit_in_fade" }
        }
    }

    @Test("A crossfade is set at a joint, makes the edit shorter, and is taken back with 0")
    func crossfade() throws {
        let joined = try Fixtures.list([Self.segment(Self.one, 0..<40), Self.segment(Self.two, 0..<40)])
        let list = try joined.applying(.crossfade(at: 40, length: 10))
        #expect(try list == Fixtures.crossfaded())
        #expect(list.length == 70)
        #expect(try list.applying(.crossfade(at: 30, length: 40)).length == 40)
        #expect(try list.applying(.crossfade(at: 30, length: 0)) == joined)
        #expect { try list.applying(.crossfade(at: 40, length: 1)) } throws: {
            ($0 as? EditError)?.reason == .joint && ($0 as? EditError)?.message.contains("at 30.") == true
        }
    }

    static let tooLong: [(Int64, Int64, Int64)] = [(12, 11, 10), (12, .max, 10), (12, -1, 10), (22, 16, 15)]

    @Test("A crossfade that does not fit is refused with the most that does", arguments: tooLong)
    func longCrossfade(position: Int64, length: Int64, most: Int64) throws {
        let list = try Fixtures.list([
            Self.segment(Self.one, 0..<12), Self.segment(Self.two, 0..<15), Self.segment(Self.one, 0..<40, overlap: 5),
        ])
        #expect { try list.applying(.crossfade(at: position, length: length)) } throws: {
            ($0 as? EditError)?.reason == .overlap && ($0 as? EditError)?.message.contains("0 to \(most).") == true
        }
    }

    @Test("Where a segment is overlapped as a whole, the joint is that of the two that begin together")
    func jointOfWhole() throws {
        let list = try Fixtures.list([
            Self.segment(Self.one, 0..<10), Self.segment(Self.two, 0..<5), Self.segment(Self.one, 50..<60, overlap: 5),
        ])
        #expect(try list.applying(.crossfade(at: 10, length: 0)).segments.map(\.overlap) == [0, 0, 0])
    }

    @Test("A fade of the whole edit is one of its first or last segment, and says how long it may be")
    func wholeFades() throws {
        let list = try Fixtures.crossfaded().applying(.fade(segment: 1, in: 25, out: nil))
        #expect(try list.applying(.fadeIn(length: 40)).segments.map(\.fadeIn) == [40, 25])
        #expect(try list.applying(.fadeOut(length: 15)).segments.map(\.fadeOut) == [0, 15])
        #expect { try list.applying(.fadeIn(length: 41)) } throws: {
            ($0 as? EditError)?.message.contains("At most 40 samples") == true
        }
        #expect { try list.applying(.fadeOut(length: 16)) } throws: {
            ($0 as? EditError)?.message.contains("At most 15 samples") == true
        }
    }

    @Test("Linear fades are the same backwards, crossfades keep the power, gains are in dB")
    func envelope() {
        let fade = EditEnvelope(length: 10, gain: 20, fadeIn: 4, fadeOut: 4, crossfadeIn: 0, crossfadeOut: 0)
        let amplitudes = (0..<10).map { fade.amplitude(at: $0) }
        #expect(
            amplitudes.map { ($0 * 1_000).rounded() } == [
                1_250, 3_750, 6_250, 8_750, 10_000, 10_000, 8_750, 6_250, 3_750, 1_250,
            ])
        #expect(fade.steady == 4..<6)
        #expect(fade.amplitude(at: -1) == 0 && fade.amplitude(at: 10) == 0 && fade.amplitude(at: .max) == 0)
        let out = EditEnvelope(length: 20, gain: 0, fadeIn: 0, fadeOut: 0, crossfadeIn: 0, crossfadeOut: 8)
        let into = EditEnvelope(length: 30, gain: 0, fadeIn: 0, fadeOut: 0, crossfadeIn: 8, crossfadeOut: 0)
        for offset in 0..<Int64(8) {
            let sides = (out.amplitude(at: 12 + offset), into.amplitude(at: offset))
            #expect(abs(sides.0 * sides.0 + sides.1 * sides.1 - 1) < 1e-12)
        }
        #expect(out.amplitude(at: 11) == 1 && into.amplitude(at: 8) == 1)
    }
}
