public import NIOCore

/// A streaming parser of `multipart/form-data` (RFC 7578, RFC 2046), driven by pulling, so that nothing piles up:
/// `append` what came, call `next` until it returns nil, append the next buffer; at the end of the input call `finish`.
///
/// It holds on to what was appended and not yet returned, and across appends to no more than the headers of one part.
/// Bodies are views into the appended buffers; only bytes around a possible boundary are copied.
///
/// Where the RFC leaves room: a line that begins with the boundary and goes on with anything but blanks is not a boundary but
/// content; `--` behind a boundary always closes the form; lines end with CR LF and with nothing else; headers are not
/// folded. A boundary right behind the empty line of a part's headers means an empty part.
public struct MultipartParser: Sendable {
    enum State: Sendable {
        /// Bytes up to the next delimiter: the preamble or a part's body.
        ///
        /// `skip` counts bytes at the front that may begin the delimiter but belong to no content: the line end before
        /// a first boundary that opens the body, or of the empty line that ends the headers.
        case content(inPart: Bool, skip: Int)
        /// A delimiter was read over; `partEnded` has to be told before the headers or the end.
        case delimiter(closes: Bool, inPart: Bool)
        case headers
        case epilogue
        case failed(MultipartError)
    }

    let limits: MultipartLimits
    let delimiter: MultipartDelimiter
    var state = State.content(inPart: false, skip: 2)
    var buffer: ByteBuffer
    /// What was appended last, when ``buffer`` holds only a copy of its first bytes behind what was left before.
    private var following: ByteBuffer?
    /// How many bytes that copy has at most.
    private static let overlap = 1024
    /// How many bytes at the front are known not to begin a delimiter, though they look like one.
    var searched = 0
    private var isClosed = false
    private var preambleBytes = 0
    private var epilogueBytes = 0
    private var parts = 0

    /// A parser for one body.
    public init(boundary: MultipartBoundary, limits: MultipartLimits = MultipartLimits()) {
        self.limits = limits
        delimiter = MultipartDelimiter(boundary)
        // A boundary at the very beginning has no line end before it: lend it one, and the search needs no other case.
        buffer = ByteBuffer(bytes: [0x0D, 0x0A])
    }

    /// Hands over the next bytes of the input. Call `next` until it returns nil before appending again.
    public mutating func append(_ bytes: ByteBuffer) {
        guard buffer.readableBytes > 0 else {
            buffer = bytes
            return
        }
        guard bytes.readableBytes > 0 else { return }
        precondition(following == nil, "next() has not returned nil since the last append")
        // Most often only a few bytes are left, and what decides about them are the first of the new ones.
        let length = min(bytes.readableBytes, Self.overlap)
        join(bytes.getSlice(at: bytes.readerIndex, length: length) ?? bytes)
        if length < bytes.readableBytes { following = bytes }
    }

    private mutating func join(_ bytes: ByteBuffer) {
        // A new buffer, because slices of the old one are out with the caller and writing to it would copy all of it.
        var joined = ByteBufferAllocator().buffer(capacity: buffer.readableBytes + bytes.readableBytes)
        joined.writeImmutableBuffer(buffer)
        joined.writeImmutableBuffer(bytes)
        buffer = joined
    }

    /// Goes on from the copy to the appended bytes themselves; false when there are none.
    private mutating func takeFollowing() -> Bool {
        guard var bytes = following else { return false }
        following = nil
        let copied = min(bytes.readableBytes, Self.overlap)
        if buffer.readableBytes <= copied {
            bytes.moveReaderIndex(forwardBy: copied - buffer.readableBytes)
            buffer = bytes
        } else {
            bytes.moveReaderIndex(forwardBy: copied)
            join(bytes)
        }
        return true
    }

    /// The next event, or nil when more input is needed.
    ///
    /// - Throws: the first violation found, and the same again whenever called after it.
    public mutating func next() throws(MultipartError) -> MultipartEvent? {
        if case .failed(let error) = state { throw error }
        do {
            repeat {
                if let event = try advance() { return event }
            } while takeFollowing()
            return nil
        } catch {
            state = .failed(error)
            buffer = ByteBuffer()
            following = nil
            throw error
        }
    }

    /// Tells that the input has ended. Call `next` until it returns nil before.
    ///
    /// - Throws: `.truncated` when the closing boundary is missing; the earlier error if there was one.
    public func finish() throws(MultipartError) {
        if case .failed(let error) = state { throw error }
        guard isClosed else { throw .truncated }
    }

