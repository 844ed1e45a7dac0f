import TestSupport
import Testing

@testable import Core

@Suite struct HashTests {
    @Test("hexadecimal comes back as the bytes that it was made of")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 21)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let text = Hexadecimal.encode(bytes)
            #expect(text == text.lowercased())
            #expect(Hexadecimal.decode(text) == bytes)
            #expect(Hexadecimal.decode(text.uppercased()) == bytes)
        }
    }

    @Test("what is not hexadecimal is refused", arguments: ["0", "0g", "zz", "0 ", " 0", "é", "0x00", "\u{0}\u{0}"])
    func refused(text: String) {
        #expect(Hexadecimal.decode(text) == nil)
    }

    @Test("a SHA-256 has 32 bytes and 64 digits, no more and no fewer", arguments: [0, 1, 31, 33, 64])
    func length(count: Int) {
        #expect(SHA256Hash(bytes: [UInt8](repeating: 1, count: count)) == nil)
        #expect(SHA256Hash(String(repeating: "01", count: count)) == nil)
    }

    @Test("a SHA-256 is printed in lower case whatever it was read from")
    func lowerCase() throws {
        let hash = try #require(SHA256Hash(String(repeating: "AB", count: 32)))
        #expect(hash.description == String(repeating: "ab", count: 32))
        #expect(SHA256Hash(String(repeating: "ab", count: 32)) == hash)
    }
}
