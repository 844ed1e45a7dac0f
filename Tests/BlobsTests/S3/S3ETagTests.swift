import Blobs
import Core
import Crypto
import Testing

@Suite("ETags of S3")
struct S3ETagTests {
    private static func md5(_ byte: Character, count: Int) -> [UInt8] {
        Array(Insecure.MD5.hash(data: [UInt8](repeating: byte.asciiValue ?? 0, count: count)))
    }

    @Test("An object that was put at once has the MD5 of its bytes")
    func single() throws {
        let tag = try #require(S3ETag(md5: Insecure.MD5.hash(data: Array("hello world".utf8))))
        #expect(tag.text == "5eb63bbbe01eeed093cb22bb8f5acdc3")
        #expect(tag.quoted == "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"")
        #expect(tag.md5 == Hexadecimal.decode(tag.text))
        #expect(tag.partCount == nil)
        #expect(S3ETag(md5: [1, 2, 3]) == nil)
    }

    @Test("An object of parts has the MD5 of their MD5s and their number")
    func multipart() throws {
        let parts = [Self.md5("a", count: 5 << 20), Self.md5("b", count: 123)]
        let tag = try #require(S3ETag(partMD5s: parts))
        #expect(tag.text == "4897e62d85982ca1aff0b6ba389febbc-2")
        #expect(tag.partCount == 2)
        #expect(tag.md5 == nil)
        #expect(S3ETag(partMD5s: []) == nil)
        #expect(S3ETag(partMD5s: [parts[0], [1]]) == nil)
        #expect(S3ETag(partMD5s: Array(repeating: parts[0], count: 10_001)) == nil)
    }

    static let read: [(String, String, Bool, Int?)] = [
        ("\"5eb63bbbe01eeed093cb22bb8f5acdc3\"", "5eb63bbbe01eeed093cb22bb8f5acdc3", true, nil),
        ("5EB63BBBE01EEED093CB22BB8F5ACDC3", "5EB63BBBE01EEED093CB22BB8F5ACDC3", true, nil),
        ("W/\"5eb63bbbe01eeed093cb22bb8f5acdc3\"", "5eb63bbbe01eeed093cb22bb8f5acdc3", true, nil),
        ("\"4897e62d85982ca1aff0b6ba389febbc-2\"", "4897e62d85982ca1aff0b6ba389febbc-2", false, 2),
        ("4897e62d85982ca1aff0b6ba389febbc-10000", "4897e62d85982ca1aff0b6ba389febbc-10000", false, 10_000),
        ("4897e62d85982ca1aff0b6ba389febbc-0", "4897e62d85982ca1aff0b6ba389febbc-0", false, nil),
        ("4897e62d85982ca1aff0b6ba389febbc-10001", "4897e62d85982ca1aff0b6ba389febbc-10001", false, nil),
        ("4897e62d85982ca1aff0b6ba389febbc-+2", "4897e62d85982ca1aff0b6ba389febbc-+2", false, nil),
        ("4897e62d85982ca1aff0b6ba389febbc-", "4897e62d85982ca1aff0b6ba389febbc-", false, nil),
        ("4897e62d85982ca1aff0b6ba389febb", "4897e62d85982ca1aff0b6ba389febb", false, nil),
        ("4897e62d85982ca1aff0b6ba389febbz", "4897e62d85982ca1aff0b6ba389febbz", false, nil),
        ("\"3858f62230ac3c915f300c664312c11f-9-x\"", "3858f62230ac3c915f300c664312c11f-9-x", false, nil),
    ]

    @Test("It is told what a tag looks like", arguments: read)
    func looks(value: String, text: String, isMD5: Bool, parts: Int?) throws {
        let tag = try #require(S3ETag(value))
        #expect(tag.text == text)
        #expect((tag.md5 != nil) == isMD5)
        #expect(tag.partCount == parts)
    }

    @Test(
        "What is no tag is refused",
        arguments: [
            "", "\"\"", "W/\"\"", "a b", "a\"b", "\"a", "a\"", "a\r\nb", "\u{E4}", String(repeating: "a", count: 257),
        ])
    func refused(value: String) {
        #expect(S3ETag(value) == nil)
    }

    @Test("Tags match whatever the case of their digits")
    func matching() throws {
        let lower = try #require(S3ETag("5eb63bbbe01eeed093cb22bb8f5acdc3"))
        #expect(lower.matches(try #require(S3ETag("5EB63BBBE01EEED093CB22BB8F5ACDC3"))))
        #expect(!lower.matches(try #require(S3ETag("5eb63bbbe01eeed093cb22bb8f5acdc3-1"))))
    }
}
