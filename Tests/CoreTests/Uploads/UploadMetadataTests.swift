import Core
import Testing

@Suite("Upload metadata follows tus 1.0")
struct UploadMetadataTests {
    static let accepted: [(String, [String: String])] = [
        // The example of the specification.
        (
            "filename d29ybGRfZG9taW5hdGlvbl9wbGFuLnBkZg==,is_confidential",
            ["filename": "world_domination_plan.pdf", "is_confidential": ""]
        ),
        ("title w6k=", ["title": "é"]),
        ("title w6k=, \tfilename bmFtZS53YXY= ", ["title": "é", "filename": "name.wav"]),
        ("live", ["live": ""]),
        ("live ", ["live": ""]),
        ("a,A", ["a": "", "A": ""]),
        ("a=b;\"c/d\" QQ==", ["a=b;\"c/d\"": "A"]),
        // Hostile values are handed over as they are; whoever uses them cleans them.
        ("filename Li4vLi4vZXRjL3Bhc3N3ZA==", ["filename": "../../etc/passwd"]),
        ("title YQ0KWDogeQ==", ["title": "a\r\nX: y"]),
        ("title AA==", ["title": "\0"]),
        (String(repeating: "k", count: 100), [String(repeating: "k", count: 100): ""]),
    ]

    @Test("Keys and values are read, with and without values", arguments: accepted)
    func accepts(text: String, values: [String: String]) throws {
        #expect(try UploadMetadata(text).values == values)
    }

    static let refused: [String] = [
        "", " ", ",", "a QQ==,", ",a QQ==", "a QQ==,,b QQ==",
        "a QQ==,a Qg==", "a,a", "a QQ==, a",
        "é QQ==", "a\u{1} QQ==", "a\tb QQ==", "a\r\nb QQ==",
        "a !!!!", "a A", "a QQ", "a w6k", "a QQ=", "a QQ===", "a QQ==QQ==", "a QQ-_",
        "a  QQ==", "a QQ== QQ==", "a QQ==\n",
        "a /w==", "a w6k=wyg=", "a wyg=", "a 7aCA",
        String(repeating: "k", count: 101),
    ]

    @Test("What is no list of unique keys with Base64 of UTF-8 is refused", arguments: refused)
    func refuses(text: String) {
        #expect(throws: InvalidValue.self) { try UploadMetadata(text) }
    }

    @Test("The header is bounded, in bytes and in keys")
    func bounds() throws {
        let keys = (0..<UploadMetadata.maximumKeys).map { "k\($0)" }
        #expect(try UploadMetadata(keys.joined(separator: ",")).values.count == UploadMetadata.maximumKeys)
        #expect(throws: InvalidValue.self) { try UploadMetadata((keys + ["one-more"]).joined(separator: ",")) }
        // The longest value that fits behind the key is a multiple of four digits.
        let digits = String(repeating: "A", count: UploadMetadata.maximumBytes - 4)
        #expect(try UploadMetadata("key \(digits)").values["key"]?.utf8.count == digits.utf8.count / 4 * 3)
        #expect(throws: InvalidValue.self) { try UploadMetadata("key \(digits)AAAA") }
    }

    @Test("Of several names for the same thing, the first that says something counts")
    func first() throws {
        let metadata = try UploadMetadata("filename,name bmFtZS53YXY=,title w6k=")
        #expect(metadata.first("filename", "name") == "name.wav")
        #expect(metadata.first("title", "name") == "é")
        #expect(metadata.first("filename") == nil)
        #expect(metadata.first("type", "filetype") == nil)
    }

    @Test(
        "Blanks at both ends are trimmed, and no others",
        arguments: [
            ("", ""), (" \t ", ""), ("a", "a"), (" a", "a"), ("a\t", "a"), (" \ta b\t ", "a b"),
            ("\u{A0}a\n", "\u{A0}a\n"),
        ])
    func trimming(text: String, trimmed: String) {
        #expect(String(Substring(text).trimmingBlanks) == trimmed)
    }
}
