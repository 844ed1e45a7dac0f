import API
import Core
import NIOCore
import TestSupport
import Testing

@Suite("The multipart parser")
struct MultipartParserTests {
    static let form =
        "preamble\r\n--b \t\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA note\r\n"
        + "--b\r\ncontent-type:audio/wav\r\nContent-Disposition: form-data; name=\"file\"; filename=\"m.wav\"\r\n\r\n"
        + "\r\n\r\n--\r\n--a\r\n--b\rx\r\n--b-\r\n--bb\r\n-\r\r\n\n\r\n"
        + "--b\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--b--\r\nepilogue"

    static let expected = MultipartFixture.Outcome(
        parts: [
            .init(name: "title", body: Array("A note".utf8), isEnded: true),
            .init(
                name: "file", fileName: "m.wav", contentType: "audio/wav",
                body: Array("\r\n\r\n--\r\n--a\r\n--b\rx\r\n--b-\r\n--bb\r\n-\r\r\n\n".utf8), isEnded: true),
            .init(name: "empty", body: [], isEnded: true),
        ], isFinished: true, error: nil)

    @Test("A form is read whole")
    func whole() {
        #expect(MultipartFixture.parse(Self.form) == Self.expected)
    }

    @Test("A form is read byte by byte")
    func byteByByte() {
        let bytes = Array(Self.form.utf8)
        #expect(MultipartFixture.parse(bytes.indices.map { bytes[$0...$0] }, boundary: "b") == Self.expected)
    }

    @Test("A form is read split in two at every place")
    func twoWays() {
        let bytes = Array(Self.form.utf8)
        for split in 0...bytes.count {
            let outcome = MultipartFixture.parse([bytes[..<split], bytes[split...]], boundary: "b")
            #expect(outcome == Self.expected, "split at \(split)")
        }
    }

    @Test("A form is read split in three", arguments: 0..<400)
    func threeWays(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let bytes = Array(Self.form.utf8)
        let first = Int.random(in: 0...bytes.count, using: &random)
        let second = Int.random(in: first...bytes.count, using: &random)
        let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
        #expect(MultipartFixture.parse(pieces, boundary: "b") == Self.expected)
    }

    @Test("Random forms are read as a slow and obvious parser reads them", arguments: 0..<1500)
    func reference(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let boundary = ["b", "--", "aa", "-a-", "aab", "----WebKitFormBoundaryabab"][seed % 6]
        // Almost nothing but what a boundary is made of, so that nearly all of it looks like one.
        let pieces = [
            "\r", "\n", "\r\n", "-", "--", "\r\n--", "\r\n--\(boundary)", boundary, "a", "b", " ", "\r\n\r\n",
        ]
        let bodies = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            (0..<Int.random(in: 0...12, using: &random)).flatMap { _ in
                Array((pieces.randomElement(using: &random) ?? "").utf8)
            }
        }
        let input = MultipartFixture.form(bodies, boundary: boundary)
        var splits: [ArraySlice<UInt8>] = []
        var rest = input[...]
        while !rest.isEmpty {
            let length = Int.random(in: 1...9, using: &random)
            splits.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        let whole = MultipartFixture.parse([input[...]], boundary: boundary)
        let split = MultipartFixture.parse(splits, boundary: boundary)
        #expect(whole == split)
        // Bodies that happen to hold a real boundary make parts with broken headers: nothing to compare then.
        if whole.error == nil {
            let naive = try #require(NaiveMultipart.bodies(input, boundary: boundary))
            #expect(whole.parts.map(\.body) == naive)
        }
    }

    @Test("Random bytes come out as they went in", arguments: 0..<200)
    func bytes(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let body = (0..<Int.random(in: 0...5000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let input = MultipartFixture.form([body], boundary: "0123456789")
        let size = Int.random(in: 1...700, using: &random)
        let pieces = stride(from: 0, to: input.count, by: size).map { input[$0..<min($0 + size, input.count)] }
        let outcome = MultipartFixture.parse(pieces, boundary: "0123456789")
        #expect(outcome.parts.map(\.body) == [body])
        #expect(outcome.isFinished && outcome.error == nil)
    }

    @Test("Random bytes never break the parser, and any split gives the same", arguments: 0..<1000)
    func garbage(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let pieces = [
            "--b", "--b--", "\r\n", "\n", "\r", ":", "a: b\r\n", "Content-Disposition: form-data; name=x\r\n", " ",
            "\u{0}",
            "\r\n--b\r\n", "\r\n--b--",
        ]
        let input = (0..<Int.random(in: 0...12, using: &random)).flatMap { _ in
            Array((pieces.randomElement(using: &random) ?? "").utf8)
        }
        let whole = MultipartFixture.parse([input[...]], boundary: "b")
        #expect(whole == MultipartFixture.parse(input.indices.map { input[$0...$0] }, boundary: "b"))
    }

    @Test("A body is a view into what was appended, not a copy")
    func zeroCopy() throws {
        var parser = MultipartParser(boundary: try MultipartBoundary("b"))
        parser.append(ByteBuffer(string: "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n"))
        while try parser.next() != nil {}
        parser.append(ByteBuffer(string: "x"))
        while try parser.next() != nil {}
        let chunk = ByteBuffer(repeating: 0x61, count: 100_000)
        parser.append(chunk)
        guard case .body(let body)? = try parser.next() else {
            Issue.record("There is no body.")
            return
        }
        let addresses = [chunk, body].map { $0.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) } }
        #expect(body.readableBytes == 100_000)
        #expect(addresses[0] == addresses[1])
    }

