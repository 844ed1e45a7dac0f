import Audio
import Core
import Foundation
import NIOCore

/// The WAV file of an edit, rendered while it is read. For one reader, who mostly goes on where the last read ended.
///
/// The first part is small, so that it comes soon; each that follows is twice as large, up to 512 KiB, because to begin at a
/// place costs time.
public actor EditPreview {
    private static let firstPart: Int64 = 96 << 10
    private static let largestPart: Int64 = 512 << 10

    private let list: EditList
    private let decibels: Double
    private let layout: WAVLayout
    private let paths: [Recording.ID: String]
    private let indexes: [Recording.ID: SeekIndex]
    private let stream: PreviewStreams.Stream
    private let workers: MediaWorkerPool
    private var part = ByteBuffer()
    /// Where the part begins.
    private var start: Int64 = 0
    private var nextLength = EditPreview.firstPart

    init(
        _ list: EditList, _ layout: WAVLayout, decibels: Double, sources: EditSources.Found, workers: MediaWorkerPool,
        stream: PreviewStreams.Stream
    ) {
        self.list = list
        self.layout = layout
        self.decibels = decibels
        paths = sources.paths
        indexes = sources.indexes
        self.stream = stream
        self.workers = workers
    }

    /// Up to `count` bytes from the offset on; fewer only at the end of a part and of the file.
    func read(at offset: Int64, count: Int) async throws -> ByteBuffer {
        let end = start + Int64(part.readableBytes)
        if !(start..<end).contains(offset) {
            if offset != end { nextLength = Self.firstPart }
            part = try await render(offset..<min(layout.length, offset + max(nextLength, Int64(count))))
            start = offset
            nextLength = min(Self.largestPart, nextLength * 2)
        }
        let index = part.readerIndex + Int(offset - start)
        let available = part.writerIndex - index
        return part.getSlice(at: index, length: min(count, available)) ?? ByteBuffer()
    }

    private func render(_ bytes: Range<Int64>) async throws -> ByteBuffer {
        do {
            return ByteBuffer(
                bytes: try await workers.preview(
                    PreviewRequest(
                        list: list, layout: layout, bytes: bytes, decibels: decibels, indexes: indexes),
                    sources: paths))
        } catch let error as MediaError {
            throw VoiceNoteError(error)
        }
    }
}

extension VoiceNoteError {
    /// Why an edit could not be rendered.
    init(_ error: MediaError) {
        switch error {
        case .workerUnavailable, .workerCrashed, .outputFailed, .internalFailure:
            // What is wrong is for the server's owner.
            self.init(.unavailable, "The edit cannot be rendered just now; try again in a moment.")
        default: self.init(error.isTransient ? .unavailable : .conflict, error.description)
        }
    }
}
