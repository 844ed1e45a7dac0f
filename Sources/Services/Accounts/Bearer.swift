import Core

/// Who holds a token, and until when it is good.
struct Bearer: Sendable {
    let principal: Principal
    /// Nil for an API token without an end.
    let expiresAt: Timestamp?
}
