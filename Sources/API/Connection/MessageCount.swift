import HTTPTypes
import NIOHTTPTypes

/// How far a connection is with its requests and responses, which answer each other in order (RFC 9112, section 9.3.2).
struct MessageCount: Equatable {
    /// Requests whose head came, and requests that came whole.
    private(set) var begun = 0
    private(set) var received = 0
    /// Responses written whole.
    private(set) var answered = 0
    /// Whether the final head of the next response is written.
    private(set) var isAnswering = false

    /// A request's body is on its way.
    var isReceiving: Bool { begun > received }
    /// Nothing is on its way in either direction.
    var isIdle: Bool { answered == begun && !isAnswering }
    /// The request that is being answered, or is answered next, came whole.
    var answersWholeRequest: Bool { received > answered }
    /// The request whose body is on its way is the one that is answered next.
    var answersReceiving: Bool { answered + 1 == begun }

    mutating func read(_ part: HTTPRequestPart) {
        switch part {
        case .head: begun += 1
        case .body: break
        case .end: received += 1
        }
    }

    mutating func write(_ part: HTTPResponsePart) {
        switch part {
        case .head(let response): isAnswering = isAnswering || !response.isInformational
        case .body: break
        case .end:
            answered += 1
            isAnswering = false
        }
    }
}
