/// The conditions that a request puts on the representation it is about (RFC 9110, section 13).
///
/// Values are the headers' texts as received; several lines of one field are joined with `, ` by the caller.
public struct Preconditions: Sendable, Hashable {
    public enum Outcome: Sendable, Hashable {
        /// Go on; ranges are looked at now and not before.
        case proceed
        /// Answer 304 without content.
        case notModified
        /// Answer 412 and change nothing.
        case preconditionFailed
    }

    public var ifMatch: String?
    public var ifNoneMatch: String?
    public var ifModifiedSince: String?
    public var ifUnmodifiedSince: String?

    public init(
        ifMatch: String? = nil, ifNoneMatch: String? = nil, ifModifiedSince: String? = nil,
        ifUnmodifiedSince: String? = nil
    ) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.ifModifiedSince = ifModifiedSince
        self.ifUnmodifiedSince = ifUnmodifiedSince
    }

    /// Evaluates the conditions in the order of RFC 9110, section 13.2.2.
    ///
    /// A date that is no date is ignored, as the RFC says. A list of tags that cannot be read fails closed where something
    /// could be overwritten: `If-Match` is then false, and so is `If-None-Match` on any method but GET and HEAD.
    ///
    /// - Parameters:
    ///   - method: the request's method, upper case.
    ///   - etag: the current representation's tag, if it has one.
    ///   - lastModified: when it last changed, if that is known.
    ///   - exists: whether there is a current representation at all; `*` asks for that.
    ///   - now: settles the century of obsolete dates.
    public func evaluate(
        method: String, etag: ETag?, lastModified: HTTPDate?, exists: Bool = true, now: HTTPDate? = nil
    ) -> Outcome {
        let isRead = method == "GET" || method == "HEAD"
        if let ifMatch {
            let condition = ETagCondition.parse(ifMatch)
            let holds = condition?.contains(where: { etag?.stronglyMatches($0) ?? false }, exists: exists) ?? false
            guard holds else { return .preconditionFailed }
        } else if let since = ifUnmodifiedSince.flatMap({ HTTPDate.parse($0, now: now) }), let lastModified {
            guard lastModified <= since else { return .preconditionFailed }
        }
        if let ifNoneMatch {
            guard let condition = ETagCondition.parse(ifNoneMatch) else {
                return isRead ? .proceed : .preconditionFailed
            }
            guard condition.contains(where: { etag?.weaklyMatches($0) ?? false }, exists: exists) else {
                return .proceed
            }
            return isRead ? .notModified : .preconditionFailed
        }
        if isRead, let since = ifModifiedSince.flatMap({ HTTPDate.parse($0, now: now) }), let lastModified {
            return lastModified <= since ? .notModified : .proceed
        }
        return .proceed
    }
}
