import Foundation
import TestSupport
import Testing

@testable import Core

private enum Thing {}
private typealias ID = Identifier<Thing>

@Suite struct IdentifierTests {
    @Test("an id is a UUIDv7 of the RFC 9562 variant and keeps its time")
    func bits() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let time = Timestamp(milliseconds: Int64.random(in: 0...0xFFFF_FFFF_FFFF, using: &generator))
            let id = ID(at: time, using: &generator)
            let text = Array(id.description)
            try #require(text.count == 36)
            #expect(text[14] == "7")
            #expect("89ab".contains(text[19]))
            #expect([8, 13, 18, 23].allSatisfy { text[$0] == "-" })
            #expect(id.time == time)
        }
    }

    @Test("the example of RFC 9562, appendix A.6, has the time that the RFC gives it")
    func vector() throws {
        let id = try #require(ID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"))
        #expect(id.time.milliseconds == 1_645_557_742_000)
        #expect(id.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test("ids sort by their time, and so does their text")
    func order() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let early = Int64.random(in: 0...0x7FFF_FFFF_FFFF, using: &generator)
            let late = early + Int64.random(in: 1...1_000_000, using: &generator)
            let first = ID(at: Timestamp(milliseconds: early), using: &generator)
            let second = ID(at: Timestamp(milliseconds: late), using: &generator)
            #expect(first < second)
            #expect(first.description < second.description)
        }
    }

    @Test("the order of the text is the order of the ids, also within a millisecond")
    func textOrder() {
        var generator = SeededGenerator(seed: 12)
        let ids = (0..<500).map { _ in ID(at: Timestamp(milliseconds: 1000), using: &generator) }
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
    }

    @Test("what is printed is read again, in lower and in upper case")
    func roundTrip() {
        var generator = SeededGenerator(seed: 13)
        for _ in 0..<1000 {
            let id = ID(
                at: Timestamp(milliseconds: Int64.random(in: 0...1 << 47, using: &generator)), using: &generator)
            #expect(ID(id.description) == id)
            #expect(ID(id.description.uppercased()) == id)
            #expect(UUID(uuidString: id.description)?.uuidString.lowercased() == id.description)
        }
    }

    @Test("ids of one moment differ")
    func different() {
        let now = Timestamp.now()
        #expect(Set((0..<10_000).map { _ in ID(at: now) }).count == 10_000)
    }

    @Test(
        "what is not a UUID is not an id",
        arguments: [
            "", "0", "-", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
            "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4dc0c0c07398f-",
            "g17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", " 017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n", "017f22e2_79b0_7cc3_98c4_dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398é", "017f22e2-79b0-7cc3-98c4-dc0c0c0739\u{FF11}\u{FF12}",
            "017f22e-279b0-7cc3-98c4-dc0c0c07398f", "../../../../../../../../../../etc/passwd",
        ])
    func refused(text: String) {
        #expect(ID(text) == nil)
    }

    @Test("a broken text of 36 characters is refused or reads as what it prints")
    func mutations() throws {
        var generator = SeededGenerator(seed: 17)
        let alphabet = Array("0123456789abcdefABCDEF-gG \u{0}é")
        for _ in 0..<3000 {
            var text = Array(ID(at: Timestamp(milliseconds: 1), using: &generator).description)
            text[Int.random(in: 0..<36, using: &generator)] = try #require(alphabet.randomElement(using: &generator))
            if let id = ID(String(text)) { #expect(id.description == String(text).lowercased()) }
        }
    }

    @Test("JSON holds the text, and refuses another")
    func json() throws {
        let id = ID()
        let data = try JSONEncoder().encode([id])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(id)\"]")
        #expect(try JSONDecoder().decode([ID].self, from: data) == [id])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([ID].self, from: Data(#"["x"]"#.utf8)) }
    }

    @Test("a time before 1970 or beyond 48 bits does not break the layout", arguments: [Int64.min, -1, 1 << 48, .max])
    func extremeTimes(milliseconds: Int64) {
        let text = ID(at: Timestamp(milliseconds: milliseconds)).description
        #expect(text.count == 36)
        #expect(ID(text) != nil)
    }
}