    @Test("The form may end right behind the closing boundary")
    func noFinalLineEnd() {
        let outcome = MultipartFixture.parse("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--")
        #expect(outcome.parts.map(\.body) == [Array("x".utf8)])
        #expect(outcome.isFinished && outcome.error == nil)
    }

    @Test("A part without even an empty body ends at its boundary")
    func noBody() {
        let outcome = MultipartFixture.parse("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--\r\n")
        #expect(outcome.parts.map(\.body) == [[]])
        #expect(outcome.isFinished && outcome.error == nil)
    }

    @Test("A form without parts is finished")
    func noParts() {
        #expect(MultipartFixture.parse("--b--\r\n") == MultipartFixture.Outcome(isFinished: true))
    }

    @Test("A cut form is truncated wherever it was cut")
    func truncated() {
        let bytes = Array(Self.form.utf8)
        let closing = Self.form.utf8.count - "\r\nepilogue".utf8.count
        for end in 0..<closing {
            let outcome = MultipartFixture.parse([bytes[..<end]], boundary: "b")
            #expect(outcome.error == .truncated && !outcome.isFinished, "cut at \(end)")
        }
    }

    static let hostile: [(String, MultipartError)] = [
        ("X: y\r\n", .dispositionMissing),
        ("", .dispositionMissing),
        ("Content-Disposition: attachment\r\n", .disposition(.notFormData)),
        ("Content-Disposition: form-data; filename=a\r\n", .disposition(.nameMissing)),
        ("Content-Disposition : form-data; name=a\r\n", .headerMalformed),
        (" Content-Disposition: form-data; name=a\r\n", .headerMalformed),
        ("Content-Disposition: form-data;\r\n name=a\r\n", .headerMalformed),
        ("Content-Disposition: form-data; name=a\n", .headerMalformed),
        ("Content-Disposition\r\n", .headerMalformed),
        (": form-data\r\n", .headerMalformed),
        ("X: a\u{0}b\r\n", .headerMalformed),
        ("X: a\rb\r\n", .headerMalformed),
        ("X\u{E9}: a\r\n", .headerMalformed),
        (
            "Content-Disposition: form-data; name=a\r\ncontent-disposition: form-data; name=b\r\n",
            .headerRepeated(name: "content-disposition")
        ),
        (
            "Content-Disposition: form-data; name=a\r\nContent-Type: Multipart/mixed; boundary=c\r\n",
            .nestedMultipart
        ),
        (
            "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n",
            .transferEncodingUnsupported
        ),
        (String(repeating: "X: y\r\n", count: 17), .tooManyHeaders(limit: 16)),
        ("X: " + String(repeating: "y", count: 8192) + "\r\n", .headersTooLong(limitBytes: 8192)),
        (String(repeating: "y", count: 9000), .headersTooLong(limitBytes: 8192)),
    ]

    @Test("Hostile headers are refused, however they are split", arguments: hostile)
    func refusesHeaders(headers: String, error: MultipartError) {
        let input = Array("--b\r\n\(headers)\r\nbody\r\n--b--\r\n".utf8)
        #expect(MultipartFixture.parse([input[...]], boundary: "b").error == error)
        #expect(MultipartFixture.parse(input.indices.map { input[$0...$0] }, boundary: "b").error == error)
    }

    @Test("Headers may be as long as the limit and not longer")
    func headerLimit() {
        func error(_ length: Int) -> MultipartError? {
            let line = "Content-Disposition: form-data; name=a\r\n"
            let padding = "X: " + String(repeating: "y", count: length - line.utf8.count - 5) + "\r\n"
            return MultipartFixture.parse("--b\r\n\(line)\(padding)\r\nx\r\n--b--").error
        }
        #expect(error(8192) == nil)
        #expect(error(8193) == .headersTooLong(limitBytes: 8192))
    }

    @Test("Everything around the parts is bounded")
    func bounds() {
        let part = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"
        let long = String(repeating: "x", count: 4097)
        #expect(MultipartFixture.parse(String(repeating: part, count: 64) + "--b--").error == nil)
        #expect(MultipartFixture.parse(String(repeating: part, count: 65) + "--b--").error == .tooManyParts(limit: 64))
        #expect(MultipartFixture.parse(long.dropFirst() + "\r\n--b--").error == nil)
        #expect(MultipartFixture.parse(long + "\r\n--b--").error == .preambleTooLong(limitBytes: 4096))
        #expect(MultipartFixture.parse("--b--" + long).error == .epilogueTooLong(limitBytes: 4096))
        #expect(MultipartFixture.parse("--b" + String(repeating: " ", count: 256) + "\r\n").error == .truncated)
        let padded = "--b" + String(repeating: " ", count: 257) + "\r\n"
        #expect(MultipartFixture.parse(padded).error == .boundaryPaddingTooLong(limitBytes: 256))
    }

    @Test("After an error nothing is parsed any more")
    func sticky() throws {
        var parser = MultipartParser(boundary: try MultipartBoundary("b"))
        parser.append(ByteBuffer(string: "--b\r\n\r\n"))
        for _ in 0..<2 {
            #expect(throws: MultipartError.dispositionMissing) { _ = try parser.next() }
            parser.append(ByteBuffer(string: "--b--"))
        }
        #expect(throws: MultipartError.dispositionMissing) { try parser.finish() }
    }
}

extension MultipartFixture {
    static func parse(_ text: Substring) -> Outcome { parse(String(text)) }
}
