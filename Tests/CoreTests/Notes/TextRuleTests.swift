import TestSupport
import Testing

@testable import Core

@Suite struct TextRuleTests {
    static let line = TextRule("title", characters: 1...5)
    static let lines = TextRule("text", characters: 0...20, multiline: true)

    @Test(
        "white space at the ends is cut and the text is composed",
        arguments: [
            ("a", "a"), ("  a b\n", "a b"), ("\u{3000}a\u{A0}", "a"), ("e\u{301}", "\u{E9}"),
            ("A\u{30A}", "\u{C5}"), ("\u{212B}", "\u{C5}"), ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦"),
        ])
    func cleaned(text: String, clean: String) throws {
        let result = try Self.line.apply(text)
        // Swift compares canonically; what is stored and indexed are bytes.
        #expect(Array(result.utf8) == Array(clean.utf8))
    }

    @Test("a length counts what a person sees as a character", arguments: ["12345", "é́é́é́é́é́", "🇩🇪🇫🇷🇬🇧🇯🇵🇺🇳"])
    func fits(text: String) throws {
        #expect(try Self.line.apply(text).count == 5)
        #expect(throws: InvalidValue.self) { try Self.line.apply(text + "6") }
    }

    @Test("too short and too long say so", arguments: [("", "empty"), (" \n ", "empty"), ("123456", "at most 5")])
    func length(text: String, word: String) {
        #expect { try Self.line.apply(text) } throws: { ($0 as? InvalidValue)?.message.contains(word) == true }
    }

    @Test(
        "control characters are refused",
        arguments: ["a\u{0}b", "a\u{7}b", "a\u{1B}[b", "a\u{7F}b", "a\u{85}b", "a\u{9F}b", "a\nb", "a\tb", "a\r\nb"])
    func controls(text: String) {
        #expect(throws: InvalidValue("The title may not contain control characters.")) { try Self.line.apply(text) }
    }

    @Test("a multiline text may have line breaks and tabs", arguments: ["a\nb", "a\tb", "a\r\nb", "a\rb"])
    func multiline(text: String) throws {
        #expect(try Self.lines.apply(text) == text)
    }

    @Test(
        "a multiline text may have no other control characters",
        arguments: ["a\u{0}b", "a\u{B}b", "a\u{C}b", "\u{1B}c"])
    func multilineControls(text: String) {
        #expect(throws: InvalidValue.self) { try Self.lines.apply(text) }
    }

    @Test("one character of endless combining marks is too long, not endless work")
    func combining() {
        let text = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(throws: InvalidValue.self) { try Self.line.apply(text) }
    }

    @Test("what a rule gives, the rule leaves alone")
    func idempotent() throws {
        var generator = SeededGenerator(seed: 5)
        let alphabet: [Character] = [
            "a", "e\u{301}", " ", "\u{A0}", "ß", "İ", "中", "🎙️", "\u{212B}", "\n", "\u{0}", "<",
        ]
        let rule = TextRule("text", characters: 0...12, multiline: true)
        for _ in 0..<3000 {
            let length = Int.random(in: 0...16, using: &generator)
            let text = String((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
            guard let once = try? rule.apply(text) else { continue }
            #expect(Array(try rule.apply(once).utf8) == Array(once.utf8))
            #expect(rule.characters.contains(once.count))
        }
    }

    @Test("a validation gathers every message and names the fields")
    func validation() {
        var validation = Validation()
        let good = validation.check("name") { () throws(InvalidValue) in try Self.line.apply("ok") }
        let bad = validation.check("title") { () throws(InvalidValue) in try Self.line.apply("") }
        validation.fail("tags", "Too many.")
        #expect(good == "ok")
        #expect(bad == nil)
        do {
            try validation.finish()
            Issue.record("nothing was thrown")
        } catch {
            #expect(error.code == .validationFailed)
            #expect(error.fields.map(\.field) == ["title", "tags"])
        }
    }
}
