/// One captured audio: its source blob, immutable, and what analysis found out about it.
public struct Recording: Sendable, Equatable {
    public typealias ID = Identifier<Recording>

    public let id: ID
    /// The source: every byte as it was acknowledged.
    public let blob: Blob
    /// The name that the client gave the file, cleaned; nil when it gave none.
    public let fileName: String?
    /// What analysis found; nil until it is through, and for what cannot be read.
    public var report: AudioReport?
    /// Whether the client fell silent in the middle and the server completed it with what had come.
    public let isRecovered: Bool
    /// How far processing is, 0 to 1.
    public var progress: Double
    /// How far the copies of the source in other stores are.
    public var sync: SyncState
    /// When the source was last found to match its digest.
    public var verifiedAt: Timestamp?
    /// What was derived from the source.
    public var renditions: [Rendition]

    public init(
        id: ID, blob: Blob, fileName: String?, isRecovered: Bool = false, report: AudioReport?, progress: Double,
        sync: SyncState = .none, verifiedAt: Timestamp?, renditions: [Rendition]
    ) {
        self.id = id
        self.blob = blob
        self.fileName = fileName
        self.isRecovered = isRecovered
        self.report = report
        self.progress = progress
        self.sync = sync
        self.verifiedAt = verifiedAt
        self.renditions = renditions
    }

    /// The rendition of the kind, if there is one.
    public func rendition(_ kind: Rendition.Kind) -> Rendition? {
        renditions.first { $0.kind == kind }
    }
}

/// An immutable file named by its SHA-256.
public struct Blob: Sendable, Hashable {
    public let sha256: SHA256Hash
    /// Bytes.
    public let size: Int64
    /// The media type, as it was declared or, better, as analysis found it.
    public let mimeType: String

    public init(sha256: SHA256Hash, size: Int64, mimeType: String) {
        self.sha256 = sha256
        self.size = size
        self.mimeType = mimeType
    }
}

/// A blob derived from a recording.
public struct Rendition: Sendable, Hashable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// The compressed copy for listening: Opus in Ogg.
        case listen
        /// Peaks in BBC audiowaveform version 2 format, 256 samples a pixel.
        case waveform
        /// The source's packets in a container that is finished: for a source that cannot be sought in.
        case repaired
    }

    public let kind: Kind
    public let blob: Blob
    /// The audio codec, nil for what is not audio.
    public let codec: String?

    public init(kind: Kind, blob: Blob, codec: String?) {
        self.kind = kind
        self.blob = blob
        self.codec = codec
    }
}
