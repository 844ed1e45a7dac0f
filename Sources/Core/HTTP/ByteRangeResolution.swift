/// What to send of a file.
public enum ByteRangeResolution: Sendable, Hashable {
    /// 200 with everything.
    case full
    /// 206 with these bytes and a `Content-Range`; never empty. It may cover the whole file.
    case single(Range<Int64>)
    /// 206 as `multipart/byteranges`; at least two ranges that neither overlap nor touch.
    case multiple([Range<Int64>])
    /// 416 with `Content-Range: bytes */size`.
    case unsatisfiable

    /// Decides from the headers what to send, after `Preconditions` said `.proceed` (RFC 9110, sections 14.2 and 13.1.5).
    ///
    /// - Parameters:
    ///   - method: the request's method; any but GET gets `.full`.
    ///   - range: the `Range` header.
    ///   - ifRange: the `If-Range` header.
    ///   - size: the file's size in bytes.
    ///   - etag: the representation's tag.
    ///   - lastModified: what `Last-Modified` says in the answer.
    ///   - lastModifiedIsStrong: whether that date cannot name two versions of the file (RFC 9110, section 8.8.2.2).
    public static func decide(
        method: String, range: String?, ifRange: String? = nil, size: Int64, etag: ETag?, lastModified: HTTPDate? = nil,
        lastModifiedIsStrong: Bool = false
    ) -> ByteRangeResolution {
        guard method == "GET", let range, let set = ByteRangeSet.parse(range) else { return .full }
        if let ifRange {
            let date = lastModifiedIsStrong ? lastModified : nil
            guard IfRange.holds(ifRange, etag: etag, strongLastModified: date) else { return .full }
        }
        return set.resolve(size: size)
    }
}
