/// `If-Range` (RFC 9110, section 13.1.5): a range only if the file is still the one that the client knows.
public enum IfRange {
    /// Whether the range may be served.
    ///
    /// - Parameters:
    ///   - header: an entity tag, compared strongly (a weak one never matches), or a date, which must be exactly the one
    ///     given. Anything else does not match, so that everything is sent.
    ///   - strongLastModified: the date of the last change, where it is a strong validator; otherwise nil.
    public static func holds(_ header: String, etag: ETag?, strongLastModified: HTTPDate?) -> Bool {
        if let known = ETag.parse(header) {
            return etag?.stronglyMatches(known) ?? false
        }
        guard let date = HTTPDate.parse(header), let strongLastModified else { return false }
        return date == strongLastModified
    }
}
