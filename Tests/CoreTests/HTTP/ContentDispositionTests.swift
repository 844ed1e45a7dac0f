import Core
import TestSupport
import Testing

@Suite("Content-Disposition")
struct ContentDispositionTests {
    static let made: [(String, String)] = [
        ("memo.wav", "attachment; filename=\"memo.wav\""),
        ("my memo.wav", "attachment; filename=\"my memo.wav\""),
        ("Gespräch.wav", "attachment; filename=\"Gespr_ch.wav\"; filename*=UTF-8''Gespr%C3%A4ch.wav"),
        ("€ 5%.wav", "attachment; filename=\"_ 5_.wav\"; filename*=UTF-8''%E2%82%AC%205%25.wav"),
        ("a\r\nSet-Cookie: x=1", "attachment; filename=\"a__Set-Cookie_ x=1\""),
        ("\"; filename=\"evil.exe", "attachment; filename=\"_; filename=_evil.exe\""),
        ("../../etc/passwd", "attachment; filename=\"_._.._etc_passwd\""),
        ("C:\\temp\\a.wav", "attachment; filename=\"C__temp_a.wav\""),
        (".bashrc", "attachment; filename=\"_bashrc\""),
        ("", "attachment; filename=\"recording\""),
        (" .. ", "attachment; filename=\"recording\""),
        ("a\u{0}b\u{7F}\u{85}c", "attachment; filename=\"a_b__c\""),
        ("exe.\u{202E}vaw", "attachment; filename=\"exe._vaw\""),
        ("it's (1)*.wav", "attachment; filename=\"it's (1)_.wav\""),
    ]

    @Test("A name cannot leave its quotes, its line or its folder", arguments: made)
    func makes(name: String, expected: String) {
        #expect(ContentDisposition.attachment(fileName: name) == expected)
    }

    @Test("A long name is cut in front of its extension")
    func cut() {
        let name = ContentDisposition.safe(String(repeating: "ä", count: 500) + ".flac")
        #expect(name.utf8.count <= 200)
        #expect(name.hasSuffix("ä.flac"))
        let marks = ContentDisposition.safe("e" + String(repeating: "\u{301}", count: 100_000))
        #expect(marks.utf8.count <= 200)
    }

    @Test("No name of any scalars makes anything but printable ASCII without a path", arguments: 0..<300)
    func anyName(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...300, using: &random) {
            let limit: UInt32 = Bool.random(using: &random) ? 0xFF : 0x2_FFFF
            if let scalar = Unicode.Scalar(UInt32.random(in: 0...limit, using: &random)) { scalars.append(scalar) }
        }
        let value = ContentDisposition.inline(fileName: String(scalars))
        let printable = UInt8(0x20)...0x7E
        #expect(value.utf8.allSatisfy { printable.contains($0) })
        #expect(value.count { $0 == "\"" } == 2)
        #expect(!value.contains("/") && !value.contains("\\"))
        #expect(value.utf8.count <= 840)
    }

    static let read: [(String, String, String?)] = [
        ("form-data; name=\"file\"; filename=\"memo.wav\"", "file", "memo.wav"),
        ("form-data; name=title", "title", nil),
        ("FORM-DATA;NAME=\"a\";FileName=\"b\"", "a", "b"),
        ("form-data; name=\"a\"; filename=\"\"", "a", ""),
        ("form-data; name=\"a\"; filename=\"x%22y%0D%0Az%41.wav\"", "a", "x\"y\r\nz%41.wav"),
        ("form-data; name=\"a\"; filename=\"x\\\"y\\\\z.wav\"", "a", "x\"y\\z.wav"),
        ("form-data; name=\"a\"; filename=\"C:\\temp\\a.wav\"", "a", "C:\\temp\\a.wav"),
        ("form-data; name=\"a\"; filename=\"Gespräch.wav\"", "a", "Gespräch.wav"),
        ("form-data; name=\"a\"; filename=\"x\"; filename*=UTF-8''Gespr%C3%A4ch.wav", "a", "Gespräch.wav"),
        ("form-data; name=\"a\"; filename=\"x\"; filename*=utf-8'de'b", "a", "b"),
        ("form-data; name=\"a\"; filename=\"x\"; filename*=iso-8859-1''%E4", "a", "x"),
        ("form-data; name=\"a\"; filename=\"x\"; filename*=UTF-8''%FF", "a", "x"),
        ("form-data; name=\"a\"; filename=\"x\"; filename*=UTF-8''%4", "a", "x"),
        ("form-data; name=\"a;b\"; filename=\"c; d\";", "a;b", "c; d"),
        ("form-data; name=\"a\"; size=12 ; filename=b.wav", "a", "b.wav"),
    ]

    @Test("A part's header is read as clients send it", arguments: read)
    func reads(text: String, name: String, fileName: String?) throws {
        let disposition = try FormDataDisposition.parse(text)
        #expect(disposition.name == name)
        #expect(disposition.fileName == fileName)
    }

    static let refused: [(String, FormDataDispositionError)] = [
        ("", .notFormData), ("attachment; name=\"a\"", .notFormData), ("form-data", .nameMissing),
        ("form-data; filename=\"a\"", .nameMissing), ("form-data; name=\"a\"; name=\"b\"", .repeatedParameter),
        ("form-data name=\"a\"", .malformed(position: 10)), ("form-data; name", .malformed(position: 15)),
        ("form-data; name=", .malformed(position: 16)), ("form-data; name=\"a", .malformed(position: 18)),
        ("form-data; name=\"a\" x", .malformed(position: 20)), ("form-data; name=\"a\n\"", .malformed(position: 19)),
    ]

    @Test("What cannot be read is told apart", arguments: refused)
    func refuses(text: String, error: FormDataDispositionError) {
        #expect(throws: error) { try FormDataDisposition.parse(text) }
    }

    @Test("Names are bounded")
    func bounds() {
        let name = "form-data; name=\"" + String(repeating: "a", count: 257) + "\""
        #expect(throws: FormDataDispositionError.tooLong(limitBytes: 256)) { try FormDataDisposition.parse(name) }
        let file = "form-data; name=a; filename=\"" + String(repeating: "a", count: 1025) + "\""
        #expect(throws: FormDataDispositionError.tooLong(limitBytes: 1024)) { try FormDataDisposition.parse(file) }
        let long = "form-data; name=a; x=\"" + String(repeating: "a", count: 4096) + "\""
        #expect(throws: FormDataDispositionError.tooLong(limitBytes: 4096)) { try FormDataDisposition.parse(long) }
    }
}
