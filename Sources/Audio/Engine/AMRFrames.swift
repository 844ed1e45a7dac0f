/// The frames of an AMR packet (RFC 4867, storage format): each starts with a byte that tells its kind and so its size.
///
/// libav's AMR decoders refuse the frames that a telephone sends while nobody speaks (comfort noise, no data) and with
/// them the rest of the packet, so that pauses would vanish and everything after them would come too early.
struct AMRFrames: Sequence, IteratorProtocol {
    struct Frame {
        let offset: Int
        let size: Int
        let isSpeech: Bool
    }

    private static let narrowSizes = [13, 14, 16, 18, 20, 21, 27, 32, 6]
    private static let wideSizes = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6]

    private let bytes: UnsafeBufferPointer<UInt8>
    private let sizes: [Int]
    private var offset = 0

    /// - Parameter bytes: must outlive the iteration.
    init(_ bytes: UnsafeBufferPointer<UInt8>, isWide: Bool) {
        self.bytes = bytes
        sizes = isWide ? Self.wideSizes : Self.narrowSizes
    }

    mutating func next() -> Frame? {
        guard offset < bytes.count else { return nil }
        let kind = Int(bytes[offset] >> 3 & 0x0F)
        let size = Swift.min(kind < sizes.count ? sizes[kind] : 1, bytes.count - offset)
        defer { offset += size }
        return Frame(offset: offset, size: size, isSpeech: kind < sizes.count - 1)
    }
}
