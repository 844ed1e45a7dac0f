import Foundation
import TestSupport
import Testing

@testable import Core

@Suite struct TimestampTests {
    @Test(
        "a time is printed as ISO 8601 in UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_645_557_742_123, "2022-02-22T19:22:22.123Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_248_000_007, "2026-11-21T08:00:00.007Z"),
        ] as [(Int64, String)])
    func printed(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "fractions and offsets are read",
        arguments: [
            ("2026-11-21T08:00:00Z", 1_795_248_000_000), ("2026-11-21T09:00:00+01:00", 1_795_248_000_000),
            ("2026-11-21T02:30:00-05:30", 1_795_248_000_000), ("2026-11-21T08:00:00.5Z", 1_795_248_000_500),
            ("2026-11-21T09:00:00.250+01:00", 1_795_248_000_250),
        ] as [(String, Int64)])
    func read(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "what is not a time is refused",
        arguments: [
            "", "now", "2026", "2026-11-21", "08:00:00", "1795248000", "2026-13-01T00:00:00Z",
            "21.11.2026 08:00", "2026-11-21T08:00:00.000ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ", "\u{0}",
            String(repeating: "2", count: 100_000),
        ])
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("every millisecond between 1970 and 2200 comes back from its text")
    func roundTrip() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<3000 {
            let time = Timestamp(milliseconds: Int64.random(in: 0...7_258_118_400_000, using: &generator))
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test("the text sorts as the times do")
    func order() {
        var generator = SeededGenerator(seed: 4)
        let times = (0..<500).map { _ in
            Timestamp(milliseconds: Int64.random(in: 0...7_258_118_400_000, using: &generator))
        }
        #expect(times.sorted().map(\.description) == times.map(\.description).sorted())
    }

    @Test("durations are added and subtracted in whole milliseconds")
    func arithmetic() {
        let time = Timestamp(milliseconds: 1000)
        #expect((time + .seconds(2)).milliseconds == 3000)
        #expect((time - .milliseconds(1500)).milliseconds == -500)
        #expect(time + .seconds(1) - time == .seconds(1))
        #expect((time + .microseconds(999)) == time)
        #expect(time < time + .milliseconds(1))
    }

    @Test("the system's clock and Foundation's agree")
    func now() {
        let before = Date().timeIntervalSince1970 * 1000
        let now = Double(Timestamp.now().milliseconds)
        #expect(now >= before.rounded(.down) - 1)
        #expect(now <= Date().timeIntervalSince1970 * 1000 + 1)
    }

    @Test("JSON holds the text, and refuses another")
    func json() throws {
        let time = Timestamp(milliseconds: 1_795_248_000_007)
        let data = try JSONEncoder().encode([time])
        #expect(String(decoding: data, as: UTF8.self) == #"["2026-11-21T08:00:00.007Z"]"#)
        #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [time])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Timestamp].self, from: Data(#"["soon"]"#.utf8))
        }
    }
}
