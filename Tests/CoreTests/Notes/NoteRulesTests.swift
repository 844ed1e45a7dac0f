import TestSupport
import Testing

@testable import Core

@Suite struct NoteRulesTests {
    @Test(
        "tags fold case and the first spelling stays",
        arguments: [
            (["Work", "work", "WORK"], ["Work"]), (["a", "b", "A"], ["a", "b"]), ([], []), ([" home "], ["home"]),
            (["Caf\u{E9}", "cafe\u{301}"], ["Caf\u{E9}"]), (["Straße", "STRASSE"], ["Straße", "STRASSE"]),
        ])
    func folded(tags: [String], clean: [String]) throws {
        #expect(try NoteRules.tags(tags) == clean)
    }

    @Test(
        "tags that are empty, too long, too many, with a comma or control characters are refused",
        arguments: [
            [""], [" "], ["a,b"], ["a,\u{301}b"], ["a\nb"], ["a\u{0}"], [String(repeating: "a", count: 51)],
            (0...32).map { "t\($0)" },
        ])
    func refused(tags: [String]) {
        #expect(throws: InvalidValue.self) { try NoteRules.tags(tags) }
    }

    @Test("thirty-two tags of fifty characters are taken")
    func most() throws {
        let tags = (10..<42).map { "\($0)" + String(repeating: "é", count: 48) }
        #expect(try NoteRules.tags(tags) == tags)
    }

    @Test(
        "a list of tags is split at commas, and empty entries are dropped",
        arguments: [
            ("", []), (",", []), (" , ,", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a , b c ,", ["a", "b c"]),
        ] as [(String, [String])])
    func split(list: String, tags: [String]) throws {
        #expect(try NoteRules.tags(NoteRules.splitTags(list)) == tags)
    }

    @Test(
        "a file name is its last component and never a path",
        arguments: [
            ("memo.wav", "memo.wav"), ("/etc/passwd", "passwd"), ("../../x.wav", "x.wav"), ("..\\..\\x.wav", "x.wav"),
            ("C:\\Users\\me\\a b.mp3", "a b.mp3"), ("a/../b", "b"), (".", nil), ("..", nil), ("/", nil), ("", nil),
            ("\\", nil), ("a/..", nil), ("a/\u{301}b", "\u{301}b"), ("a/.", nil), ("\u{0}", nil),
            ("a\u{0}b.wav", "ab.wav"), ("a\r\nb", "ab"),
            ("..\u{0}", nil), (" .. ", nil), ("dir/", "dir"), ("e\u{301}.wav", "\u{E9}.wav"), (".hidden", ".hidden"),
        ] as [(String, String?)])
    func fileName(name: String, clean: String?) {
        #expect(NoteRules.fileName(name) == clean)
    }

    @Test("a file name of any bytes never holds a separator, a control character or more than 255 characters")
    func anyFileName() {
        var generator = SeededGenerator(seed: 31)
        let alphabet: [Unicode.Scalar] = [
            "a", ".", "/", "\\", "\u{0}", "\n", " ", "\u{301}", "é", "🎙", "\u{202E}", "\u{7F}",
        ]
        for _ in 0..<3000 {
            let length = Int.random(in: 0...400, using: &generator)
            var scalars = String.UnicodeScalarView()
            for _ in 0..<length { scalars.append(alphabet.randomElement(using: &generator) ?? "a") }
            guard let name = NoteRules.fileName(String(scalars)) else { continue }
            #expect(!name.isEmpty && name != "." && name != ".." && name.count <= 255)
            #expect(
                !name.unicodeScalars.contains { $0 == "/" || $0 == "\\" || $0.properties.generalCategory == .control })
        }
    }

    @Test(
        "a title from a file name has no extension and fits",
        arguments: [
            ("memo.wav", "memo"), ("a.b.mp3", "a.b"), ("memo", "memo"), (".hidden", ".hidden"), ("", ""),
            (String(repeating: "x", count: 250) + ".wav", String(repeating: "x", count: 200)),
        ])
    func title(name: String, title: String) {
        #expect(NoteRules.title(fromFileName: name) == title)
    }

    @Test("a patch is cleaned field by field, an empty folder takes the note out of its folder")
    func patch() throws {
        let patch = NotePatch(title: " Talk ", text: "a\n", tags: ["A", "a"], folder: .some(.some("")), pinned: true)
        let clean = try patch.validated()
        #expect(clean.title == "Talk")
        #expect(clean.text == "a")
        #expect(clean.tags == ["A"])
        #expect(clean.folder == .some(.none))
        #expect(clean.archived == nil)
        #expect(clean.pinned == true)
        #expect(try NotePatch().validated() == NotePatch())
        #expect(try NotePatch(folder: .some(.none)).validated().folder == .some(.none))
    }

    @Test("a patch with several mistakes names them all")
    func brokenPatch() {
        let patch = NotePatch(
            title: String(repeating: "x", count: 201), text: "\u{0}", tags: [""], folder: .some(.some("a\nb")))
        #expect { try patch.validated() } throws: { error in
            (error as? VoiceNoteError)?.fields.map(\.field) == ["title", "text", "tags", "folder"]
        }
    }
}
