/// Finds CR LF `--` boundary in bytes (Horspool's search: it looks at one byte in as many as the delimiter is long).
///
/// Linear on hostile input too: a candidate is compared further only behind CR LF `--`, which cannot overlap itself, and
/// a boundary holds no CR, so the bytes that compared equal are never compared again.
struct MultipartDelimiter: Sendable {
    let bytes: [UInt8]
    /// How far the window moves when its last byte is this one.
    private let shifts: [Int]

    init(_ boundary: MultipartBoundary) {
        bytes = Array("\r\n--".utf8) + Array(boundary.text.utf8)
        var shifts = [Int](repeating: bytes.count, count: 256)
        for (place, byte) in bytes.dropLast().enumerated() { shifts[Int(byte)] = bytes.count - 1 - place }
        self.shifts = shifts
    }

    var count: Int { bytes.count }

    enum Match: Equatable {
        /// The delimiter begins at this offset.
        case found(Int)
        /// It does not occur, and cannot begin before this offset: from there on more bytes are needed.
        case none(clean: Int)
    }

    func search(_ haystack: UnsafeRawBufferPointer, from start: Int) -> Match {
        bytes.withUnsafeBufferPointer { needle in
            shifts.withUnsafeBufferPointer { shifts in
                let last = needle.count - 1
                let lastByte = needle[last]
                var window = start
                while window + last < haystack.count {
                    let byte = haystack[window + last]
                    if byte == lastByte, haystack[window] == 0x0D, haystack[window + 1] == 0x0A,
                        Self.isEqual(haystack, at: window, needle, count: needle.count)
                    {
                        return .found(window)
                    }
                    window += shifts[Int(byte)]
                }
                // Fewer bytes are left than the delimiter has: it may still begin here and end in what comes next.
                var tail = max(start, haystack.count - last)
                while tail < haystack.count {
                    let left = haystack.count - tail
                    if haystack[tail] == 0x0D, Self.isEqual(haystack, at: tail, needle, count: left) { break }
                    tail += 1
                }
                return .none(clean: min(tail, haystack.count))
            }
        }
    }

    private static func isEqual(
        _ haystack: UnsafeRawBufferPointer, at offset: Int, _ needle: UnsafeBufferPointer<UInt8>, count: Int
    ) -> Bool {
        for place in 0..<count where haystack[offset + place] != needle[place] { return false }
        return true
    }
}
