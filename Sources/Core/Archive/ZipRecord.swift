/// The bytes of one record of a ZIP archive, every number with its least significant byte first.
struct ZipRecord {
    private(set) var bytes: [UInt8] = []

    init(signature: UInt32) {
        append(signature)
    }

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ more: [UInt8]) {
        bytes += more
    }
}
