import TestSupport
import Testing

@testable import Core

/// Records are read by the offsets of APPNOTE.TXT 6.3.10, section 4.3.
@Suite("A ZIP archive that is written as it goes")
struct ZipWriterTests {
    private static let time = Timestamp(milliseconds: 1_795_248_001_500)  // 2026-11-21T08:00:01.500Z
    private static let gibibyte: Int64 = 1 << 30

    private static func file(_ name: String, _ size: Int64, at time: Timestamp = time) -> ZipFile {
        ZipFile(name: name, size: size, modifiedAt: time)
    }

    private static func archive(_ contents: [(String, [UInt8])]) throws -> [UInt8] {
        var zip = ZipWriter(contents.map { file($0.0, Int64($0.1.count)) })
        var bytes: [UInt8] = []
        for (_, content) in contents {
            bytes += zip.begin()
            for start in stride(from: 0, to: content.count, by: 7) {
                let piece = content[start..<min(start + 7, content.count)]
                try piece.withUnsafeBytes { try zip.add($0) }
                bytes += piece
            }
            bytes += try zip.end()
        }
        bytes += zip.finish()
        #expect(Int64(bytes.count) == zip.contentLength)
        return bytes
    }

    @Test("A header stands before the bytes, checksum and sizes behind them")
    func local() throws {
        let bytes = try Self.archive([("ä.txt", Array("123456789".utf8))])
        #expect(bytes.number(at: 0, 4) == 0x0403_4B50)
        #expect(bytes.number(at: 4, 2) == 20)
        #expect(bytes.number(at: 6, 2) == 0x0808)
        #expect(bytes.number(at: 8, 2) == 0)
        #expect(bytes.number(at: 10, 2) == 8 << 11)
        #expect(bytes.number(at: 12, 2) == (2026 - 1980) << 9 | 11 << 5 | 21)
        #expect(bytes[14..<26].allSatisfy { $0 == 0 })
        #expect(bytes.number(at: 26, 2) == 6)
        #expect(bytes.number(at: 28, 2) == 9)
        #expect(Array(bytes[30..<36]) == Array("ä.txt".utf8))
        #expect(bytes.number(at: 36, 2) == 0x5455)
        #expect(bytes.number(at: 38, 2) == 5)
        #expect(bytes[40] == 1)
        #expect(bytes.number(at: 41, 4) == 1_795_248_001)
        #expect(Array(bytes[45..<54]) == Array("123456789".utf8))
        #expect(bytes.number(at: 54, 4) == 0x0807_4B50)
        #expect(bytes.number(at: 58, 4) == 0xCBF4_3926)
        #expect(bytes.number(at: 62, 4) == 9)
        #expect(bytes.number(at: 66, 4) == 9)
        #expect(bytes.number(at: 70, 4) == 0x0201_4B50)
    }

    @Test("The directory names each file, its checksum, its sizes and where it begins")
    func directory() throws {
        let contents = [("a.wav", Array("hello world".utf8)), ("a.wav", []), ("b.wav", Array("123456789".utf8))]
        let bytes = try Self.archive(contents)
        let end = bytes.count - 22
        #expect(bytes.number(at: end, 4) == 0x0605_4B50)
        #expect(bytes.number(at: end + 4, 4) == 0)
        #expect(bytes.number(at: end + 8, 2) == 3)
        #expect(bytes.number(at: end + 10, 2) == 3)
        let length = bytes.number(at: end + 12, 4)
        var entry = bytes.number(at: end + 16, 4)
        #expect(entry + length == end)
        #expect(bytes.number(at: end + 20, 2) == 0)

        let expected = [("a.wav", 11, 0x0D4A_1185), ("a (2).wav", 0, 0), ("b.wav", 9, 0xCBF4_3926)]
        for (name, size, checksum) in expected {
            #expect(bytes.number(at: entry, 4) == 0x0201_4B50)
            #expect(bytes.number(at: entry + 4, 2) == 3 << 8 | 20)
            #expect(bytes.number(at: entry + 6, 2) == 20)
            #expect(bytes.number(at: entry + 8, 2) == 0x0808)
            #expect(bytes.number(at: entry + 10, 2) == 0)
            #expect(bytes.number(at: entry + 16, 4) == checksum)
            #expect(bytes.number(at: entry + 20, 4) == size)
            #expect(bytes.number(at: entry + 24, 4) == size)
            #expect(bytes.number(at: entry + 28, 2) == name.utf8.count)
            #expect(bytes.number(at: entry + 30, 2) == 9)
            #expect(bytes[entry + 32..<entry + 38].allSatisfy { $0 == 0 })
            #expect(bytes.number(at: entry + 38, 4) == 0o100644 << 16)
            let header = bytes.number(at: entry + 42, 4)
            #expect(bytes.number(at: header, 4) == 0x0403_4B50)
            let nameBytes = bytes[(entry + 46)...].prefix(name.utf8.count)
            #expect(Array(nameBytes) == Array(name.utf8))
            #expect(bytes[(header + 30)...].starts(with: nameBytes))
            entry += 46 + name.utf8.count + 9
        }
        #expect(entry == end)
    }

