import Glibc

/// Finds CR LF `--` boundary in bytes.
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
            let last = needle.count - 1
            switch Self.jump(haystack, from: start, needle) {
            case .found(let offset): return .found(offset)
            case .none(let clean):
                if clean + last < haystack.count, let offset = step(haystack, from: clean, needle) {
                    return .found(offset)
                }
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

    /// From one CR to the next by `memchr`, which compares whole vectors; audio holds few. Gives up where they are many.
    private static func jump(
        _ haystack: UnsafeRawBufferPointer, from start: Int, _ needle: UnsafeBufferPointer<UInt8>
    ) -> Match {
        guard let base = haystack.baseAddress else { return .none(clean: start) }
        let end = haystack.count - needle.count + 1
        var window = start
        var credit = 64
        while window < end, credit > 0 {
            guard let place = memchr(base + window, 0x0D, end - window) else { return .none(clean: end) }
            let found = base.distance(to: UnsafeRawPointer(place))
            if haystack[found + 1] == 0x0A, isEqual(haystack, at: found, needle, count: needle.count) {
                return .found(found)
            }
            credit = min(64, credit + (found - window) / 64 - 1)
            window = found + 1
        }
        return .none(clean: window)
    }

    /// Horspool's search: it looks at one byte in as many as the delimiter is long.
    private func step(
        _ haystack: UnsafeRawBufferPointer, from start: Int, _ needle: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        shifts.withUnsafeBufferPointer { shifts in
            let last = needle.count - 1
            let lastByte = needle[last]
            var window = start
            while window + last < haystack.count {
                let byte = haystack[window + last]
                if byte == lastByte, haystack[window] == 0x0D, haystack[window + 1] == 0x0A,
                    Self.isEqual(haystack, at: window, needle, count: needle.count)
                {
                    return window
                }
                window += shifts[Int(byte)]
            }
            return nil
        }
    }

    private static func isEqual(
        _ haystack: UnsafeRawBufferPointer, at offset: Int, _ needle: UnsafeBufferPointer<UInt8>, count: Int
    ) -> Bool {
        for place in 0..<count where haystack[offset + place] != needle[place] { return false }
        return true
    }
}
