import API
import NIOCore
import TestSupport
import Testing

/// What comes behind left-over bytes is copied only in its beginning; none of this may show.
@Suite("The multipart parser on large buffers")
struct MultipartLargeBufferTests {
    static let boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    static let file = noisyFile()
    static let form = MultipartFixture.form([Array("A note".utf8), file, []], boundary: boundary)
    static let whole = MultipartFixture.parse([form[...]], boundary: boundary)

    @Test("A form is read whole")
    func readsWhole() {
        #expect(Self.file.count >= 2500)
        #expect(Self.whole.parts.map(\.body) == [Array("A note".utf8), Self.file, []])
        let allEnded = Self.whole.parts.allSatisfy(\.isEnded)
        #expect(allEnded)
        #expect(Self.whole.isFinished && Self.whole.error == nil)
    }

    @Test("A form is read split in two at every place", arguments: 0..<16)
    func twoWays(share: Int) {
        let wrong = stride(from: share, through: Self.form.count, by: 16).filter { split in
            let pieces = [Self.form[..<split], Self.form[split...]]
            return MultipartFixture.parse(pieces, boundary: Self.boundary) != Self.whole
        }
        #expect(wrong == [], "the splits that give something else")
    }

    @Test("A form is read in pieces of any size", arguments: 0..<100)
    func pieces(seed: Int) {
        let pieces = Self.pieces(of: Self.form, seed: seed)
        #expect(MultipartFixture.parse(pieces, boundary: Self.boundary) == Self.whole)
    }

    static let names: [String] = ["content-type"] + (0..<10).map { "x-\($0)" } + ["content-disposition"]
    static let values: [String] =
        ["audio/wav"] + (0..<10).map { String(repeating: "\($0)", count: 130) }
        + ["form-data; name=\"file\"; filename=\"m.wav\""]
    static let lines = zip(names, values).map { "\($0): \($1)\r\n" }.joined()
    static let head = Array("--\(boundary)\r\n\(lines)\r\n".utf8)
    static let body: [UInt8] = Array(file[..<1200]) + [0x78]
    static let headed: [UInt8] = head + body + Array("\r\n--\(boundary)--\r\n".utf8)

    @Test("Headers are read split in two at every third place", arguments: 0..<8)
    func headersTwoWays(share: Int) throws {
        let wrong = try stride(from: 3 * share, through: Self.head.count + 16, by: 24).filter { split in
            try !Self.isHeadedForm([Self.headed[..<split], Self.headed[split...]])
        }
        #expect(wrong == [], "the splits that give something else")
    }

    @Test("Headers are read in pieces of any size", arguments: 0..<40)
    func headersInPieces(seed: Int) throws {
        #expect(try Self.isHeadedForm(Self.pieces(of: Self.headed, seed: seed)))
    }

    @Test("Hostile headers are refused wherever a large buffer begins", arguments: MultipartParserTests.hostile)
    func refusesHeaders(headers: String, error: MultipartError) {
        let head = Array("--b\r\n\(headers)\r\n".utf8)
        let input = head + [UInt8](repeating: 0x61, count: 3000) + Array("\r\n--b--\r\n".utf8)
        let wrong = stride(from: 0, through: head.count, by: max(1, head.count / 100)).filter { split in
            MultipartFixture.parse([input[..<split], input[split...]], boundary: "b").error != error
        }
        #expect(wrong == [], "the splits that give something else")
    }

    @Test("What follows the form is bounded also in a large buffer", arguments: 0...7)
    func epilogue(split: Int) {
        func outcome(_ length: Int) -> MultipartFixture.Outcome {
            let input = Array("--b--".utf8) + [UInt8](repeating: 0x61, count: length)
            return MultipartFixture.parse([input[..<split], input[split...]], boundary: "b")
        }
        #expect(outcome(4096) == MultipartFixture.Outcome(isFinished: true))
        #expect(outcome(4097).error == .epilogueTooLong(limitBytes: 4096))
    }

    @Test("Behind left-over bytes a body is a view into what was appended, but for its beginning")
    func view() throws {
        var parser = MultipartParser(boundary: try MultipartBoundary("b"))
        parser.append(ByteBuffer(string: "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r"))
        while try parser.next() != nil {}
        let chunk = ByteBuffer(repeating: 0x61, count: 100_000)
        parser.append(chunk)
        var bodies: [ByteBuffer] = []
        while let event = try parser.next() {
            if case .body(let body) = event { bodies.append(body) }
        }
        #expect(bodies.reduce(0) { $0 + $1.readableBytes } == 100_001)
        let last = try #require(bodies.last)
        #expect(last.readableBytes > 90_000)
        let ends = [chunk, last].map { buffer in
            buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) + UInt($0.count) }
        }
        #expect(ends[0] == ends[1])
    }

    /// Whether the pieces are the form with many headers.
    private static func isHeadedForm(_ pieces: [ArraySlice<UInt8>]) throws -> Bool {
        var parser = MultipartParser(boundary: try MultipartBoundary(boundary))
        var fields: [MultipartPartHeaders.Field] = []
        var outcome = MultipartFixture.Outcome()
        for piece in pieces {
            parser.append(ByteBuffer(bytes: piece))
            while let event = try parser.next() {
                if case .partBegan(let headers) = event { fields += headers.fields }
                outcome.take(event)
            }
        }
        try parser.finish()
        return fields.map(\.name) == names && fields.map(\.value) == values && outcome.isFinished
            && outcome.parts.map(\.body) == [body] && outcome.parts.allSatisfy(\.isEnded)
    }

    private static func pieces(of input: [UInt8], seed: Int) -> [ArraySlice<UInt8>] {
        var random = SeededGenerator(seed: UInt64(seed))
        var pieces: [ArraySlice<UInt8>] = []
        var rest = input[...]
        while !rest.isEmpty {
            let length = Int.random(in: 1...3000, using: &random)
            pieces.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return pieces
    }

    /// Random bytes, and between them much that looks like the beginning of a boundary.
    private static func noisyFile() -> [UInt8] {
        var random = SeededGenerator(seed: 31)
        let delimiter = Array("\r\n--\(boundary)".utf8)
        let pieces = ["\r", "\r\n", "\r\n--", "\r\n--\(boundary)x"].map { Array($0.utf8) }
        var bytes: [UInt8] = []
        while bytes.count < 2500 {
            let count = Int.random(in: 0...60, using: &random)
            bytes += (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if Bool.random(using: &random) {
                bytes += pieces.randomElement(using: &random) ?? []
            } else {
                bytes += delimiter.prefix(Int.random(in: 1..<delimiter.count, using: &random))
            }
        }
        return bytes
    }
}
