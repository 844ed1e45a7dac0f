import Core
import Testing

@Suite("HTTP dates")
struct HTTPDateTests {
    static let forms: [(String, Int64)] = [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
        ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
        ("Sat Nov 21 08:00:00 2026", 1_795_248_000),
        ("Mon, 01 Jan 0001 00:00:00 GMT", -62_135_596_800),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
    ]

    @Test("All three forms are read", arguments: forms)
    func readsForms(text: String, seconds: Int64) {
        #expect(HTTPDate.parse(text)?.secondsSinceEpoch == seconds)
    }

    @Test(
        "What is no date is refused",
        arguments: [
            "", "now", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
            "Thu, 29 Feb 1900 00:00:00 GMT", "Wed, 29 Feb 2023 00:00:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 0000 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT 0000000000000", "Sun, 0６ Nov 1994 08:49:37 GMT",
        ])
    func refused(text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }

    @Test("A year of two digits lies at most 50 years ahead")
    func century() throws {
        let now = try #require(HTTPDate.parse("Sat, 21 Nov 2026 08:00:00 GMT"))
        let near = try #require(HTTPDate.parse("Friday, 06-Nov-76 08:49:37 GMT", now: now))
        #expect(near.text == "Fri, 06 Nov 2076 08:49:37 GMT")
        let far = try #require(HTTPDate.parse("Sunday, 06-Nov-77 08:49:37 GMT", now: now))
        #expect(far.text == "Sun, 06 Nov 1977 08:49:37 GMT")
    }

    @Test("Every day of four centuries survives the round trip, and the days of the week follow each other")
    func roundTrip() throws {
        let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        for day in Int64(0)..<146_097 {
            let date = HTTPDate(clampingSeconds: day * 86_400 + day % 86_400)
            let text = date.text
            guard HTTPDate.parse(text) == date, text.hasPrefix(names[Int(day % 7)]), text.utf8.count == 29 else {
                Issue.record("\(day) became \(text)")
                return
            }
        }
        #expect(HTTPDate(clampingSeconds: .min).text == "Mon, 01 Jan 0001 00:00:00 GMT")
        #expect(HTTPDate(clampingSeconds: .max).text == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(HTTPDate(secondsSinceEpoch: 253_402_300_800) == nil)
    }
}
