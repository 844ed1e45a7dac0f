/// CRC-32 of IEEE 802.3, as ZIP uses it (APPNOTE.TXT, section 4.4.7). Finds accidents, not attacks.
public struct CRC32: Sendable, Hashable {
    private var register: UInt32 = 0xFFFF_FFFF

    /// Eight tables of 256 behind one another, so that eight bytes are taken at a time.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
        for index in 256..<8 * 256 {
            let before = tables[index - 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
        }
        return tables
    }()

    public init() {}

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        register = Self.tables.withUnsafeBufferPointer { tables in
            var value = register
            var position = 0
            while position + 8 <= bytes.count {
                let eight = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                let mixed = eight ^ UInt64(value)
                value =
                    tables[0x700 | Int(mixed & 0xFF)] ^ tables[0x600 | Int(mixed >> 8 & 0xFF)]
                    ^ tables[0x500 | Int(mixed >> 16 & 0xFF)] ^ tables[0x400 | Int(mixed >> 24 & 0xFF)]
                value ^=
                    tables[0x300 | Int(mixed >> 32 & 0xFF)] ^ tables[0x200 | Int(mixed >> 40 & 0xFF)]
                    ^ tables[0x100 | Int(mixed >> 48 & 0xFF)] ^ tables[Int(mixed >> 56)]
                position += 8
            }
            for byte in bytes[position...] { value = value >> 8 ^ tables[Int((value ^ UInt32(byte)) & 0xFF)] }
            return value
        }
    }

    /// The checksum so far.
    public var value: UInt32 { ~register }
}
