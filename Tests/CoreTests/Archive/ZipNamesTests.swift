import Core
import TestSupport
import Testing

@Suite("Names in an archive")
struct ZipNamesTests {
    static let safe: [(String, String)] = [
        ("note.wav", "note.wav"), ("../../etc/passwd", "_._.._etc_passwd"), ("a/b\\c.wav", "a_b_c.wav"),
        ("C:\\note.wav", "C__note.wav"), (".hidden", "_hidden"), ("", "recording"), ("   ", "recording"),
        ("trailing. . ", "trailing"), ("line\r\nbreak.wav", "line__break.wav"), ("nul\u{0}.wav", "nul_.wav"),
        ("con", "_con"), ("CON.wav", "_CON.wav"), ("Lpt1.tar.gz", "_Lpt1.tar.gz"), ("aux .wav", "_aux .wav"),
        ("console.wav", "console.wav"), ("com10.wav", "com10.wav"), ("Gru\u{308}n.wav", "Gr\u{FC}n.wav"),
        ("会議 😍.ogg", "会議 😍.ogg"),
    ]

    @Test("A name is safe on every system", arguments: safe)
    func isSafe(wanted: String, name: String) {
        var names = ZipNames()
        #expect(Array(names.unique(wanted).unicodeScalars) == Array(name.unicodeScalars))
    }

    @Test("The second of a name is numbered in front of its extension")
    func numbers() {
        var names = ZipNames()
        let wanted = ["a.wav", "a.wav", "A.WAV", "a (2).wav", "a.ogg", "a.wav", "b", "B", "\u{E9}.wav", "e\u{301}.wav"]
        #expect(
            wanted.map { names.unique($0) } == [
                "a.wav", "a (2).wav", "A (3).WAV", "a (2) (2).wav", "a.ogg", "a (4).wav", "b", "B (2)", "\u{E9}.wav",
                "\u{E9} (2).wav",
            ])
    }

    @Test("An extension is only what is short")
    func extensions() {
        var names = ZipNames()
        let long = "what I said. And then there was more of it"
        #expect(names.unique(long) == long)
        #expect(names.unique(long) == long + " (2)")
        #expect(names.unique(".wav") == "_wav")
        #expect(names.unique(".wav") == "_wav (2)")
    }

    @Test("Ten thousand of one name are all different, and soon found")
    func many() {
        var names = ZipNames()
        let found = (0..<10_000).map { _ in names.unique("Voice memo.m4a") }
        #expect(Set(found).count == found.count)
        #expect(found.last == "Voice memo (10000).m4a")
    }

    @Test("No two names are equal, whatever was wished for, and none is long", arguments: 0..<20)
    func unique(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let pieces = ["a", "A", ".", " ", "(2)", " (2)", "/", "é", "E\u{301}", "con", ".wav", "\u{202E}", "ß", "SS"]
        var names = ZipNames()
        var seen: Set<String> = []
        for _ in 0..<500 {
            let count = Int.random(in: 0...4, using: &generator)
            let wanted = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            let name = names.unique(wanted)
            #expect(seen.insert(name.lowercased()).inserted, "\(name) for \(wanted)")
            #expect(!name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.contains("\u{202E}"))
        }
        let long = String(repeating: "ä", count: 2000) + ".wav"
        for _ in 0..<20 {
            let name = names.unique(long)
            #expect(name.utf8.count <= 230 && name.hasSuffix(".wav"))
        }
    }
}
