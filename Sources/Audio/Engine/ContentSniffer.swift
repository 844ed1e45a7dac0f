/// Looks at a file's first bytes to say what it is when it is not audio, and to tell kinds of one container apart.
struct ContentSniffer {
    static let byteCount = 4_096

    let head: [UInt8]

    /// What the file is, when it is certainly not audio.
    var foreignContent: MediaError.ForeignContent? {
        if starts(with: "%PDF-") { return .pdf }
        if starts(with: [0x50, 0x4B, 0x03, 0x04]) || starts(with: [0x50, 0x4B, 0x05, 0x06]) { return .zip }
        if starts(with: [0x1F, 0x8B, 0x08]) { return .gzip }
        if starts(with: [0x89, 0x50, 0x4E, 0x47]) || starts(with: [0xFF, 0xD8, 0xFF]) || starts(with: "GIF8")
            || (starts(with: "RIFF") && text(at: 8, "WEBP"))
        {
            return .image
        }
        if starts(with: [0x7F, 0x45, 0x4C, 0x46]) || (starts(with: "MZ") && head.count > 64) { return .program }
        if head.allSatisfy({ $0 == 0 }) { return .zeros }
        if isText { return startsLikeHTML ? .html : .text }
        return nil
    }

    /// The container that the first bytes name, in the words of `AudioReport.container`.
    var container: String? {
        if starts(with: "RIFF") && text(at: 8, "WAVE") || starts(with: "RF64") { return "wav" }
        if starts(with: "OggS") { return "ogg" }
        if starts(with: "fLaC") { return "flac" }
        if starts(with: "#!AMR") { return "amr" }
        if starts(with: "FORM") && (text(at: 8, "AIFF") || text(at: 8, "AIFC")) { return "aiff" }
        if starts(with: ".snd") { return "au" }
        if starts(with: "caff") { return "caf" }
        if starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return isWebM ? "webm" : "matroska" }
        if text(at: 4, "ftyp") { return text(at: 8, "3g") ? "3gp" : text(at: 8, "qt  ") ? "mov" : "mp4" }
        if text(at: 4, "moov") || text(at: 4, "mdat") || text(at: 4, "wide") { return "mov" }
        if starts(with: "ID3") { return "mp3" }
        return nil
    }

    /// The EBML header's document type stands within the first bytes of a Matroska file.
    var isWebM: Bool {
        let word = Array("webm".utf8)
        let window = head.prefix(64)
        return window.indices.contains { window[$0...].starts(with: word) }
    }

    /// The number of channels that a simple header states, before any library looks at it.
    var statedChannels: Int64? {
        switch container {
        case "wav" where text(at: 12, "fmt "): head.count >= 24 ? Int64(head[22]) | Int64(head[23]) << 8 : nil
        case "au": bigEndian(at: 20)
        case "caf" where text(at: 8, "desc"): bigEndian(at: 44)
        default: nil
        }
    }

    /// The bytes of an ID3v2 tag at the start, 0 without one. Its length is written in four times seven bits.
    var id3ByteCount: Int64 {
        guard starts(with: "ID3"), head.count >= 10 else { return 0 }
        return head[6...9].reduce(0) { $0 << 7 | Int64($1 & 0x7F) } + (head[5] & 0x10 != 0 ? 20 : 10)
    }

    private var isText: Bool {
        if starts(with: [0xFF, 0xFE]) || starts(with: [0xFE, 0xFF]) { return isUTF16 }
        let control = head.contains { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D && $0 != 0x0C && $0 != 0x1B }
        guard !control, !starts(with: "#!AMR") else { return false }
        // A character may be cut off at the end of what was read, by up to three bytes.
        return (0...min(3, head.count - 1)).contains { String(validating: head.dropLast($0), as: UTF8.self) != nil }
    }

    /// MP3 can start with the same two bytes as a UTF-16 mark, but not go on like text.
    private var isUTF16: Bool {
        let big = head.first == 0xFE
        var index = 2
        var plain = 0
        var pairs = 0
        while index + 1 < head.count {
            if head[big ? index : index + 1] == 0, head[big ? index + 1 : index] >= 0x09 { plain += 1 }
            pairs += 1
            index += 2
        }
        return pairs > 0 && plain * 10 >= pairs * 8
    }

    private var startsLikeHTML: Bool {
        let start = String(decoding: head.prefix(256), as: UTF8.self).lowercased()
        return start.contains("<!doctype html") || start.contains("<html")
    }

    private func starts(with bytes: [UInt8]) -> Bool { head.starts(with: bytes) }

    private func starts(with word: String) -> Bool { head.starts(with: word.utf8) }

    private func text(at offset: Int, _ word: String) -> Bool {
        head.dropFirst(offset).starts(with: word.utf8)
    }

    private func bigEndian(at offset: Int) -> Int64? {
        guard head.count >= offset + 4 else { return nil }
        return head[offset..<offset + 4].reduce(0) { $0 << 8 | Int64($1) }
    }
}
