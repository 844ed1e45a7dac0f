import Blobs
import Core
import Testing

@Suite("The address of a bucket")
struct S3AddressTests {
    static let addresses: [(String, S3Address.Style, String, String, String)] = [
        (
            "https://s3.amazonaws.com", .virtual, "https://notes.s3.amazonaws.com", "notes.s3.amazonaws.com",
            "/a%20b/c"
        ),
        ("https://s3.amazonaws.com/", .path, "https://s3.amazonaws.com", "s3.amazonaws.com", "/notes/a%20b/c"),
        ("http://127.0.0.1:9000", .path, "http://127.0.0.1:9000", "127.0.0.1:9000", "/notes/a%20b/c"),
        ("http://[::1]:9000", .path, "http://[::1]:9000", "[::1]:9000", "/notes/a%20b/c"),
        // What a connection leaves out of the Host header must not be signed either.
        ("HTTPS://S3.Example.org:443", .path, "https://s3.example.org", "s3.example.org", "/notes/a%20b/c"),
        ("http://s3.example.org:80", .virtual, "http://notes.s3.example.org", "notes.s3.example.org", "/a%20b/c"),
        ("http://s3.example.org:443", .path, "http://s3.example.org:443", "s3.example.org:443", "/notes/a%20b/c"),
    ]

    @Test("Endpoint, bucket and style make origin, host and path", arguments: addresses)
    func address(endpoint: String, style: S3Address.Style, origin: String, host: String, path: String) throws {
        let address = try S3Address(endpoint: endpoint, bucket: "notes", style: style)
        #expect(address.origin == origin)
        #expect(address.host == host)
        #expect(address.path(of: "a b/c") == path)
        #expect(address.bucketPath == (style == .path ? "/notes" : "/"))
    }

    @Test(
        "What is no endpoint is refused",
        arguments: [
            "", "s3.amazonaws.com", "ftp://s3.amazonaws.com", "https://", "https:///", "https://a b", "https://a/b",
            "https://user@host", "https://host?x", "https://host#x", "https://host\r\nx: y", "https://hö.st",
        ])
    func refusedEndpoint(endpoint: String) {
        #expect(throws: InvalidValue.self) { try S3Address(endpoint: endpoint, bucket: "notes", style: .path) }
    }

    @Test("What is no bucket is refused", arguments: ["", "ab", "a/b", "a b", "a:b", "[ab]", "nötes", "a%2Fb"])
    func refusedBucket(bucket: String) {
        #expect(throws: InvalidValue.self) {
            try S3Address(endpoint: "https://s3.amazonaws.com", bucket: bucket, style: .path)
        }
    }
}
