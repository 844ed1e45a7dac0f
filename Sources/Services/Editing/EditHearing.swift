public import Audio
public import Blobs
public import Core
public import Persistence

/// What an edit sounds and looks like, before it is a file.
public final class EditHearing: Sendable {
    /// The most pixels of one waveform.
    public static let mostPixels = 4096

    private let edits: Edits
    private let database: any SQLDatabase
    private let playback: Playback
    private let sources: EditSources
    private let workers: MediaWorkerPool
    private let peaks = PeaksCache()

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
            list, layout, decibels: decibels, sources: found, workers: workers)
        return Playback.Audio(
            source: .rendered(preview), size: layout.length,
            entityTag: hearing.version.map { "\($0)" } ?? "\(note.recording.blob.sha256)-whole",
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
        let rate = Int64(list.sampleRate)
        let items = EditTimeline(list).mapSilences(ranges).compactMap { range -> SilenceMap.Item? in
            // Rounded inwards: nothing that is heard counts as silent.
            let item = SilenceMap.Item(
                startMs: Self.milliseconds(range.lowerBound, rate, roundedUp: true),
                endMs: Self.milliseconds(range.upperBound, rate, roundedUp: false))
            return item.endMs - item.startMs >= Int64(result.minimumMs) ? item : nil
        }
        result.items = items
        result.complete = maps.values.allSatisfy(\.complete) && items.count < SilenceMap.maximumItems
        return result
    }

    private static func milliseconds(_ samples: Int64, _ rate: Int64, roundedUp: Bool) -> Int64 {
        samples / rate * 1000 + (samples % rate * 1000 + (roundedUp ? rate - 1 : 0)) / rate
    }

    /// The peaks of a stretch of the edit.
    /// - Parameters:
    ///   - start: samples of the edit; nil for its beginning.
    ///   - end: behind the last sample; nil for the end.
    ///   - pixels: at most so many, 1 to ``mostPixels``.
    public func waveform(
        _ choice: Edits.Choice, of note: Note.ID, account: Account.ID, from start: Int64?, to end: Int64?, pixels: Int
    ) async throws -> EditWaveform {
        let hearing = try await edits.hearing(choice, of: note, account: account)
        let list = hearing.list
        let start = start ?? 0
        let end = end ?? list.length
        try Self.check(start, end, pixels, list.length)
        let pixelLength = max(1, Int((end - start + Int64(pixels) - 1) / Int64(pixels)))
        let drawn =
            pixelLength < WaveformZoom.base.samplesPerPixel
            ? try await drawSamples(list, start..<end, pixelLength)
            : try await drawPeaks(list, start..<end, pixelLength, account)
        return EditWaveform(sampleRate: list.sampleRate, samplesPerPixel: pixelLength, peaks: drawn)
    }

    private static func check(_ start: Int64, _ end: Int64, _ pixels: Int, _ length: Int64) throws {
        var validation = Validation()
        if !(0..<length).contains(start) {
            validation.fail("start", "A sample of the edit, from 0 to \(length - 1).")
        }
        if end <= start || end > length { validation.fail("end", "Behind start, and at most \(length).") }
        if !(1...mostPixels).contains(pixels) { validation.fail("pixels", "From 1 to \(mostPixels).") }
        try validation.finish()
    }

    /// From the waveforms of the recordings, at the zoom that comes nearest.
    private func drawPeaks(
        _ list: EditList, _ range: Range<Int64>, _ pixelLength: Int, _ account: Account.ID
    ) async throws -> [WaveformPeak] {
        let timeline = EditTimeline(list)
        let used = Set(timeline.pieces(in: range).compactMap(\.source))
        let notes = try await sources.notes(of: list)
        var peaks: [Recording.ID: WaveformPeaks] = [:]
        for recording in used {
            guard let note = notes[recording] else { continue }
            let rate = note.recording.report?.sampleRate ?? list.sampleRate
            let zoom = PeaksCache.zoom(samplesPerPixel: pixelLength * rate / list.sampleRate)
            let (reading, sha256) = try await playback.waveform(note.id, of: account)
            peaks[recording] = try await self.peaks.value(sha256, zoom) { try await reading.dat(zoom) }
        }
        return try timeline.waveform(pixelLength: pixelLength, range: range) { peaks[$0] }
    }

    /// From the samples themselves: the stored waveforms are not as fine.
    private func drawSamples(
        _ list: EditList, _ range: Range<Int64>, _ pixelLength: Int
    ) async throws -> [WaveformPeak] {
        // As they are: the loudness and the noise reduction do not show at the other zooms either.
        let plain = try EditList(sampleRate: list.sampleRate, sources: list.sources, segments: list.segments)
        let found = try await find(plain)
        let layout = WAVLayout(plain, channels: found.channels(of: plain))
        let head = Int64(layout.header.count)
        let frame = Int64(layout.bytesPerFrame)
        let bytes = (head + range.lowerBound * frame)..<(head + range.upperBound * frame)
        do {
            let samples = try await workers.preview(
                PreviewRequest(list: plain, layout: layout, bytes: bytes, indexes: found.indexes),
                sources: found.paths)
            return EditWaveform.peaks(
                ofPCM16: samples, samplesPerPixel: pixelLength, channels: Int(frame) / 2)
        } catch let error as MediaError {
            throw VoiceNoteError(error)
        }
    }

    private func find(_ list: EditList) async throws -> EditSources.Found {
        do {
            return try await sources.find(of: list)
        } catch {
            throw Playback.unavailable(error)
        }
    }
}
