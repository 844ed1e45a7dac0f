import Core
import NIOCore

/// A form with a file behind its fields (multipart/form-data, RFC 7578). Its length is known before it is sent.
struct CloudinaryForm: Sendable {
    let contentType: String
    /// What stands in front of the file's bytes.
    let head: [UInt8]
    /// What stands behind them.
    let tail: [UInt8]

    /// - Parameter boundary: a text that occurs nowhere in the file.
    init(_ parameters: CloudinaryParameters, fileName: String, boundary: String = Self.boundary()) {
        var text = ""
        for field in parameters.fields {
            text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field.name)\"\r\n\r\n\(field.value)\r\n"
        }
        text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(fileName)\"\r\n"
        text += "Content-Type: application/octet-stream\r\n\r\n"
        head = Array(text.utf8)
        tail = Array("\r\n--\(boundary)--\r\n".utf8)
        contentType = "multipart/form-data; boundary=\(boundary)"
    }

    /// Bytes of the whole form around a file of so many.
    func length(around size: Int64) -> Int64 { Int64(head.count) + size + Int64(tail.count) }

    func body(around file: FilePieces) -> CloudinaryFormBody {
        CloudinaryFormBody(head: ByteBuffer(bytes: head), file: file, tail: ByteBuffer(bytes: tail))
    }

    /// So long and so random that it stands in no file.
    static func boundary() -> String { "voicenote-\(randomText())" }

    /// 32 hexadecimal digits.
    static func randomText() -> String {
        Hexadecimal.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }
}

/// The form as it is sent: no more than a piece of the file is in memory.
struct CloudinaryFormBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let head: ByteBuffer
    let file: FilePieces
    let tail: ByteBuffer

    func makeAsyncIterator() -> Iterator { Iterator(head: head, pieces: file.makeAsyncIterator(), tail: tail) }

    struct Iterator: AsyncIteratorProtocol {
        var head: ByteBuffer?
        var pieces: FilePieces.Iterator
        var tail: ByteBuffer?

        mutating func next() async throws -> ByteBuffer? {
            if let head {
                self.head = nil
                return head
            }
            if let piece = try await pieces.next() { return piece }
            defer { tail = nil }
            return tail
        }
    }
}
