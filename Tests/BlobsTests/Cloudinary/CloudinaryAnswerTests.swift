import Core
import Crypto
import NIOHTTP1
import Testing

@testable import Blobs

@Suite("What Cloudinary answers")
struct CloudinaryAnswerTests {
    private static let md5 = Array(Insecure.MD5.hash(data: Array("hello world".utf8)))
    private static let digest = "5eb63bbbe01eeed093cb22bb8f5acdc3"

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("An answer is read as far as it is needed, and is a receipt")
    func read() throws {
        let answer = try #require(
            CloudinaryAnswer.read(
                Self.bytes(
                    #"{"asset_id":"a1","public_id":"voicenote/0f","version":7,"resource_type":"video","bytes":11,"#
                        + #""etag":"5EB63BBBE01EEED093CB22BB8F5ACDC3","format":"wav","tags":[1,{}],"existing":true}"#)))
        #expect(answer.difference(publicID: "voicenote/0f", size: 11, md5: Self.md5) == nil)
        #expect(
            answer.receipt(.video)
                == StoreReceipt(etag: Self.digest, version: "7", assetID: "a1", format: "wav", resourceType: "video"))
    }

    @Test("A format that could not stand in a URL is forgotten", arguments: ["", "a/b", "w v", "x?y", "ä", "wav.wav"])
    func format(format: String) {
        #expect(CloudinaryAnswer(format: format).receipt(.raw) == StoreReceipt(resourceType: "raw"))
    }

    static let differences: [(CloudinaryAnswer, String)] = [
        (CloudinaryAnswer(bytes: 11), "without saying its digest"),
        (CloudinaryAnswer(etag: digest), "without saying how many bytes"),
        (CloudinaryAnswer(bytes: 10, etag: digest), "with 10 bytes instead of 11"),
        (CloudinaryAnswer(bytes: 11, etag: String(repeating: "0", count: 32)), "with another digest"),
        (CloudinaryAnswer(publicID: "b", bytes: 11, etag: digest), "under the name b"),
    ]

    @Test("Whatever is not the blob is told", arguments: differences)
    func difference(answer: CloudinaryAnswer, text: String) {
        #expect(answer.difference(publicID: "a", size: 11, md5: Self.md5) == text)
    }

    @Test("What is no answer is none", arguments: ["", "<html>", "[]", #"{"bytes":"#, #"{"bytes":"many"}"#])
    func noAnswer(text: String) {
        #expect(CloudinaryAnswer.read(Self.bytes(text)) == nil)
    }

    @Test("A very long answer is not looked at")
    func longAnswer() {
        #expect(CloudinaryAnswer.read([UInt8](repeating: UInt8(ascii: " "), count: 1 << 20) + Self.bytes("{}")) == nil)
    }

    // Failures

    struct Case: Sendable {
        let status: Int
        var headers: [(String, String)] = []
        var body = ""
        let kind: StoreError.Kind
        var message = ""
        var wait: Duration?
        var isNotMedia = false
    }

    private static func json(_ message: String) -> String { "{\"error\":{\"message\":\"\(message)\"}}" }
    private static let page = "<html><head><title>502 Bad Gateway</title></head></html>\r\n"

    static let cases: [Case] = [
        Case(
            status: 400, body: json("Unsupported video format or file"), kind: .refused,
            message: ": Unsupported video format or file", isNotMedia: true),
        Case(status: 400, body: json("Empty file"), kind: .refused, message: ": Empty file"),
        Case(
            status: 400, body: json("Invalid Signature 00. String to sign - 'a'."), kind: .denied,
            message: ": Invalid Signature 00."),
        Case(
            status: 400, headers: [("X-Cld-Error", "Stale request - reported time is …")], kind: .denied,
            message: ": Stale request - reported time is …"),
        Case(status: 401, body: json("Unknown API key 1"), kind: .denied, message: ": Unknown API key 1"),
        Case(status: 403, kind: .denied, message: "."),
        Case(status: 404, body: json("Resource not found - a"), kind: .missing, message: ": Resource not found - a"),
        Case(status: 404, kind: .missing, message: "."),
        Case(status: 404, body: page, kind: .failing, message: "."),
        Case(status: 404, headers: [("X-Cld-Error", "Gone")], body: page, kind: .missing, message: ": Gone"),
        Case(status: 408, kind: .failing, message: "."),
        Case(status: 409, kind: .refused, message: "."),
        Case(status: 416, kind: .damaged, message: "."),
        Case(
            status: 420,
            body: json(
                "Rate Limit Exceeded. Limit of 500 api operations reached. Try again on 2026-11-21 18:00:00 UTC"),
            kind: .busy,
            message: ": Rate Limit Exceeded. Limit of 500 api operations reached. Try again on 2026-11-21 18:00:00 UTC",
            wait: .seconds(90)),
        Case(status: 423, body: json("Processing"), kind: .failing, message: ": Processing", wait: .seconds(5)),
        Case(status: 423, headers: [("Retry-After", "9")], kind: .failing, message: ".", wait: .seconds(9)),
        Case(status: 429, headers: [("Retry-After", "2")], kind: .busy, message: ".", wait: .seconds(2)),
        Case(status: 429, headers: [("Retry-After", "86400")], kind: .busy, message: ".", wait: .seconds(3600)),
        Case(status: 429, headers: [("Retry-After", "soon")], kind: .busy, message: "."),
        Case(status: 500, body: json("General Error"), kind: .failing, message: ": General Error"),
        Case(status: 502, body: page, kind: .failing, message: "."),
        Case(status: 302, body: page, kind: .failing, message: "."),
        Case(
            status: 500, body: json("unsupported video"), kind: .failing, message: ": unsupported video"),
    ]

    @Test("What a failure means is told by its status and its words", arguments: cases)
    func failure(of sample: Case) {
        let failure = CloudinaryFailure(
            status: sample.status, headers: .init(sample.headers), body: Self.bytes(sample.body),
            at: Timestamp("2026-11-21T17:58:30Z") ?? .now())
        let error = failure.error(of: "cloudinary")
        #expect(error.kind == sample.kind)
        let hint = sample.kind == .denied ? " Look at stores.cloudinary.apiKey and apiSecret." : ""
        #expect(error.message == "cloudinary answered \(sample.status)\(sample.message)\(hint)")
        #expect(error.retryAfter == sample.wait)
        #expect(failure.isNotMedia == sample.isNotMedia)
    }

    @Test("A message is one short line, without signatures")
    func messages() {
        let secret = String(repeating: "0123456789abcdef", count: 4)
        func message(_ text: String) -> String {
            CloudinaryFailure(status: 400, headers: [:], body: Self.bytes(Self.json(text))).message
        }
        #expect(message("a \(secret) b \(secret.prefix(40))") == "a … b …")
        #expect(message("signature=\(secret.uppercased())&x") == "signature=…&x")
        #expect(message(#"a\r\nb\u0000\u2028c\tdeadbeef"#) == "a b  c deadbeef")
        #expect(message(String(repeating: "x", count: 100_000)).count == 300)
        #expect(!message(String(repeating: "x", count: 1190) + secret).contains("0123"))
    }

    static let waits: [(String, Duration?)] = [
        ("Try again on 2026-11-21 18:00:00 UTC", .seconds(3600)),
        ("Rate Limit Exceeded. Try again on 2026-11-21 17:30:00 UTC", .seconds(1800)),
        ("try again ON 2026-11-21T17:00:01Z.", .seconds(1)),
        ("Try again on 2026-11-21 17:00:00.250 UTC", .zero),
        ("Try again on 2026-11-21 17:05 UTC", .seconds(300)),
        ("Try again on 2026-11-21 at 17:05:00", .seconds(300)),
        ("Try again on 2026-11-21 16:59:59 UTC", .zero),
        ("Try again on 2030-01-01 00:00:00 UTC", .seconds(3600)),
        ("Try again on 2026-13-21 18:00:00 UTC", nil), ("Try again on 2026-11-21", nil), ("Try again on", nil),
        ("Try again later", nil), ("Try again on 99999999999999999999999-1-1 1:1:1", nil), ("", nil),
    ]

    @Test("The time at which to try again is read", arguments: waits)
    func wait(text: String, wait: Duration?) {
        let now = Timestamp("2026-11-21T17:00:00Z") ?? .now()
        #expect(CloudinaryFailure.wait(in: text, at: now) == wait)
    }
}
