import Core
import TestSupport
import Testing

@Suite("CRC-32 of IEEE 802.3")
struct CRC32Tests {
    private static func crc(_ pieces: [UnsafeRawBufferPointer]) -> UInt32 {
        var crc = CRC32()
        for piece in pieces { crc.update(piece) }
        return crc.value
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { crc([$0]) } }

    /// The check value of the catalogue of CRC algorithms; the others were computed with zlib.
    static let vectors: [([UInt8], UInt32)] = [
        ([], 0),
        (Array("123456789".utf8), 0xCBF4_3926),
        ([UInt8](repeating: 0, count: 32), 0x190A_55AD),
        ([UInt8](repeating: 0xFF, count: 32), 0xFF6C_AB0B),
        (Array(0..<32), 0x9126_7E8A),
        (Array((0..<32).reversed()), 0x9AB0_EF72),
        (Array("hello world".utf8), 0x0D4A_1185),
    ]

    @Test("It has its known values", arguments: vectors)
    func value(bytes: [UInt8], value: UInt32) {
        #expect(Self.crc(bytes) == value)
    }

    @Test("It is the same however the message is split, and wherever it lies in memory")
    func splits() {
        var generator = SeededGenerator(seed: 32)
        let message = (0..<67).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let whole = Self.crc(message)
        message.withUnsafeBytes { bytes in
            for first in 0...bytes.count {
                for second in first...bytes.count {
                    let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
                    #expect(Self.crc(pieces.map { UnsafeRawBufferPointer(rebasing: $0) }) == whole)
                }
            }
        }
    }

    @Test("It is that of the definition, bit by bit", arguments: 0..<40)
    func definition(length: Int) {
        var generator = SeededGenerator(seed: UInt64(length))
        let message = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var register = UInt32.max
        for byte in message {
            register ^= UInt32(byte)
            for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0xEDB8_8320 : register >> 1 }
        }
        #expect(Self.crc(message) == ~register)
    }
}