    @Test("An archive without files is its end")
    func empty() throws {
        let bytes = try Self.archive([])
        #expect(bytes == [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18))
    }

    @Test("The length is known before the first byte, whatever the files", arguments: 0..<40)
    func length(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let names = ["a.wav", "会議.ogg", "", "../x", "long" + String(repeating: "ü", count: 300)]
        let contents = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
            let count = Int.random(in: 0...40, using: &generator)
            return (
                names.randomElement(using: &generator) ?? "",
                (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            )
        }
        _ = try Self.archive(contents)
    }

    // MARK: ZIP64

    /// Writes the archive without its files' bytes; checksums are of none.
    private static func records(
        _ files: [ZipFile]
    ) throws -> (headers: [[UInt8]], descriptors: [[UInt8]], end: [UInt8]) {
        var zip = ZipWriter(files)
        var headers: [[UInt8]] = []
        var descriptors: [[UInt8]] = []
        for file in files {
            headers.append(zip.begin())
            try zip.count(file.size) { _ in }
            descriptors.append(try zip.end())
        }
        let end = zip.finish()
        let sum = (headers + descriptors + [end]).reduce(Int64(0)) { $0 + Int64($1.count) }
        #expect(sum + files.reduce(0) { $0 + $1.size } == zip.contentLength)
        return (headers, descriptors, end)
    }

    @Test(
        "A file of 4 GiB or more has its sizes in 64 bits; the others do not change", arguments: [0xFFFF_FFFF, 5 << 30])
    func largeFile(size: Int64) throws {
        let (headers, descriptors, end) = try Self.records([Self.file("a", 1), Self.file("b", size), Self.file("c", 2)])
        #expect(headers.map(\.count) == [40, 60, 40])
        #expect(descriptors.map(\.count) == [16, 24, 16])
        #expect(headers[1].number(at: 4, 2) == 45)
        #expect(headers[1].number(at: 14, 4) == 0)
        #expect(headers[1].number(at: 18, 4) == 0xFFFF_FFFF)
        #expect(headers[1].number(at: 22, 4) == 0xFFFF_FFFF)
        #expect(headers[1].number(at: 28, 2) == 29)
        #expect(headers[1].number(at: 40, 2) == 1)
        #expect(headers[1].number(at: 42, 2) == 16)
        #expect(headers[1][44...].allSatisfy { $0 == 0 })
        #expect(descriptors[1].number(at: 8, 8) == size)
        #expect(descriptors[1].number(at: 16, 8) == size)

        // In the directory, the second lacks its sizes in 32 bits and the third its offset.
        let second = 56
        #expect(end.number(at: second, 4) == 0x0201_4B50)
        #expect(end.number(at: second + 6, 2) == 45)
        #expect(end.number(at: second + 20, 4) == 0xFFFF_FFFF)
        #expect(end.number(at: second + 30, 2) == 9 + 20)
        #expect(end.number(at: second + 42, 4) == 57)
        #expect(end.number(at: second + 56, 2) == 1)
        #expect(end.number(at: second + 58, 2) == 16)
        #expect(end.number(at: second + 60, 8) == size)
        #expect(end.number(at: second + 68, 8) == size)
        let third = second + 76
        #expect(end.number(at: third, 4) == 0x0201_4B50)
        #expect(end.number(at: third + 20, 4) == 2)
        #expect(end.number(at: third + 30, 2) == 9 + 12)
        #expect(end.number(at: third + 42, 4) == 0xFFFF_FFFF)
        #expect(end.number(at: third + 58, 2) == 8)
        #expect(end.number(at: third + 60, 8) == 57 + 60 + Int(size) + 24)
        // The directory begins beyond 4 GiB, so the end needs its counterpart and the locator.
        let wide = third + 68
        let offset = 57 + 60 + Int(size) + 24 + 40 + 2 + 16
        #expect(end.number(at: wide, 4) == 0x0606_4B50)
        #expect(end.number(at: wide + 4, 8) == 44)
        #expect(end.number(at: wide + 12, 2) == 3 << 8 | 45)
        #expect(end.number(at: wide + 14, 2) == 45)
        #expect(end.number(at: wide + 16, 8) == 0)
        #expect(end.number(at: wide + 24, 8) == 3)
        #expect(end.number(at: wide + 32, 8) == 3)
        #expect(end.number(at: wide + 40, 8) == wide)
        #expect(end.number(at: wide + 48, 8) == offset)
        #expect(end.number(at: wide + 56, 4) == 0x0706_4B50)
        #expect(end.number(at: wide + 60, 4) == 0)
        #expect(end.number(at: wide + 64, 8) == offset + wide)
        #expect(end.number(at: wide + 72, 4) == 1)
        #expect(end.number(at: wide + 76, 4) == 0x0605_4B50)
        #expect(end.number(at: wide + 84, 2) == 3)
        #expect(end.number(at: wide + 88, 4) == wide)
        #expect(end.number(at: wide + 92, 4) == 0xFFFF_FFFF)
        #expect(end.count == wide + 98)
    }

