import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// The clocks of one connection, without I/O: it is told what happens, and says at a tick whether a deadline has passed.
struct RequestDeadlineClock {
    enum Expiry: Equatable {
        /// Nothing was answered yet: 408, then close.
        case requestTimeout
        case close
    }

    let deadlines: RequestDeadlines
    private(set) var messages = MessageCount()
    /// Since when the next head is awaited; in the middle of a request without meaning.
    private var waitingSince: NIODeadline
    private var sawFirstByte = false
    private var readSince: NIODeadline?
    /// The time that the body may still take without bringing anything.
    private var bodyCredit = Duration.zero
    /// The time read without a byte in either direction while a response has begun.
    private var silence = Duration.zero
    private var bufferedBytes = 0
    private var writtenBytes = 0
    private var writeProgressAt: NIODeadline

    init(deadlines: RequestDeadlines, now: NIODeadline) {
        self.deadlines = deadlines
        waitingSince = now
        writeProgressAt = now
    }

    /// The server asks for input. The client is only measured from here to `readCompleted`.
    mutating func readBegan(now: NIODeadline) {
        if readSince == nil { readSince = now }
    }

    /// - Parameter broughtParts: whether any part came out of the bytes that were read. If none did while a head is
    ///   awaited, the first bytes of one were read.
    mutating func readCompleted(broughtParts: Bool, now: NIODeadline) {
        account(until: now)
        readSince = nil
        guard messages.isIdle, !broughtParts, !sawFirstByte else { return }
        sawFirstByte = true
        if messages.begun > 0 { waitingSince = now }
    }

    mutating func read(_ part: HTTPRequestPart, now: NIODeadline) {
        account(until: now)
        messages.read(part)
        switch part {
        case .head:
            bodyCredit = deadlines.bodyGrace
            silence = .zero
        case .body(let bytes):
            let rate = max(1, deadlines.minimumBodyBytesPerSecond)
            let earned = Duration.seconds(1) * bytes.readableBytes / rate
            bodyCredit = min(bodyCredit + earned, max(deadlines.bodyCredit, deadlines.bodyGrace))
            silence = .zero
        case .end: break
        }
    }

    mutating func write(_ part: HTTPResponsePart, now: NIODeadline) {
        messages.write(part)
        silence = .zero
        if case .body(let bytes) = part { writtenBytes += bytes.readableBytes }
        if case .end = part {
            waitingSince = now
            sawFirstByte = false
        }
    }

    /// - Parameter bufferedBytes: what the channel has been given to send and has not been able to.
    mutating func tick(now: NIODeadline, bufferedBytes: Int) -> Expiry? {
        account(until: now)
        let hasTaken = bufferedBytes < self.bufferedBytes + writtenBytes
        if bufferedBytes == 0 || hasTaken { writeProgressAt = now }
        if hasTaken { silence = .zero }
        self.bufferedBytes = bufferedBytes
        writtenBytes = 0
        if Duration(now - writeProgressAt) >= deadlines.write { return .close }
        if messages.isIdle { return idleExpiry(now: now) }
        guard messages.isReceiving else { return nil }
        if messages.answersReceiving, !messages.isAnswering {
            return bodyCredit < .zero ? .requestTimeout : nil
        }
        return silence >= deadlines.idle ? .close : nil
    }

    private func idleExpiry(now: NIODeadline) -> Expiry? {
        let waited = Duration(now - waitingSince)
        if sawFirstByte { return waited >= deadlines.header ? .requestTimeout : nil }
        // A connection that was opened and never used gets no answer: there is no request that it would belong to.
        return waited >= (messages.begun == 0 ? deadlines.header : deadlines.idle) ? .close : nil
    }

    /// Charges the client for the time since the last call, as far as the server was reading.
    private mutating func account(until now: NIODeadline) {
        guard let since = readSince else { return }
        readSince = now
        guard messages.isReceiving else { return }
        let elapsed = Duration(now - since)
        bodyCredit -= elapsed
        silence += elapsed
    }
}
