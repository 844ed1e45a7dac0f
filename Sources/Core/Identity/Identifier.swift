/// A UUIDv7 (RFC 9562, section 5.7) that knows what it identifies, so that a note's id is never passed as an account's.
///
/// The first 48 bits are milliseconds since 1970, so ids sort by creation and lists page by them. Ids made by one
/// process in one millisecond are in random order; nothing relies on more than that.
public struct Identifier<Entity>: Hashable, Sendable, Comparable {
    private let high: UInt64
    private let low: UInt64

    /// A new id for the given time.
    public init(at time: Timestamp = .now()) {
        var generator = SystemRandomNumberGenerator()
        self.init(at: time, using: &generator)
    }

    init(at time: Timestamp, using generator: inout some RandomNumberGenerator) {
        let milliseconds = UInt64(clamping: time.milliseconds) & 0xFFFF_FFFF_FFFF
        let random = generator.next()
        high = milliseconds << 16 | 0x7000 | random & 0x0FFF
        low = 0x8000_0000_0000_0000 | generator.next() & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// Reads the 36-character form, upper or lower case; nil for anything else.
    public init?(_ text: some StringProtocol) {
        var nibbles: (UInt64, UInt64) = (0, 0)
        var count = 0
        var position = 0
        for byte in text.utf8 {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Hexadecimal.value(of: byte) else { return nil }
                if count < 16 {
                    nibbles.0 = nibbles.0 << 4 | UInt64(digit)
                } else {
                    nibbles.1 = nibbles.1 << 4 | UInt64(digit)
                }
                count += 1
            }
            position += 1
            if position > 36 { return nil }
        }
        guard position == 36, count == 32 else { return nil }
        (high, low) = nibbles
    }

    /// The creation time held in the id, in milliseconds.
    public var time: Timestamp { Timestamp(milliseconds: Int64(high >> 16)) }

    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension Identifier: CustomStringConvertible {
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { bytes.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            bytes.append(Hexadecimal.digit(UInt8(truncatingIfNeeded: word >> (60 - UInt64(index % 16) * 4) & 0xF)))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Identifier: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text.prefix(40)) is not a UUID")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
