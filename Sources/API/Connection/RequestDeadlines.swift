/// How long a client may keep a connection waiting.
public struct RequestDeadlines: Sendable, Hashable {
    /// From the opening of a connection, or from the first byte of a later request, to the end of the request's head.
    public var header = Duration.seconds(15)
    /// From the end of a response to the first byte of the next request; and without a byte in either direction while a
    /// response has begun and its request's body has not ended.
    public var idle = Duration.seconds(60)
    /// What a body must bring on average while the server reads, in bytes a second; at least 1.
    public var minimumBodyBytesPerSecond = 1024
    /// How long a body may bring nothing at its beginning.
    public var bodyGrace = Duration.seconds(10)
    /// How much time a fast client can save up for a pause in the middle of a body.
    public var bodyCredit = Duration.seconds(30)
    /// Without any byte taken by the client while something is there to be sent.
    public var write = Duration.seconds(30)
    /// How often the clocks are looked at: the precision of all of the above.
    public var tick = Duration.seconds(1)

    public init() {}
}
