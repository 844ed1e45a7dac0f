import TestSupport
import Testing

@testable import Blobs

@Suite("Percent-encoded text")
struct PercentTextTests {
    @Test("A component keeps nothing but unreserved characters")
    func component() {
        let kept = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~".utf8)
        for byte in UInt8(0)..<128 {
            let text = String(decoding: [byte], as: UTF8.self)
            let hexadecimal = String(byte, radix: 16, uppercase: true)
            let escape = "%" + (byte < 16 ? "0" : "") + hexadecimal
            #expect(PercentText.component(text) == (kept.contains(byte) ? text : escape))
        }
    }

    @Test(
        "Percent-encoded text is read; what is no escape stays",
        arguments: [
            ("a%20b", "a b"), ("%C3%bc", "ü"), ("50%", "50%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("%2541", "%41"),
            ("a+b", "a+b"), ("", ""), ("%", "%"), ("%%41", "%A"),
        ])
    func decode(text: String, decoded: String) {
        #expect(String(decoding: PercentText.decode(text.utf8), as: UTF8.self) == decoded)
        let form = PercentText.decode(text.utf8, plusIsSpace: true)
        #expect(String(decoding: form, as: UTF8.self) == decoded.replacing("+", with: " "))
    }

    @Test("What was written is read", arguments: 0..<50)
    func roundTrip(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let text = String(
            String.UnicodeScalarView(
                (0..<40).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0..<0x3000, using: &generator)) }))
        let written = PercentText.component(text)
        #expect(written.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "&") })
        #expect(String(decoding: PercentText.decode(written.utf8), as: UTF8.self) == text)
        #expect(String(decoding: PercentText.decode(written.utf8, plusIsSpace: true), as: UTF8.self) == text)
    }
}
