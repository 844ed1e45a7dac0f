import Core
import TestSupport
import Testing

@Suite("Byte ranges follow RFC 9110")
struct ByteRangeTests {
    static let single: [(String, Int64, ByteRangeResolution)] = [
        ("bytes=0-1", 960_044, .single(0..<2)),
        ("bytes=0-0", 10, .single(0..<1)),
        ("bytes=0-9", 10, .single(0..<10)),
        ("bytes=0-10", 10, .single(0..<10)),
        ("bytes=9-99999999999999999999999999", 10, .single(9..<10)),
        ("bytes=0-", 10, .single(0..<10)),
        ("bytes=9-", 10, .single(9..<10)),
        ("bytes=10-", 10, .unsatisfiable),
        ("bytes=10-20", 10, .unsatisfiable),
        ("bytes=99999999999999999999999999-", 10, .unsatisfiable),
        ("bytes=-1", 10, .single(9..<10)),
        ("bytes=-10", 10, .single(0..<10)),
        ("bytes=-11", 10, .single(0..<10)),
        ("bytes=-99999999999999999999999999", 10, .single(0..<10)),
        ("bytes=-0", 10, .unsatisfiable),
        ("BYTES=0-1", 10, .single(0..<2)),
        ("bytes= 0-1 ", 10, .single(0..<2)),
        ("bytes=000-001", 10, .single(0..<2)),
        ("bytes=0-1", 0, .full),
        ("bytes=-5", 0, .full),
        ("bytes=0-", 0, .full),
        ("bytes=-0", 0, .full),
        ("bytes=0-9223372036854775807", .max, .single(0..<(.max))),
    ]

    @Test("One range resolves against the size", arguments: single)
    func oneRange(header: String, size: Int64, expected: ByteRangeResolution) throws {
        #expect(try #require(ByteRangeSet.parse(header)).resolve(size: size) == expected)
    }

    static let several: [(String, Int64, ByteRangeResolution)] = [
        ("bytes=0-1,4-5", 10, .multiple([0..<2, 4..<6])),
        ("bytes=8-9, 0-1", 10, .multiple([8..<10, 0..<2])),
        ("bytes=0-1,2-3", 10, .single(0..<4)),
        ("bytes=0-5,3-9", 10, .single(0..<10)),
        ("bytes=0-,0-,0-,0-", 10, .single(0..<10)),
        ("bytes=0-9,2-3", 10, .single(0..<10)),
        ("bytes=6-7,0-1,5-5", 10, .multiple([5..<8, 0..<2])),
        ("bytes=0-1,-2", 10, .multiple([0..<2, 8..<10])),
        ("bytes=0-1,20-30", 10, .single(0..<2)),
        ("bytes=20-30,-0", 10, .unsatisfiable),
        ("bytes=,,0-1,,4-5,", 10, .multiple([0..<2, 4..<6])),
    ]

    @Test("Several ranges are joined where they overlap or touch, in the order of the request", arguments: several)
    func severalRanges(header: String, size: Int64, expected: ByteRangeResolution) throws {
        #expect(try #require(ByteRangeSet.parse(header)).resolve(size: size) == expected)
    }

    @Test(
        "A header that is not understood is ignored",
        arguments: [
            "", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=1", "bytes=2-1", "bytes=0-1;4-5",
            "bytes=0-1 4-5", "bytes=0 - 1", "bytes=+0-1", "bytes=--1", "bytes=0-1,x", "items=0-1", "bytes:0-1",
            "bytes =0-1", "bytes=0x0-1", "bytes=٠-١", "bytes=0-1\u{0}", " ",
        ])
    func ignored(header: String) {
        #expect(ByteRangeSet.parse(header) == nil)
    }

    @Test("Sixteen ranges are served, seventeen are ignored")
    func count() throws {
        func header(_ count: Int64) -> String {
            "bytes=" + (0..<count).map { "\($0 * 10)-\($0 * 10)" }.joined(separator: ",")
        }
        let sixteen = try #require(ByteRangeSet.parse(header(16))).resolve(size: 1000)
        let ranges: [Range<Int64>] = (0..<16).map { place in Range(place * 10...place * 10) }
        #expect(sixteen == .multiple(ranges))
        #expect(ByteRangeSet.parse(header(17)) == nil)
        #expect(ByteRangeSet.parse("bytes=0-1" + String(repeating: ",", count: 2048)) == nil)
    }

