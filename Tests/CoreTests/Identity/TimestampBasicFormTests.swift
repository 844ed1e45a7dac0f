import Core
import TestSupport
import Testing

@Suite("The basic form of a time")
struct TimestampBasicFormTests {
    private static func text(_ time: Timestamp) -> String {
        var bytes: [UInt8] = []
        time.appendBasicForm(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static let times: [(Int64, String)] = [
        (0, "19700101T000000Z"), (-1, "19691231T235959Z"), (999, "19700101T000000Z"),
        (1_369_353_600_000, "20130524T000000Z"), (1_440_938_160_999, "20150830T123600Z"),
        (1_709_251_199_000, "20240229T235959Z"), (.min, "00010101T000000Z"), (.max, "99991231T235959Z"),
    ]

    @Test("It has 16 characters in whole seconds, and stays within four digits of a year", arguments: times)
    func form(milliseconds: Int64, text: String) {
        #expect(Self.text(Timestamp(milliseconds: milliseconds)) == text)
    }

    @Test("It is the extended form without its separators and fractions")
    func extended() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<2000 {
            let moment = Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
            let time = Timestamp(milliseconds: moment)
            let extended = time.description.filter { $0 != "-" && $0 != ":" }
            #expect(Self.text(time) == extended.prefix(15) + "Z")
        }
    }

    @Test("What is appended goes behind what is there")
    func appends() {
        var bytes = Array("at ".utf8)
        Timestamp(milliseconds: 0).appendBasicForm(to: &bytes)
        #expect(bytes == Array("at 19700101T000000Z".utf8))
    }

    @Test(
        "A day begins at midnight of UTC, also before 1970",
        arguments: [
            (0, 0), (86_399_999, 0), (86_400_000, 1), (-1, -1), (-86_400_000, -1), (-86_400_001, -2),
        ] as [(Int64, Int64)])
    func day(milliseconds: Int64, day: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).dayOfEpoch == day)
    }
}
