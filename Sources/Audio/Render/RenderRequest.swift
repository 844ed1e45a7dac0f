public import Core

/// An edit to be written to a file.
public struct RenderRequest: Codable, Sendable, Hashable {
    /// The largest file that can be asked for: a day of stereo at 192 kHz in 32 bits.
    public static let sizeLimit: Int64 = 1 << 37

    public var list: EditList
    public var format: RenderFormat
    public var metadata: RenderMetadata
    /// The loudness of the source from its report, where the edit is the whole of one source. With it, such an edit is
    /// normalised without a pass for measuring. It is left out of account where the edit changes more than the gain.
    public var sourceLoudness: Loudness?
    /// The largest file that may become of it, in bytes.
    public var maximumBytes: Int64

    /// - Parameter maximumBytes: at most ``sizeLimit``; a higher limit has no effect.
    public init(
        list: EditList, format: RenderFormat, metadata: RenderMetadata = RenderMetadata(),
        sourceLoudness: Loudness? = nil, maximumBytes: Int64 = Self.sizeLimit
    ) {
        self.list = list
        self.format = format
        self.metadata = metadata
        self.sourceLoudness = sourceLoudness
        self.maximumBytes = maximumBytes
    }

    /// The recordings that are heard, each once, in the order in which they first are.
    public var usedSources: [Recording.ID] { list.usedSources }
}

extension EditList {
    /// The recordings that are heard, each once, in the order in which they first are.
    var usedSources: [Recording.ID] {
        var seen: Set<Recording.ID> = []
        return segments.compactMap(\.source).filter { seen.insert($0).inserted }
    }
}

/// A part of an edit to be heard before it is exported: bytes of its ``WAVStream``.
public struct PreviewRequest: Codable, Sendable, Hashable {
    /// The most bytes of one request.
    public static let maximumBytes: Int64 = 4 << 20

    public var list: EditList
    /// Which bytes of the stream.
    public var bytes: Range<Int64>
    /// What ``WAVStream`` is told, in dB.
    public var decibels: Double
    /// Places in recordings near what is needed, in order.
    var points: [Recording.ID: [SeekIndex.Point]] = [:]

    public init(list: EditList, bytes: Range<Int64>, decibels: Double = 0) {
        self.list = list
        self.bytes = bytes
        self.decibels = decibels
    }

    /// - Parameters:
    ///   - layout: of the list.
    ///   - indexes: of recordings, as far as there are any: without one, a far place in some containers is counted to.
    public init(
        list: EditList, layout: WAVLayout, bytes: Range<Int64>, decibels: Double = 0,
        indexes: [Recording.ID: SeekIndex]
    ) {
        self.init(list: list, bytes: bytes, decibels: decibels)
        guard !indexes.isEmpty else { return }
        var frames = layout.frames(of: bytes)
        if list.settings.noiseReduction > 0 {
            frames = max(0, frames.lowerBound - WAVStream.longestLead(at: list.sampleRate))..<frames.upperBound
        }
        for piece in EditTimeline(list).pieces(in: frames) {
            guard let source = piece.source, let index = indexes[source] else { continue }
            let seconds = Double(piece.sourceRange.lowerBound) / Double(list.sampleRate)
            guard let point = index.point(atOrBefore: seconds - Self.lead) else { continue }
            points[source, default: []].append(point)
        }
        for source in points.keys { points[source]?.sort { $0.elapsed < $1.elapsed } }
    }

    /// Decoding begins a second before, and a resampler needs some more.
    private static let lead = 2.0
}

/// What became of a ``RenderRequest``.
public struct RenderResult: Codable, Sendable, Hashable {
    /// Samples of one channel, at ``sampleRate``.
    public let samples: Int64
    /// Samples a second of the file.
    public let sampleRate: Int
    /// 1 or 2.
    public let channels: Int
    /// Bytes of the file.
    public let bytes: Int64
    /// How the loudness was changed; nil where the edit asks for none.
    public let normalization: Normalization?

    /// Length in milliseconds, rounded to the nearest.
    public var durationMs: Int64 {
        let rate = Int64(max(1, sampleRate))
        return samples / rate * 1_000 + (samples % rate * 1_000 + rate / 2) / rate
    }
}
