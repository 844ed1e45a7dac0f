import Blobs
import Core
import Foundation
import Jobs
import NIOCore
import NIOPosix
import Persistence
import Synchronization
import Testing

@testable import Services

/// A body that brings bytes, and does things between them.
struct Script: AsyncSequence, Sendable {
    enum Step: Sendable {
        case bytes([UInt8])
        case run(@Sendable () async throws -> Void)
        /// The connection breaks.
        case fail
    }

    struct Broken: Error {}

    struct AsyncIterator: AsyncIteratorProtocol {
        var steps: ArraySlice<Step>

        mutating func next() async throws -> ByteBuffer? {
            while let step = steps.popFirst() {
                switch step {
                case .bytes(let bytes): return ByteBuffer(bytes: bytes)
                case .run(let body): try await body()
                case .fail: throw Broken()
                }
            }
            return nil
        }
    }

    let steps: [Step]

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(steps: steps[...]) }
}

/// A body that brings some bytes and then nothing, until it is stopped.
final class HeldBody: Sendable {
    private struct State {
        var isTaken = false
        var stops = 0
    }

    private let stream: AsyncStream<ByteBuffer>
    private let continuation: AsyncStream<ByteBuffer>.Continuation
    private let state = Mutex(State())

    init(_ bytes: [UInt8]) {
        (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        continuation.yield(ByteBuffer(bytes: bytes))
    }

    /// Whether somebody has begun to read it.
    var isTaken: Bool { state.withLock { $0.isTaken } }
    /// How often it was to end.
    var stops: Int { state.withLock { $0.stops } }

    func take() -> AsyncStream<ByteBuffer> {
        state.withLock { $0.isTaken = true }
        return stream
    }

    @Sendable func stop() {
        state.withLock { $0.stops += 1 }
        continuation.finish()
    }
}

extension Fixture {
    /// The uploads of a process that comes after this one's.
    func restarted() -> Uploads {
        let store = LocalStore(folder: folder, threads: .singleton)
        let space = FreeSpace(folder: folder, limits: settings.limits)
        let ingest = Ingest(
            database: database, store: store, limits: settings.limits, space: space, events: events, runner: runner,
            foreground: ForegroundActivity(), logger: logger)
        return Uploads(
            database: database, store: store, ingest: ingest, limits: settings.limits, settings: settings.uploads,
            space: space, mostOpenFiles: 4, logger: logger)
    }

    func create(
        of account: Account.ID, kind: Upload.Kind = .whole, isLive: Bool = false, endsByLength: Bool = false,
        length: Int64? = nil, announced: SHA256Hash? = nil
    ) async throws -> Upload {
        var new = Uploads.NewUpload(draft: NoteDraft(title: "Talk", mimeType: "audio/webm", announced: announced))
        new.kind = kind
        new.isLive = isLive
        new.endsByLength = endsByLength
        new.length = length
        return try await uploads.create(new, of: account)
    }

    /// Sends the bytes in one request that says how many they are.
    @discardableResult
    func send(
        _ bytes: [UInt8], at offset: Int64, to upload: Upload, isLast: Bool? = false, by uploads: Uploads? = nil
    ) async throws -> Upload {
        var piece = Uploads.Piece(offset: offset)
        piece.isLast = isLast
        piece.contentLength = Int64(bytes.count)
        return try await send(piece, [.bytes(bytes)], to: upload, by: uploads)
    }

    @discardableResult
    func send(
        _ piece: Uploads.Piece, _ steps: [Script.Step], to upload: Upload, by uploads: Uploads? = nil
    ) async throws -> Upload {
        try await (uploads ?? self.uploads).append(
            piece, to: upload.id, of: upload.account, body: { Script(steps: steps) }, stop: {})
    }

    func resume(_ upload: Upload, by uploads: Uploads? = nil) async throws -> Upload {
        try await (uploads ?? self.uploads).resume(upload.id, of: upload.account, stop: {})
    }

    /// The upload's row.
    func row(_ upload: Upload) async throws -> Upload? {
        try await database.read { try $0.uploads.find(upload.id) }
    }

    /// What the file of an upload holds.
    func bytes(of upload: Upload) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.incoming(upload.id))))
    }

    func hasFile(_ upload: Upload) throws -> Bool { try names(.incoming).contains(upload.id.description) }

    func noteCount(of account: Account.ID) async throws -> Int {
        try await notes.list(NoteQuery(), of: account).items.count
    }

    /// Lets the database refuse every note while the body runs.
    func refusingNotes(_ body: () async throws -> Void) async throws {
        try await database.write { connection in
            _ = try connection.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON notes BEGIN SELECT RAISE(ABORT, 'refused'); END", [])
        }
        try await body()
        try await database.write { _ = try $0.execute("DROP TRIGGER refuse", []) }
    }

    /// What a process leaves that dies between the name of the blob and its row: an upload of which only the first bytes
    /// are acknowledged.
    func linkedUpload(
        _ bytes: [UInt8], acknowledged: Int, of account: Account.ID, isLive: Bool = false
    ) async throws -> (upload: Upload, blob: SHA256Hash) {
        let upload = try await create(of: account, isLive: isLive)
        if acknowledged > 0 { try await send(Array(bytes[..<acknowledged]), at: 0, to: upload) }
        let earlier = LocalStore(folder: folder, threads: .singleton)
        guard case .point(let point) = try await earlier.recover(upload.id, acknowledged: Int64(acknowledged)) else {
            throw Recordings.Missing(description: "no point at \(acknowledged)")
        }
        var incoming = earlier.receive(upload.id, from: point)
        try await incoming.append(ByteBuffer(bytes: bytes[acknowledged...]))
        let blob = try await earlier.commit(&incoming, expecting: nil, for: .upload) { blob, _, done in
            done(.success(blob))
        }
        return (upload, blob.sha256)
    }

    /// The descriptors of this process that are open on the upload's file, deleted or not.
    func descriptors(of upload: Upload) -> Int {
        let folder = "/proc/self/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))?
                .contains(upload.id.description) == true
        }.count
    }
}

/// A refusal without what it carries, to be compared.
enum Refused: Sendable, Hashable {
    case offset(Int64, provided: Int64)
    case complete, isFinal, inconsistentLength, digest, gone, tooLarge

    init(_ refusal: UploadRefusal) {
        self =
            switch refusal {
            case .offset(let upload, let provided): .offset(upload.offset, provided: provided)
            case .complete: .complete
            case .isFinal: .isFinal
            case .inconsistentLength: .inconsistentLength
            case .digest: .digest
            case .gone: .gone
            case .tooLarge: .tooLarge
            }
    }
}

/// Expects the refusal.
func expectRefusal(
    _ refused: Refused, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("no error, expected \(refused)", sourceLocation: sourceLocation)
    } catch let error as UploadRefusal {
        #expect(Refused(error) == refused, sourceLocation: sourceLocation)
    } catch {
        Issue.record("\(error), expected \(refused)", sourceLocation: sourceLocation)
    }
}
