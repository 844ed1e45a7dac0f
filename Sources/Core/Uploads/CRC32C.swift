/// CRC-32C (Castagnoli), as iSCSI uses it (RFC 3720, appendix B.4). Finds accidents, not attacks.
public struct CRC32C: Sendable, Hashable {
    private var register: UInt32 = 0xFFFF_FFFF

    /// Four tables, so that four bytes are taken at a time.
    private static let tables: [[UInt32]] = {
        let first: [UInt32] = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
        }
        var tables = [first]
        for _ in 1..<4 {
            tables.append(tables[tables.count - 1].map { $0 >> 8 ^ first[Int($0 & 0xFF)] })
        }
        return tables
    }()

    public init() {}

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let tables = Self.tables
        var value = register
        var position = 0
        while position + 4 <= bytes.count {
            value ^= UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            value =
                tables[3][Int(value & 0xFF)] ^ tables[2][Int(value >> 8 & 0xFF)] ^ tables[1][Int(value >> 16 & 0xFF)]
                ^ tables[0][Int(value >> 24)]
            position += 4
        }
        for byte in bytes[position...] { value = value >> 8 ^ tables[0][Int((value ^ UInt32(byte)) & 0xFF)] }
        register = value
    }

    /// The checksum so far, most significant byte first.
    public var bytes: [UInt8] {
        let value = ~register
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
