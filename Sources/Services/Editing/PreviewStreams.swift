import Core
import Synchronization

/// Counts the previews that are being heard: each holds some memory for as long as its listener reads.
final class PreviewStreams: Sendable {
    private static let most = 64
    private let count = Mutex(0)

    /// One of them, until it is let go.
    final class Stream: Sendable {
        private let streams: PreviewStreams

        fileprivate init(_ streams: PreviewStreams) {
            self.streams = streams
        }

        deinit {
            streams.count.withLock { $0 -= 1 }
        }
    }

    func open() throws -> Stream {
        try count.withLock { count in
            guard count < Self.most else {
                throw VoiceNoteError(
                    .unavailable, "Too many people listen to edits just now; try again in a moment.",
                    retryAfter: .seconds(5))
            }
            count += 1
        }
        return Stream(self)
    }
}
