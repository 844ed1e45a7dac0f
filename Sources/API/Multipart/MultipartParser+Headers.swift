import NIOCore

extension MultipartParser {
    /// Reads the headers of a part up to their empty line, of which it leaves the line end in the buffer; nil when more
    /// input is needed.
    mutating func headerFields() throws(MultipartError) -> [MultipartPartHeaders.Field]? {
        let view = buffer.readableBytesView
        var fields: [MultipartPartHeaders.Field] = []
        var line = view.startIndex
        while let lineFeed = view[line...].prefix(limits.headerBytes + 2).firstIndex(of: 0x0A) {
            guard lineFeed - view.startIndex < limits.headerBytes + 2 else { break }
            guard lineFeed > line, view[lineFeed - 1] == 0x0D else { throw .headerMalformed }
            guard lineFeed - 1 > line else {
                buffer.moveReaderIndex(forwardBy: line - view.startIndex)
                return fields
            }
            guard fields.count < limits.headers else { throw .tooManyHeaders(limit: limits.headers) }
            fields.append(try Self.field(view[line..<lineFeed - 1]))
            line = lineFeed + 1
        }
        // The empty line's own end does not count, so the rest may be two bytes longer than the limit, not more.
        guard view.count <= limits.headerBytes + 1 else { throw .headersTooLong(limitBytes: limits.headerBytes) }
        return nil
    }

    private static func field(_ line: ByteBufferView) throws(MultipartError) -> MultipartPartHeaders.Field {
        // A blank at the front would be a folded line; a control character has no business in a header.
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(isTokenCharacter), line.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 })
        else { throw .headerMalformed }
        var value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        while value.last == 0x20 || value.last == 0x09 { value = value.dropLast() }
        return MultipartPartHeaders.Field(
            name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
            value: String(decoding: value, as: UTF8.self))
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"): true
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        case UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