    @Test("A byte less than that needs no ZIP64 for the file")
    func largestPlain() throws {
        let (headers, descriptors, end) = try Self.records([Self.file("a", 0xFFFF_FFFE)])
        #expect(headers[0].count == 40 && descriptors[0].count == 16)
        #expect(descriptors[0].number(at: 8, 4) == 0xFFFF_FFFE)
        #expect(end.number(at: 20, 4) == 0xFFFF_FFFE)
        #expect(end.number(at: 30, 2) == 9)
        #expect(end.number(at: 56, 4) == 0x0606_4B50)
    }

    @Test("Many files that are small need it for their offsets only")
    func offsets() throws {
        let files = (0..<6).map { Self.file("\($0)", Self.gibibyte) }
        let (headers, descriptors, _) = try Self.records(files)
        #expect(headers.allSatisfy { $0.count == 40 } && descriptors.allSatisfy { $0.count == 16 })
    }

    @Test("65 535 files need it for their number", arguments: [65_534, 65_535])
    func many(count: Int) throws {
        let (_, _, end) = try Self.records((0..<count).map { Self.file("\($0)", 0) })
        let plain = end.count - 22
        #expect(end.number(at: plain, 4) == 0x0605_4B50)
        #expect(end.number(at: plain + 8, 2) == count)
        let wide = plain - 76
        #expect((end.number(at: wide, 4) == 0x0606_4B50) == (count == 65_535))
        if count == 65_535 {
            #expect(end.number(at: wide + 24, 8) == count)
            #expect(end.number(at: wide + 40, 8) == wide)
        }
    }

    // MARK: What does not fit

    @Test("More bytes than promised are refused before they are sent, fewer at the end")
    func sizes() throws {
        var zip = ZipWriter([Self.file("a.wav", 3)])
        _ = zip.begin()
        try [UInt8]([1, 2]).withUnsafeBytes { try zip.add($0) }
        #expect(throws: ZipError.sizeMismatch(name: "a.wav", expected: 3, actual: 2)) { try zip.end() }
        #expect(throws: ZipError.sizeMismatch(name: "a.wav", expected: 3, actual: 4)) {
            try [UInt8]([3, 4]).withUnsafeBytes { try zip.add($0) }
        }
        try [UInt8]([3]).withUnsafeBytes { try zip.add($0) }
        #expect(try zip.end().number(at: 4, 4) == 0x55BC_801D)
        let error = ZipError.sizeMismatch(name: "a.wav", expected: 3, actual: 4)
        #expect(error.code == "zip_size_mismatch" && error.description.hasSuffix("."))
    }

    static let times: [(String, Int, Int, Int32)] = [
        ("1970-01-01T00:00:00Z", 1 << 5 | 1, 0, 0),
        ("1979-12-31T23:59:59Z", 1 << 5 | 1, 0, 315_532_799),
        ("1980-01-01T00:00:00Z", 1 << 5 | 1, 0, 315_532_800),
        ("2024-02-29T23:59:59Z", 44 << 9 | 2 << 5 | 29, 23 << 11 | 59 << 5 | 29, 1_709_251_199),
        ("2107-12-31T23:59:59Z", 127 << 9 | 12 << 5 | 31, 23 << 11 | 59 << 5 | 29, .max),
        ("9999-01-01T00:00:00Z", 127 << 9 | 12 << 5 | 31, 23 << 11 | 59 << 5 | 29, .max),
        ("1960-01-01T00:00:00.500Z", 1 << 5 | 1, 0, -315_619_200),
        ("0001-01-01T00:00:00Z", 1 << 5 | 1, 0, .min),
    ]

    @Test("A time is the nearest that DOS and 32 bits can name", arguments: times)
    func time(text: String, date: Int, clock: Int, seconds: Int32) throws {
        let time = try #require(Timestamp(text))
        var zip = ZipWriter([Self.file("a", 0, at: time)])
        let header = zip.begin()
        #expect(header.number(at: 12, 2) == date)
        #expect(header.number(at: 10, 2) == clock)
        #expect(Int32(truncatingIfNeeded: header.number(at: 36, 4)) == seconds)
    }
}

extension [UInt8] {
    /// A number of so many bytes, the least significant first.
    fileprivate func number(at index: Int, _ count: Int) -> Int {
        self[index..<index + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
