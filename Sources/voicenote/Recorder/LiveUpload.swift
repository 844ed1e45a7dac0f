import AsyncHTTPClient
import Core
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Brings a recording to a server while it is being made: what is on disk here is on disk there about a second later.
///
/// When the server, or the way to it, is away, the recording goes on without it; afterwards this goes on from the
/// offset that the server names. Where the upload is stands in the recording's record, so that another process can go
/// on.
final class LiveUpload: Sendable {
    /// What there is to send.
    struct Amount: Sendable {
        /// Bytes that are on disk, and will not change.
        var durable: Int64
        /// Whether no more will come.
        var isFinal: Bool
    }

    /// How it ended.
    enum Outcome: Sendable {
        case complete(RecordingSender.Created)
        /// The server does not have all of it, for this reason.
        case kept(String)
    }

    /// What a person sees of it.
    enum State: Sendable, Hashable {
        case connecting
        case upToDate
        /// Bytes that are not sent yet.
        case behind(Int64)
        case away
        case refused
    }

    /// What came of one exchange with the server.
    private enum Step {
        /// The server has so many bytes; nil to ask it again.
        case moved(to: Int64?)
        /// There is nothing to send just now.
        case idle
        case complete(RecordingSender.Created)
    }

    /// The server will not take the recording, however often it is tried.
    private struct Refusal: Error {
        let reason: String
    }

    /// How long it is tried to bring the rest, once the recording has ended, without anything arriving.
    private static let patience = Duration.seconds(30)
    /// Small enough to arrive in time over a slow line.
    private static let pieceBytes: Int64 = 512 << 10
    private static let rhythm = Duration.milliseconds(500)
    /// A server completes a live upload that nobody touches for some minutes, such as one that is paused.
    private static let touchEvery = Duration.seconds(5)

    let client: APIClient
    let recording: RecordingOnDisk
    private let shown = Mutex(State.connecting)
    private let isGivenUp = Mutex(false)
    private let isOver = Mutex(false)
    private let touchedAt = Mutex(ContinuousClock.now)

    init(_ client: APIClient, _ recording: RecordingOnDisk) {
        self.client = client
        self.recording = recording
    }

    var state: State { shown.withLock { $0 } }

    /// Whether ``follow(_:)`` came to its end.
    var hasEnded: Bool { isOver.withLock { $0 } }

    /// Ends the attempts; what the server has stays there.
    func giveUp() { isGivenUp.withLock { $0 = true } }

    /// Makes the upload, if the server answers. What it refuses now, such as a title, it would refuse at the end.
    /// - Throws: ``CommandFailure`` with the server's own sentence.
    func begin() async throws {
        do {
            _ = try await create()
            shown.withLock { $0 = .upToDate }
        } catch let refusal as Refusal {
            throw CommandFailure(refusal.reason)
        } catch is APIClient.Unreachable {
            shown.withLock { $0 = .away }
        }
    }

    /// Sends what gets durable, until the recording has ended and the server has all of it, or until it is clear that
    /// it will not.
    func follow(_ amount: @Sendable () -> Amount) async -> Outcome {
        defer { isOver.withLock { $0 = true } }
        var offset: Int64?
        var backoff = Backoff()
        var end: ContinuousClock.Instant?
        var furthest: Int64 = -1
        while !isGivenUp.withLock({ $0 }) {
            let now = amount()
            if now.isFinal, end == nil { end = .now + Self.patience }
            do {
                switch try await step(from: offset, now) {
                case .complete(let created): return .complete(created)
                case .idle: await nap(Self.rhythm, unless: { amount().isFinal })
                case .moved(let reached):
                    if let reached, reached > furthest {
                        furthest = reached
                        backoff.reset()
                        if end != nil { end = .now + Self.patience }
                    }
                    offset = reached
                    show(now, reached)
                }
            } catch let refusal as Refusal {
                shown.withLock { $0 = .refused }
                return .kept(refusal.reason)
            } catch {
                offset = nil
                shown.withLock { $0 = .away }
                if let end, ContinuousClock.now >= end { return .kept("\(error)") }
                await nap(backoff.next(), unless: { amount().isFinal && !now.isFinal })
            }
        }
        return .kept("It was not sent to its end.")
    }

    /// Takes the upload back: nothing was recorded.
    func abandon() async {
        guard let path = place else { return }
        _ = try? await client.exchange(.DELETE, path, timeout: .seconds(5))
    }

    /// The upload's path on this server; nil without one.
    private var place: String? {
        recording.record.upload.flatMap { $0.server == client.base.absoluteString ? $0.path : nil }
    }

    private func step(from offset: Int64?, _ amount: Amount) async throws -> Step {
        guard let path = place else { return .moved(to: try await create()) }
        guard let offset else { return try await ask(path, amount) }
        guard offset <= amount.durable else {
            throw Refusal(reason: "The server has more of the recording than there is here.")
        }
        guard offset < amount.durable || amount.isFinal else { return try await rest(path) }
        let end = min(amount.durable, offset + Self.pieceBytes)
        return try await append(path, offset..<end, isLast: amount.isFinal && end == amount.durable)
    }

