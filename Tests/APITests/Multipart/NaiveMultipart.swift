/// A reference parser that is slow and obvious: it has the whole input, looks at each offset for a delimiter, and knows
/// no limits. Valid headers only.
enum NaiveMultipart {
    /// The bodies of the parts; nil when the form is not closed.
    static func bodies(_ input: [UInt8], boundary: String) -> [[UInt8]]? {
        let delimiter = Array("\r\n--\(boundary)".utf8)
        let text = [0x0D, 0x0A] + input
        var bodies: [[UInt8]] = []
        var contentStart = 0
        var offset = 0
        while offset + delimiter.count <= text.count {
            guard Array(text[offset..<offset + delimiter.count]) == delimiter,
                let (end, closes) = lineEnd(text, offset + delimiter.count)
            else {
                offset += 1
                continue
            }
            if contentStart > 0 { bodies.append(Array(text[min(contentStart, offset)..<offset])) }
            if closes { return bodies }
            var header = end
            while Array(text[header..<min(header + 4, text.count)]) != Array("\r\n\r\n".utf8) {
                header += 1
                if header >= text.count { return nil }
            }
            contentStart = header + 4
            // The empty line's own end may begin the next delimiter.
            offset = header + 2
        }
        return nil
    }

    private static func lineEnd(_ text: [UInt8], _ start: Int) -> (Int, Bool)? {
        if text[start...].starts(with: Array("--".utf8)) { return (start + 2, true) }
        var place = start
        while place < text.count, text[place] == 0x20 || text[place] == 0x09 { place += 1 }
        return text[place...].starts(with: [0x0D, 0x0A]) ? (place + 2, false) : nil
    }
}
