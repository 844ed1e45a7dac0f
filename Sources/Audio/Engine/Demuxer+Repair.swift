import CLibAV

/// Which recordings play, but cannot be sought in, or say the wrong length: those that their recorder had no chance to
/// finish.
extension Demuxer {
    var needsRepair: Bool {
        switch container {
        case "webm", "matroska": !statesDuration
        case "ogg": oggEndsEarly
        case "wav": wavStatesMoreThanThere
        default: false
        }
    }

    /// The last page has the mark of the end, and is whole (RFC 3533, section 6).
    private var oggEndsEarly: Bool {
        let window = Int64(64 * 1_024 + 282)
        let start = max(0, input.size - window)
        guard let tail = try? input.bytes(at: start, count: Int(input.size - start)) else { return false }
        let capture = Array("OggS".utf8)
        var position = tail.count - capture.count
        while position >= 0 {
            defer { position -= 1 }
            guard tail[position] == capture[0], tail[position...].starts(with: capture) else { continue }
            guard position + 27 <= tail.count else { return true }
            let segments = Int(tail[position + 26])
            guard position + 27 + segments <= tail.count else { return true }
            let body = tail[(position + 27)..<(position + 27 + segments)].reduce(0) { $0 + Int($1) }
            let isWhole = position + 27 + segments + body <= tail.count
            return !isWhole || tail[position + 5] & 4 == 0
        }
        return true
    }

    /// The data chunk's length is more than the file holds, or was never filled in.
    private var wavStatesMoreThanThere: Bool {
        let head = sniffer.head
        guard head.starts(with: Array("RIFF".utf8)) else { return false }
        func size(at offset: Int) -> Int64 {
            head[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int64($1) }
        }
        var position = 12
        while position + 8 <= head.count {
            let length = size(at: position + 4)
            if head[position..<position + 4].elementsEqual("data".utf8) {
                let there = input.size - Int64(position) - 8
                return length > there || (length == 0 && there > 0) || size(at: 4) + 8 > input.size + 1
            }
            let (next, isOverflow) = position.addingReportingOverflow(8 + Int(length) + Int(length & 1))
            guard !isOverflow else { return false }
            position = next
        }
        return false
    }
}
