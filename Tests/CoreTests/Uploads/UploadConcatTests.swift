import Core
import Testing

@Suite("Upload-Concat follows tus 1.0")
struct UploadConcatTests {
    static let one = Upload.ID(at: Timestamp(milliseconds: 1_795_248_000_000))
    static let two = Upload.ID(at: Timestamp(milliseconds: 1_795_248_000_001))

    static let accepted: [(String, UploadConcat)] = [
        ("partial", .partial),
        ("final;/api/v1/uploads/\(one)", .final([one])),
        ("final;/files/\(one) /files/\(two)", .final([one, two])),
        ("final;/files/\(two) /files/\(one) /files/\(two)", .final([two, one, two])),
        ("final;https://example.org:8443/api/v1/uploads/\(one) \(two)", .final([one, two])),
        ("final;../uploads/\(one)/", .final([one])),
        ("final;/files/\(one.description.uppercased())", .final([one])),
        ("final; /files/\(one)  /files/\(two) ", .final([one, two])),
    ]

    @Test("A part, and what is made of parts, are read", arguments: accepted)
    func accepts(text: String, concat: UploadConcat) throws {
        #expect(try UploadConcat(text) == concat)
    }

    static let refused: [String] = [
        "", "Partial", "partial;", " partial", "partial;/files/\(one)", "final", "final;", "final; ",
        "Final;/files/\(one)",
        " final;/files/\(one)", "final;/files/", "final;/", "final;/files/x", "final;/files/\(one)?a=1",
        "final;/files/\(one)#a", "final;/files/\(one) /files/x",
        "final;/files/\(one)/audio", "final;\(one.description.dropLast())", "/files/\(one)",
    ]

    @Test("Anything else is refused", arguments: refused)
    func refuses(text: String) {
        #expect(throws: InvalidValue.self) { try UploadConcat(text) }
    }

    @Test("The number of parts is bounded")
    func bounds() throws {
        let parts = [Upload.ID](repeating: Self.one, count: UploadConcat.mostParts)
        let text = "final;" + parts.map { "/files/\($0)" }.joined(separator: " ")
        #expect(try UploadConcat(text) == .final(parts))
        #expect(throws: InvalidValue.self) { try UploadConcat("\(text) /files/\(Self.two)") }
    }
}
