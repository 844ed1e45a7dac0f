import TestSupport
import Testing

@testable import Core

@Suite struct NoteQueryTests {
    @Test("a cursor comes back from its text")
    func cursor() throws {
        for pinned in [true, false] {
            let text = (pinned ? "p" : "n") + Note.ID().description
            let cursor = try #require(NoteCursor(text))
            #expect(cursor.pinned == pinned)
            #expect(cursor.description == text)
        }
    }

    @Test(
        "what is not a cursor is refused",
        arguments: [
            "", "p", "x017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "p017f22e2-79b0-7cc3-98c4-dc0c0c07398f ", "p' OR 1=1 --", "pp17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        ])
    func badCursor(text: String) {
        #expect(NoteCursor(text) == nil)
    }

    @Test(
        "the words of a search are letters and digits only",
        arguments: [
            ("", []), ("  ", []), ("\"", []), ("hello", ["hello"]), ("hello world", ["hello", "world"]),
            ("a\"b", ["a", "b"]), ("a* OR b", ["a", "OR", "b"]), ("title:x", ["title", "x"]),
            ("^a -b +c", ["a", "b", "c"]),
            ("NEAR(a b)", ["NEAR", "a", "b"]), ("{a b}:c", ["a", "b", "c"]), ("don't", ["don", "t"]),
            ("cafe\u{301}", ["caf\u{E9}"]), ("2026-11-21", ["2026", "11", "21"]), ("🎙️ mic", ["mic"]),
            ("a\u{0}b", ["a", "b"]),
        ] as [(String, [String])])
    func words(search: String, words: [String]) {
        #expect(NoteQuery.words(of: search) == words)
    }

    @Test("a search has at most sixteen words of two hundred characters together")
    func bounded() {
        #expect(NoteQuery.words(of: String(repeating: "a ", count: 5000)).count == 16)
        #expect(NoteQuery.words(of: String(repeating: "a", count: 5000)).map(\.count) == [200])
    }

    @Test("no text gets a quote, a star or white space through")
    func harmless() {
        var generator = SeededGenerator(seed: 41)
        let alphabet: [Character] = [
            "a", "é", "\"", "'", "*", "(", ")", ":", "^", "-", " ", "\n", "\u{0}", "1", "中", "½",
        ]
        for _ in 0..<3000 {
            let length = Int.random(in: 0...60, using: &generator)
            let text = String((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
            for word in NoteQuery.words(of: text) {
                #expect(!word.isEmpty)
                #expect(word.allSatisfy { $0.isLetter || $0.isNumber })
            }
        }
    }
}
