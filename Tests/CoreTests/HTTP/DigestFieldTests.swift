import Core
import TestSupport
import Testing

@Suite("Digest fields follow RFC 9530")
struct DigestFieldTests {
    /// SHA-256 of `{"hello": "world"}` and a line feed, the content of the examples in RFC 9530; recomputed.
    static let example = "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg="
    /// SHA-512 of the same; recomputed.
    static let example512 = "YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg=="

    static let accepted: [String] = [
        "sha-256=:\(example):", " sha-256=:\(example): ", "md5=:AAAA:, sha-256=:\(example):",
        "sha-256=:\(example):;a=1;b=\"x\\\"y\";c;d=?1, unixsum=30637",
        "a=t/x:y, sha-256=:\(example):",
        "sha-256=:\(example.dropLast()):", "a=-1.5,b=@1659578233,sha-256=:\(example):", "a,sha-256=:\(example):",
    ]

    @Test("A SHA-256 is found among whatever else there is", arguments: accepted)
    func accepts(text: String) throws {
        let field = try DigestField.parse(text)
        #expect(field.sha256?.prefix(4) == [0x44, 0xAF, 0xF4, 0xAB])
        #expect(DigestField.text(sha256: try #require(field.sha256)) == "sha-256=:\(Self.example):")
        #expect(field.sha512 == nil)
    }

    @Test("A SHA-512 is known")
    func sha512() throws {
        #expect(try DigestField.parse("sha-512=:\(Self.example512):").sha512?.count == 64)
    }

    @Test("The last of two equal keys counts")
    func repeated() throws {
        let zeros = DigestField.text(sha256: [UInt8](repeating: 0, count: 32))
        #expect(try DigestField.parse("sha-256=:\(Self.example):, \(zeros)").sha256 == [UInt8](repeating: 0, count: 32))
    }

    @Test("Foreign algorithms alone leave nothing")
    func foreign() throws {
        #expect(try DigestField.parse("md5=:AAAA:").digests.isEmpty)
    }

    static let refused: [(String, DigestFieldError)] = [
        ("", .malformed(position: 0)),
        ("SHA-256=:\(example):", .malformed(position: 0)),
        ("sha-256=\(example)", .notBytes(.sha256)),
        ("sha-256", .notBytes(.sha256)),
        ("sha-256=?1", .notBytes(.sha256)),
        ("sha-256=:AAAA:", .wrongLength(.sha256, bytes: 3)),
        ("sha-512=:\(example):", .wrongLength(.sha512, bytes: 32)),
        ("sha-256=::", .wrongLength(.sha256, bytes: 0)),
        ("sha-256=:A:", .malformed(position: 11)),
        ("sha-256=:AA-_:", .malformed(position: 14)),
        ("sha-256=:AAAA", .malformed(position: 13)),
        ("sha-256=:AAAA=:", .malformed(position: 15)),
        ("a=(1 2)", .malformed(position: 2)),
        ("a=1,", .malformed(position: 4)),
        ("a=1 b=2", .malformed(position: 4)),
        ("a=\"x", .malformed(position: 4)),
        ("a=1;", .malformed(position: 4)),
        ("a=1234567890123456", .malformed(position: 18)),
    ]

    @Test("What cannot be read is told apart", arguments: refused)
    func refuses(text: String, error: DigestFieldError) {
        #expect(throws: error) { try DigestField.parse(text) }
    }

    @Test("The field is bounded")
    func bounds() {
        let many = (0..<17).map { "a\($0)=1" }.joined(separator: ",")
        #expect(throws: DigestFieldError.tooManyDigests(limit: 16)) { try DigestField.parse(many) }
        let long = "a=\"" + String(repeating: "x", count: 2048) + "\""
        #expect(throws: DigestFieldError.tooLong(limitBytes: 2048)) { try DigestField.parse(long) }
    }

    @Test("Base64 survives the round trip at every length")
    func base64() throws {
        for seed in 0..<64 {
            var random = SeededGenerator(seed: UInt64(seed))
            let digest = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(try DigestField.parse(DigestField.text(sha256: digest)).sha256 == digest)
        }
    }
}
