import Testing

@testable import voicenote

/// Ranges and positions on the command line, in an edit of ten seconds at 8000 Hz.
@Suite struct EditSpanTests {
    private static let scope = EditScope(rate: 8_000, length: 80_000)

    @Test(
        "a range may be open at one end, and counted from the end",
        arguments: [
            ("5s..7s", 40_000..<56_000), ("5s..", 40_000..<80_000), ("..2s", 0..<16_000), ("-3s..", 56_000..<80_000),
            ("..-3s", 0..<56_000), ("-3s..-1s", 56_000..<72_000), ("1s..end", 8_000..<80_000),
            ("1.5s..2.5s", 12_000..<20_000), ("0:01..0:02", 8_000..<16_000), ("3samples..4samples", 3..<4),
            ("0..10", 0..<80_000),
        ] as [(String, Range<Int64>)])
    func ranges(text: String, range: Range<Int64>) throws {
        #expect(try #require(EditSpan(text)).range(in: Self.scope) == range)
    }

    @Test("anything else is refused", arguments: ["", "..", "5s", "5s...7s", "5s-7s", "a..b", "5s..x", "5s..7s..9s"])
    func refused(text: String) {
        #expect(EditSpan(text) == nil)
    }

    @Test(
        "a range outside the edit, or with nothing in it, says where the edit ends",
        arguments: ["5s..11s", "11s..", "-11s..", "5s..5s", "7s..5s", "end..", "..-10s", "80001samples.."])
    func outside(text: String) throws {
        let span = try #require(EditSpan(text))
        #expect(throws: EditTextError.self) { try span.range(in: Self.scope) }
    }

    @Test("the sentence about a range beyond the end has times and samples")
    func sentence() throws {
        let span = try #require(EditSpan("5s..11s"))
        let error = #expect(throws: EditTextError.self) { try span.range(in: Self.scope) }
        #expect(
            error?.description == "0:11.000 lies beyond the end: the edit is 0:10.000 long here (80000 samples).")
    }

    @Test("where the length is not known, positions from the start still are")
    func unknownLength() throws {
        let scope = EditScope(rate: 8_000, length: nil)
        #expect(try #require(EditSpan("5s..11s")).range(in: scope) == 40_000..<88_000)
        for text in ["5s..", "..-1s", "-5s..11s"] {
            let span = try #require(EditSpan(text))
            #expect(throws: EditTextError.self) { try span.range(in: scope) }
        }
    }
}
