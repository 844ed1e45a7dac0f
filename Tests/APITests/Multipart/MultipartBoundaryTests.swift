import API
import Testing

@Suite("The boundary in a Content-Type")
struct MultipartBoundaryTests {
    static let read: [(String, String)] = [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data;BOUNDARY=\"a b c\"", "a b c"),
        ("multipart/form-data ; charset=utf-8 ; boundary = abc ; x=\"boundary=no;\"", "abc"),
        (
            "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
            "----WebKitFormBoundary7MA4YWxkTrZu0gW"
        ),
        ("multipart/form-data; boundary=a/b:c=d?(e),f", "a/b:c=d?(e),f"),
        ("multipart/form-data; boundary=\"a\\b\";", "ab"),
        ("multipart/form-data; boundary=" + String(repeating: "a", count: 70), String(repeating: "a", count: 70)),
    ]

    @Test("It is read as clients write it", arguments: read)
    func reads(contentType: String, boundary: String) throws {
        #expect(try MultipartBoundary.parse(contentType: contentType).text == boundary)
    }

    static let refused: [(String, MultipartError)] = [
        ("", .notFormData), ("multipart/mixed; boundary=a", .notFormData),
        ("application/json", .notFormData), ("multipart/form-data", .boundaryMissing),
        ("multipart/form-data; charset=utf-8", .boundaryMissing), ("multipart/form-data; boundary=", .boundaryInvalid),
        ("multipart/form-data; boundary=\"\"", .boundaryInvalid),
        ("multipart/form-data; boundary=\"a", .boundaryInvalid),
        ("multipart/form-data; boundary=\"a\"b", .boundaryInvalid), ("multipart/form-data; boundary", .boundaryInvalid),
        ("multipart/form-data; boundary=a; boundary=b", .boundaryInvalid),
        ("multipart/form-data; boundary=\"a \"", .boundaryInvalid),
        ("multipart/form-data; boundary=a\r\nb", .boundaryInvalid),
        ("multipart/form-data; boundary=a*b", .boundaryInvalid), ("multipart/form-data; boundary=ä", .boundaryInvalid),
        ("multipart/form-data; boundary=" + String(repeating: "a", count: 71), .boundaryInvalid),
        ("multipart/form-data; x=" + String(repeating: "a", count: 1024) + "; boundary=a", .boundaryInvalid),
    ]

    @Test("What is no boundary is refused", arguments: refused)
    func refuses(contentType: String, error: MultipartError) {
        #expect(throws: error) { try MultipartBoundary.parse(contentType: contentType) }
    }
}
