import Testing

@testable import Blobs

@Suite("Percent-encoding of S3")
struct S3EncodingTests {
    @Test(
        "A path is encoded once, keeps its slashes and is not normalised",
        arguments: [
            ("/test$file.text", "/test%24file.text"), ("//a/../b/./", "//a/../b/./"), ("/a b+c", "/a%20b%2Bc"),
            ("/%41", "/%2541"), ("/ü/😍", "/%C3%BC/%F0%9F%98%8D"), ("/~-_.", "/~-_."), ("/*'()!", "/%2A%27%28%29%21"),
            ("", ""),
        ])
    func path(path: String, encoded: String) {
        #expect(S3Encoding.path(path) == encoded)
    }

    static let queries: [([S3Field], String)] = [
        ([], ""),
        ([S3Field("uploads", "")], "uploads="),
        ([S3Field("prefix", "J"), S3Field("max-keys", "2")], "max-keys=2&prefix=J"),
        ([S3Field("b", "2"), S3Field("b", "1"), S3Field("B", "3")], "B=3&b=1&b=2"),
        // The encoded forms are sorted: `%` comes before letters, `-` before `=`.
        ([S3Field("a", "z"), S3Field("ä", "1"), S3Field("a-b", "y"), S3Field("ab", "x")], "%C3%A4=1&a=z&a-b=y&ab=x"),
        ([S3Field("key", "a/b&c=d e")], "key=a%2Fb%26c%3Dd%20e"),
    ]

    @Test("A query is sorted by name and value, after they were encoded", arguments: queries)
    func query(fields: [S3Field], text: String) {
        #expect(S3Encoding.query(fields) == text)
    }
}
