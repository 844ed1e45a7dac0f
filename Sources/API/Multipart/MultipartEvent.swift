public import NIOCore

/// What a form consists of, in the order `(partBegan body* partEnded)* finished`.
public enum MultipartEvent: Sendable, Hashable {
    case partBegan(MultipartPartHeaders)
    /// Bytes of the part that began last; never empty, and a view into what was appended wherever possible.
    case body(ByteBuffer)
    case partEnded
    /// The closing boundary was read. Comes once; what follows it is read over.
    case finished
}