    private mutating func advance() throws(MultipartError) -> MultipartEvent? {
        while true {
            switch state {
            case .content(let inPart, let skip):
                switch try content(inPart: inPart, skip: skip) {
                case .event(let event): return event
                case .again: continue
                case .needsMore: return nil
                }
            case .delimiter(let closes, let inPart):
                state = closes ? .epilogue : .headers
                if inPart { return .partEnded }
            case .headers:
                guard let fields = try headerFields() else { return nil }
                parts += 1
                guard parts <= limits.parts else { throw .tooManyParts(limit: limits.parts) }
                let headers = try MultipartPartHeaders(fields: fields)
                state = .content(inPart: true, skip: 2)
                return .partBegan(headers)
            case .epilogue:
                guard isClosed else {
                    isClosed = true
                    return .finished
                }
                epilogueBytes += buffer.readableBytes
                guard epilogueBytes <= limits.epilogueBytes else {
                    throw .epilogueTooLong(limitBytes: limits.epilogueBytes)
                }
                buffer = ByteBuffer()
                return nil
            case .failed(let error):
                throw error
            }
        }
    }

    private enum Step {
        case event(MultipartEvent)
        case again
        case needsMore
    }

    private mutating func content(inPart: Bool, skip: Int) throws(MultipartError) -> Step {
        let start = searched
        let match = buffer.withUnsafeReadableBytes { delimiter.search($0, from: start) }
        switch match {
        case .none(let clean):
            searched = 0
            return try pass(clean, inPart: inPart, skip: skip) ?? .needsMore
        case .found(let offset):
            switch try delimiterEnd(at: offset) {
            case .needsMore:
                return try pass(offset, inPart: inPart, skip: skip) ?? .needsMore
            case .content:
                // It only looked like a delimiter. The next one cannot begin inside it: it holds a single CR.
                searched = offset + delimiter.count
                return .again
            case .delimiter(let end, let closes):
                if let step = try pass(offset, inPart: inPart, skip: skip) { return step }
                buffer.moveReaderIndex(forwardBy: end - offset)
                state = .delimiter(closes: closes, inPart: inPart)
                return .again
            }
        }
    }

    /// Gives out so many bytes of content from the front; nil when there are none.
    private mutating func pass(_ count: Int, inPart: Bool, skip: Int) throws(MultipartError) -> Step? {
        guard count > 0 else { return nil }
        searched = 0
        let skipped = min(skip, count)
        buffer.moveReaderIndex(forwardBy: skipped)
        state = .content(inPart: inPart, skip: skip - skipped)
        guard inPart else {
            preambleBytes += count - skipped
            guard preambleBytes <= limits.preambleBytes else {
                throw .preambleTooLong(limitBytes: limits.preambleBytes)
            }
            buffer.moveReaderIndex(forwardBy: count - skipped)
            return .again
        }
        guard count > skipped, let body = buffer.readSlice(length: count - skipped) else { return .again }
        return .event(.body(body))
    }

    private enum DelimiterEnd {
        case needsMore
        case content
        /// The offset behind it: behind its line end, or right behind the `--` that closes the form.
        case delimiter(end: Int, closes: Bool)
    }

    /// What follows the delimiter that begins at this offset of the readable bytes.
    private func delimiterEnd(at offset: Int) throws(MultipartError) -> DelimiterEnd {
        let view = buffer.readableBytesView
        var place = view.startIndex + offset + delimiter.count
        guard place < view.endIndex else { return .needsMore }
        if view[place] == UInt8(ascii: "-") {
            guard place + 1 < view.endIndex else { return .needsMore }
            let closes = view[place + 1] == UInt8(ascii: "-")
            return closes ? .delimiter(end: place + 2 - view.startIndex, closes: true) : .content
        }
        let padding = view[place...].prefix(limits.boundaryPaddingBytes + 1).prefix { $0 == 0x20 || $0 == 0x09 }
        guard padding.count <= limits.boundaryPaddingBytes else {
            throw .boundaryPaddingTooLong(limitBytes: limits.boundaryPaddingBytes)
        }
        place += padding.count
        guard place < view.endIndex else { return .needsMore }
        guard view[place] == 0x0D else { return .content }
        guard place + 1 < view.endIndex else { return .needsMore }
        guard view[place + 1] == 0x0A else { return .content }
        return .delimiter(end: place + 2 - view.startIndex, closes: false)
    }
}
