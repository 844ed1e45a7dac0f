import Core
import NIOHTTP1

/// What answers of stores have in common.
enum StoreAnswers {
    /// Nobody is left alone for longer on his own word.
    private static let longest = Duration.seconds(3600)

    /// `Retry-After` (RFC 9110, section 10.2.3), as a duration from now.
    static func retryAfter(_ headers: HTTPHeaders, at now: Timestamp = .now()) -> Duration? {
        guard let text = headers.first(name: "retry-after") else { return nil }
        if let seconds = Int64(text), seconds >= 0 { return min(.seconds(seconds), longest) }
        guard let date = HTTPDate.parse(text) else { return nil }
        let milliseconds = date.secondsSinceEpoch * 1000 - now.milliseconds
        return min(max(.milliseconds(milliseconds), .zero), longest)
    }
}