    @Test("No byte is sent twice, and none that was not asked for", arguments: 0..<500)
    func noByteTwice(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let size = Int64.random(in: 1...40, using: &random)
        var wanted = Set<Int64>()
        var texts: [String] = []
        for _ in 0..<Int.random(in: 1...16, using: &random) {
            let first = Int64.random(in: 0...45, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let last = Int64.random(in: first...50, using: &random)
                texts.append("\(first)-\(last)")
                wanted.formUnion((first...last).filter { $0 < size })
            case 1:
                texts.append("\(first)-")
                wanted.formUnion((0..<size).filter { $0 >= first })
            default:
                texts.append("-\(first)")
                wanted.formUnion((0..<size).filter { $0 >= size - first })
            }
        }
        let set = try #require(ByteRangeSet.parse("bytes=" + texts.joined(separator: ",")))
        let sent: [Int64] =
            switch set.resolve(size: size) {
            case .full, .unsatisfiable: []
            case .single(let range): Array(range)
            case .multiple(let ranges): ranges.flatMap { Array($0) }
            }
        #expect(sent.count == Set(sent).count)
        #expect(Set(sent) == wanted)
    }

    @Test("Content-Range counts from 0 and includes the last byte")
    func contentRange() {
        #expect(ByteRange.contentRange(0..<2, size: 960_044) == "bytes 0-1/960044")
        #expect(ByteRange.unsatisfiedContentRange(size: 10) == "bytes */10")
    }

    static let ifRange: [(String?, ByteRangeResolution)] = [
        (nil, .single(0..<2)),
        ("\"abc\"", .single(0..<2)),
        ("W/\"abc\"", .full),
        ("\"other\"", .full),
        ("\"abc\", \"abc\"", .full),
        ("*", .full),
        ("Sun, 06 Nov 1994 08:49:37 GMT", .single(0..<2)),
        ("Sun, 06 Nov 1994 08:49:38 GMT", .full),
        ("Sun, 06 Nov 1994 08:49:36 GMT", .full),
        ("nonsense", .full),
        ("", .full),
    ]

    @Test("If-Range compares tags strongly and dates exactly", arguments: ifRange)
    func comparesIfRange(header: String?, expected: ByteRangeResolution) throws {
        let date = HTTPDate(clampingSeconds: 784_111_777)
        let decision = ByteRangeResolution.decide(
            method: "GET", range: "bytes=0-1", ifRange: header, size: 10, etag: ETag("abc"), lastModified: date,
            lastModifiedIsStrong: true)
        #expect(decision == expected)
    }

    @Test("A weak validator of ours never lets a range through")
    func weak() {
        let date = HTTPDate(clampingSeconds: 784_111_777)
        for ifRange in ["\"abc\"", "W/\"abc\"", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            let decision = ByteRangeResolution.decide(
                method: "GET", range: "bytes=0-1", ifRange: ifRange, size: 10, etag: ETag("abc", weak: true),
                lastModified: date)
            #expect(decision == .full)
        }
    }

    @Test("Only GET has ranges", arguments: ["HEAD", "POST", "PUT", "get"])
    func onlyGet(method: String) {
        #expect(ByteRangeResolution.decide(method: method, range: "bytes=0-1", size: 10, etag: nil) == .full)
    }

    @Test("If-Range without Range changes nothing")
    func noRange() {
        let decision = ByteRangeResolution.decide(method: "GET", range: nil, ifRange: "\"x\"", size: 10, etag: nil)
        #expect(decision == .full)
    }

    @Test("The frame of multipart/byteranges is as long as it says")
    func multipart() throws {
        let file = Array("0123456789".utf8)
        let frame = try #require(
            MultipartByteRanges(ranges: [0..<2, 8..<10], size: 10, partMediaType: "audio/ogg", boundary: "b0"))
        let text = frame.ranges.indices.reduce("") { text, index in
            let bytes = file[Int(frame.ranges[index].lowerBound)..<Int(frame.ranges[index].upperBound)]
            return text + frame.partHeader(at: index) + String(decoding: bytes, as: UTF8.self)
        }
        let expected =
            "--b0\r\nContent-Type: audio/ogg\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n"
            + "--b0\r\nContent-Type: audio/ogg\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--b0--\r\n"
        #expect(text + frame.closing == expected)
        #expect(frame.contentLength == Int64(expected.utf8.count))
        #expect(frame.mediaType == "multipart/byteranges; boundary=\"b0\"")
    }

    @Test("A frame that would break out of its lines is refused", arguments: ["", "a\r\nb", "a\"b", "a b", "é"])
    func hostileFrame(boundary: String) {
        #expect(MultipartByteRanges(ranges: [0..<1], size: 1, partMediaType: "a/b", boundary: boundary) == nil)
        #expect(MultipartByteRanges(ranges: [0..<1], size: 1, partMediaType: "a/b\r\nx: y", boundary: "b") == nil)
        #expect(MultipartByteRanges(ranges: [0..<2], size: 1, partMediaType: "a/b", boundary: "b") == nil)
    }
}
