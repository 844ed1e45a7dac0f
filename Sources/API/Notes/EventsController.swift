import Core
import Foundation
import Hummingbird
import NIOCore
import Services

/// `/events`: what happens to the account's notes, as server-sent events (WHATWG HTML, section 9.2).
struct EventsController: Sendable {
    let events: EventHub

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.get, "/api/v1/events", .read, stream)
    }

    private enum Line: Sendable {
        case event(NoteEvent)
        case comment
    }

    @Sendable private func stream(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let stream = events.events(for: principal.account)
        let headers: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no",
        ]
        let body = ResponseBody { writer in
            // The first line tells the page that the stream stands, and how soon to come back after a break.
            try await writer.write(ByteBuffer(string: "retry: 2000\n: connected\n\n"))
            let (lines, continuation) = AsyncStream.makeStream(of: Line.self, bufferingPolicy: .bufferingNewest(512))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await event in stream { continuation.yield(.event(event)) }
                    continuation.finish()
                }
                group.addTask {
                    while !Task.isCancelled {
                        try await Task.sleep(for: .seconds(15))
                        continuation.yield(.comment)
                    }
                }
                defer { group.cancelAll() }
                for await line in lines { try await writer.write(try Self.text(line)) }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    private struct ChangedBody: Encodable {
        let note: NoteBody
    }

    private struct ProgressBody: Encodable {
        let noteId: Note.ID
        let stage: String
        let store: String?
        let progress: Double
    }

    private struct RemovedBody: Encodable {
        let noteId: Note.ID
    }

    private static func text(_ line: Line) throws -> ByteBuffer {
        switch line {
        case .comment: ByteBuffer(string: ": still here\n\n")
        case .event(.changed(let note)): try event("note", ChangedBody(note: NoteBody(note)))
        case .event(.progress(let id, let stage, let store, let progress)):
            try event("progress", ProgressBody(noteId: id, stage: stage.rawValue, store: store, progress: progress))
        case .event(.removed(let id)): try event("removed", RemovedBody(noteId: id))
        }
    }

    private static func event(_ name: String, _ body: some Encodable) throws -> ByteBuffer {
        ByteBuffer(
            string: "event: \(name)\ndata: \(String(decoding: try JSON.encoder.encode(body), as: UTF8.self))\n\n")
    }
}
