import TestSupport
import Testing

@testable import voicenote

/// Times on the command line: every form, exact, and nothing else.
@Suite struct EditLengthTests {
    private static let second: Int64 = 1_000_000_000

    @Test(
        "each form is read exactly",
        arguments: [
            ("0", 0), ("90", 90_000_000_000), ("90s", 90_000_000_000), ("1m30s", 90_000_000_000),
            ("1h2m3.5s", 3_723_500_000_000), ("2m", 120_000_000_000), ("1.5m", 90_000_000_000),
            ("0.5h", 1_800_000_000_000), ("250ms", 250_000_000), ("1s250ms", 1_250_000_000),
            ("1m5ms", 60_005_000_000), ("1:30", 90_000_000_000), ("90:00", 5_400_000_000_000),
            ("01:02:03.250", 3_723_250_000_000), ("0:00.000000001", 1), ("0.1", 100_000_000),
            ("3.123456789", 3_123_456_789),
        ] as [(String, Int64)])
    func forms(text: String, nanoseconds: Int64) {
        #expect(EditLength(text) == .nanoseconds(nanoseconds))
    }

    @Test("samples are counted, not timed")
    func samples() {
        #expect(EditLength("44100samples") == .samples(44_100))
        #expect(EditLength("44100samples")?.samples(at: 8_000) == 44_100)
        #expect(EditLength("0samples")?.isZero == true)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", " ", "s", ".", "5.", ".5", "5..", "-5", "+5", "1e3", "nan", "inf", "0x10", "1,5", "5 s", "5sec", "5S",
            "1s1m", "1s1s", "1m30", "1.5m30s", "1:60", "1:2:60", "1:61:00", "1:2:3:4", ":30", "1:", "1:-5", "1h:30",
            "3.1234567891", "1.5samples", "samples", "-1samples", "٣", "99999999999999999999", "9999999h",
            "100000000", "1.0000000001ms", "0.0000005ms",
        ])
    func refused(text: String) {
        #expect(EditLength(text) == nil)
    }

    /// Random times at random rates, against arithmetic of 128 bits that takes no short cuts.
    @Test("a time is rounded to the nearest sample", arguments: 0..<20)
    func rounding(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let nanoseconds = Int64.random(in: 0...(10_000_000 * Self.second), using: &generator)
            let rate = Int.random(in: 8_000...768_000, using: &generator)
            let length = try #require(EditLength(Self.text(nanoseconds, style: Int(generator.next() % 3))))
            #expect(length == .nanoseconds(nanoseconds))
            let twice = Int128(nanoseconds) * Int128(rate) * 2
            let expected = Int64((twice + Int128(Self.second)) / Int128(2 * Self.second))
            #expect(length.samples(at: rate) == expected)
        }
    }

    /// Writing the time of a sample down to the nanosecond and reading it again gives that sample: nothing drifts.
    @Test("every sample can be reached by its time", arguments: [8_000, 11_025, 44_100, 48_000, 192_000, 768_000])
    func everySample(rate: Int) {
        var generator = SeededGenerator(seed: UInt64(rate))
        for _ in 0..<2_000 {
            let sample = Int64.random(in: 0...(Int64(rate) * 86_400), using: &generator)
            let nanoseconds = Int64(
                (Int128(sample) * Int128(Self.second) + Int128(rate) / 2) / Int128(rate))
            #expect(EditLength(Self.text(nanoseconds, style: 0))?.samples(at: rate) == sample)
        }
    }

    @Test(
        "positions are shown to the millisecond",
        arguments: [(0, "0:00.000"), (4_000, "0:00.500"), (8_000 * 3_725 + 2, "1:02:05.000"), (479_999, "1:00.000")])
    func clock(samples: Int64, text: String) {
        #expect(EditClock.text(samples, at: 8_000) == text)
    }

    /// The time in one of three ways of writing it.
    private static func text(_ nanoseconds: Int64, style: Int) -> String {
        let seconds = nanoseconds / second
        let digits = String(nanoseconds % second)
        let fraction = String(repeating: "0", count: 9 - digits.count) + digits
        switch style {
        case 0: return "\(seconds).\(fraction)"
        case 1: return "\(seconds / 3_600)h\(seconds / 60 % 60)m\(seconds % 60).\(fraction)s"
        default: return "\(seconds / 3_600):\(seconds / 60 % 60):\(seconds % 60).\(fraction)"
        }
    }
}
