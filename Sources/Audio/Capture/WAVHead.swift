/// The head of a WAV file that is written while it is recorded.
///
/// As long as nobody knows the length, both sizes say "until the end", as those of programs do that write into a pipe.
/// A chunk that means nothing keeps room for the sizes of 64 bits (EBU Tech 3306), so that the head can be put right in
/// its place whatever the length turned out to be.
struct WAVHead {
    static let byteCount = 80
    private static let untilEnd = UInt32.max
    private static let roomBytes: UInt32 = 28

    let rate: Int
    let channels: Int
    let bits: Int

    /// Bytes of one sample of all channels.
    var frameBytes: Int { channels * bits / 8 }

    init(rate: Int, channels: Int, bits: Int) {
        self.rate = rate
        self.channels = channels
        self.bits = bits
    }

    /// Reads a head that was written here; nil for any other.
    init?(_ head: [UInt8]) {
        func word(_ offset: Int, _ text: String) -> Bool { head[offset..<offset + 4].elementsEqual(text.utf8) }
        func number(_ offset: Int, _ count: Int) -> Int {
            head[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        guard head.count == Self.byteCount, word(0, "RIFF") || word(0, "RF64"), word(8, "WAVE"),
            word(12, "JUNK") || word(12, "ds64"), word(48, "fmt "), word(72, "data")
        else { return nil }
        (channels, rate, bits) = (number(58, 2), number(60, 4), number(70, 2))
        guard channels > 0, bits == 16 || bits == 24 else { return nil }
    }

    /// The head of a file that goes on to its end.
    var openEnded: [UInt8] {
        var head = chunk("RIFF", Self.untilEnd) + Array("WAVE".utf8)
        head += room
        head += format
        head += chunk("data", Self.untilEnd)
        return head
    }

    /// The head of a file with so many bytes of samples.
    func mended(dataBytes: Int64) -> [UInt8] {
        let riff = dataBytes + dataBytes % 2 + Int64(Self.byteCount) - 8
        let isLarge = riff >= Int64(Self.untilEnd)
        var head = chunk(isLarge ? "RF64" : "RIFF", isLarge ? Self.untilEnd : UInt32(riff)) + Array("WAVE".utf8)
        head += isLarge ? sizes(riff, dataBytes) : room
        head += format
        head += chunk("data", isLarge ? Self.untilEnd : UInt32(dataBytes))
        return head
    }

    /// The chunk that means nothing.
    private var room: [UInt8] {
        chunk("JUNK", Self.roomBytes) + [UInt8](repeating: 0, count: Int(Self.roomBytes))
    }

    /// The chunk that takes its place in a large file: three sizes of 64 bits and a table without entries.
    private func sizes(_ riff: Int64, _ data: Int64) -> [UInt8] {
        var sizes = chunk("ds64", Self.roomBytes)
        for size in [riff, data, data / Int64(frameBytes)] { sizes += bytes(size) }
        sizes += bytes(UInt32(0))
        return sizes
    }

    private var format: [UInt8] {
        var format = chunk("fmt ", 16)
        format += bytes(UInt16(1)) + bytes(UInt16(channels)) + bytes(UInt32(rate))
        format += bytes(UInt32(rate * frameBytes)) + bytes(UInt16(frameBytes)) + bytes(UInt16(bits))
        return format
    }

    private func chunk(_ name: String, _ size: UInt32) -> [UInt8] { Array(name.utf8) + bytes(size) }

    private func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