    private func create() async throws -> Int64 {
        let draft = recording.record.draft
        var query = [("live", "1"), ("title", draft.title), ("tags", draft.tags.joined(separator: ","))]
        query.append(("fileName", draft.fileName ?? ""))
        if let folder = draft.folder { query.append(("folder", folder)) }
        let answer = try await client.exchange(
            .POST, "/api/v1/uploads", query: query,
            headers: [("Content-Type", draft.mimeType), ("Upload-Complete", "?0")], body: .bytes(ByteBuffer()),
            timeout: .seconds(10))
        try check(answer)
        guard let path = answer.headers.first(name: "Location") else {
            throw Refusal(reason: "The server does not say where the upload is.")
        }
        try await note(RecordingInProgress.Upload(server: client.base.absoluteString, path: path))
        touch()
        return 0
    }

    /// Asks where to go on.
    private func ask(_ path: String, _ amount: Amount) async throws -> Step {
        let answer = try await client.exchange(.HEAD, path, timeout: .seconds(10))
        if answer.isGone { return try await forget(path) }
        try check(answer)
        guard let offset = answer.headers.first(name: "Upload-Offset").flatMap({ Int64($0) }) else {
            throw Refusal(reason: "The server does not say how much it has.")
        }
        touch()
        guard answer.headers.first(name: "Upload-Complete") == "?1" else { return .moved(to: offset) }
        // Its answer was lost on the way: an empty last piece brings it again.
        if amount.isFinal, offset == amount.durable { return try await append(path, offset..<offset, isLast: true) }
        // We were silent for so long that the server made a note of the beginning; all of it becomes another one.
        return try await forget(path)
    }

    /// Begins anew with the next step.
    private func forget(_ path: String) async throws -> Step {
        try await note(nil)
        throw APIClient.Unreachable(description: "The server ended the upload \(path).")
    }

    private func append(_ path: String, _ range: Range<Int64>, isLast: Bool) async throws -> Step {
        var body = HTTPClientRequest.Body.bytes(ByteBuffer())
        if !range.isEmpty {
            let file = try await FileBody(recording.soundPath)
            body = .stream(file.reading(range), length: .known(Int64(range.count)))
        }
        let answer = try await client.exchange(
            .PATCH, path,
            headers: [
                ("Content-Type", "application/partial-upload"), ("Upload-Offset", String(range.lowerBound)),
                ("Upload-Complete", isLast ? "?1" : "?0"),
            ], body: body, timeout: .seconds(120))
        if answer.isGone { return try await forget(path) }
        // Somebody else was at it, or the server is elsewhere than we think: ask it.
        if answer.status == 409 { throw APIClient.Unreachable(description: answer.problem ?? "") }
        try check(answer)
        touch()
        guard isLast else { return .moved(to: range.upperBound) }
        return .complete(try JSONDecoder().decode(RecordingSender.Created.self, from: answer.data))
    }

    /// Nothing to send: now and then the server has to hear of us.
    private func rest(_ path: String) async throws -> Step {
        guard ContinuousClock.now - touchedAt.withLock({ $0 }) > Self.touchEvery else { return .idle }
        return .moved(to: nil)
    }

    private func touch() { touchedAt.withLock { $0 = .now } }

    /// - Throws: ``Refusal`` for what stays so, ``APIClient/Unreachable`` for what may be other in a moment.
    private func check(_ answer: APIClient.Answer) throws {
        guard let problem = answer.problem else { return }
        if [408, 409, 429, 500, 502, 503, 504, 507].contains(answer.status) {
            throw APIClient.Unreachable(description: problem)
        }
        throw Refusal(reason: problem)
    }

    private func note(_ upload: RecordingInProgress.Upload?) async throws {
        try await NIOThreadPool.singleton.runIfActive { [recording] in
            try recording.update { $0.upload = upload }
        }
    }

    private func show(_ amount: Amount, _ offset: Int64?) {
        guard let offset else { return }
        let missing = amount.durable - offset
        shown.withLock { $0 = missing > 0 ? .behind(missing) : .upToDate }
    }

    /// Waits, but not when there is a reason to go on.
    private func nap(_ duration: Duration, unless isAwake: () -> Bool) async {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end, !isAwake(), !isGivenUp.withLock({ $0 }) {
            try? await Task.sleep(for: min(.milliseconds(100), end - .now))
        }
    }
}

extension LiveUpload.State: CustomStringConvertible {
    var description: String {
        switch self {
        case .connecting: "server: connecting"
        case .upToDate: "server: up to date"
        case .behind(let bytes): "server: \(StorageWork.bytes(bytes)) behind"
        case .away: "server: away, kept here meanwhile"
        case .refused: "server: refuses it, kept here"
        }
    }
}

extension APIClient.Answer {
    /// Whether there is no such upload any more.
    fileprivate var isGone: Bool { status == 404 || status == 410 }
}
