public import Audio
public import Blobs
public import Core
public import Persistence

/// What an edit sounds and looks like, before it is a file.
public final class EditHearing: Sendable {
    /// The most pixels of one waveform.
    public static let mostPixels = 4096

    let edits: Edits
    private let database: any SQLDatabase
    let playback: Playback
    let sources: EditSources
    let workers: MediaWorkerPool
    let peaks = PeaksCache()
    private let streams = PreviewStreams()

    /// - Parameter workers: for nothing else, so that nobody who listens waits behind other work.
    public init(
        edits: Edits, database: any SQLDatabase, store: LocalStore, copies: LocalCopies, playback: Playback,
        workers: MediaWorkerPool
    ) {
        self.edits = edits
        self.database = database
        self.playback = playback
        self.workers = workers
        sources = EditSources(database: database, store: store, copies: copies)
    }

    /// Says that somebody is about to edit, so that what they will hear comes at once.
    public func prepare() {
        workers.prepare(2)
    }

    /// The edit as a WAV file of 16 bits, rendered while it is read.
    ///
    /// A loudness target is reached with a gain that is estimated from the loudness of the recordings.
    public func audio(
        _ choice: Edits.Choice, of note: Note.ID, account: Account.ID
    ) async throws -> Playback.Audio {
        let hearing = try await edits.hearing(choice, of: note, account: account)
        let (note, list) = (hearing.note, hearing.list)
        let found = try await find(list)
        let layout = WAVLayout(list, channels: found.channels(of: list))
        var decibels = 0.0
        if let target = list.settings.normalize, let loudness = list.estimatedLoudness(found.loudness(of:)) {
            decibels = Normalization(target, measured: loudness).decibels
        }
        let preview = EditPreview(
            list, layout, decibels: decibels, sources: found, workers: workers, stream: try streams.open())
        return Playback.Audio(
            source: .rendered(preview), size: layout.length,
            // The gain is an estimate, which another analysis may change; the revision is that of this program.
            entityTag: (hearing.version.map { "\($0)" } ?? "\(note.recording.blob.sha256)-whole")
                + "-\(WAVStream.revision)-\(decibels.bitPattern)",
            mimeType: "audio/wav", modified: note.createdAt, isGrowing: choice == .head,
            fileName: note.fileName(extension: "wav"))
    }

    /// Where the edit is silent, as far as its recordings are.
    public func silence(
        _ choice: Edits.Choice, of note: Note.ID, account: Account.ID
    ) async throws -> SilenceMap {
        let list = try await edits.hearing(choice, of: note, account: account).list
        let maps = try await database.read { connection in
            var maps: [Recording.ID: SilenceMap] = [:]
            for source in Set(list.segments.compactMap(\.source)) {
                maps[source] = try connection.recordings.silence(of: source)
            }
            return maps
        }
        var ranges: [Recording.ID: [Range<Int64>]] = [:]
        for source in list.sources {
            ranges[source.recording] = maps[source.recording]?.ranges(at: list.sampleRate, length: source.length)
        }
        var result = SilenceMap()
        if let map = maps.values.first { (result.thresholdDBFS, result.minimumMs) = (map.thresholdDBFS, map.minimumMs) }
        result.setItems(EditTimeline(list).mapSilences(ranges), at: list.sampleRate)
        result.complete = maps.values.allSatisfy(\.complete) && result.items.count < SilenceMap.maximumItems
        return result
    }

    func find(_ list: EditList) async throws -> EditSources.Found {
        do {
            return try await sources.find(of: list)
        } catch {
            throw Playback.unavailable(error)
        }
    }
}
