public import Audio
public import Blobs
public import Core
public import Jobs
public import Logging
public import Persistence

/// The job after every upload: one decode pass in the media worker for metadata, loudness, waveform, silence and the
/// listen copy. Whatever happens here, the source stays.
public final class Processing: JobHandler {
    public static let jobKind = "process"
    public static let retryPolicy = RetryPolicy(mostAttempts: 3, base: .seconds(2), cap: .seconds(60))

    private let database: any SQLDatabase
    private let store: LocalStore
    private let workers: MediaWorkerPool
    private let settings: Settings.Audio
    private let events: EventHub
    private let logger: Logger
    private let unreferenced: UnreferencedBlobs
    private let plan: ReplicationPlan
    /// Brings back a source that is only elsewhere.
    private let local: LocalCopies?

    public init(
        database: any SQLDatabase, store: LocalStore, workers: MediaWorkerPool, settings: Settings.Audio,
        events: EventHub, plan: ReplicationPlan = ReplicationPlan(), local: LocalCopies? = nil, logger: Logger
    ) {
        self.database = database
        self.store = store
        self.workers = workers
        self.settings = settings
        self.events = events
        self.logger = logger
        self.plan = plan
        self.local = local
        unreferenced = UnreferencedBlobs(database: database, store: store, logger: logger)
    }

    public var kind: String { Self.jobKind }
    public var retry: RetryPolicy { Self.retryPolicy }

    public func run(_ job: Job) async throws -> JobEffect {
        guard let note = try await note(of: job) else { return JobEffect() }
        let name = "\(store.folder.path(.temp))/\(Identifier<Rendition>())"
        let listenPath = settings.listenCopy ? name + ".ogg" : nil
        let waveformPath = name + ".dat"
        let repairedPath = name + ".repaired"
        let temporary = [listenPath, waveformPath, repairedPath].compactMap { $0 }
        do {
            try await requireSource(note)
            let report = try await analyse(note, listenPath, waveformPath, repairedPath)
            let waveform = try await store.adopt(waveformPath)
            var renditions = [
                (
                    Rendition(
                        kind: .waveform,
                        blob: Blob(
                            sha256: waveform.sha256, size: waveform.size, mimeType: "application/octet-stream"),
                        codec: nil), waveform
                )
            ]
            if let listenPath {
                let listen = try await store.adopt(listenPath)
                let blob = Blob(sha256: listen.sha256, size: listen.size, mimeType: "audio/ogg")
                renditions.append((Rendition(kind: .listen, blob: blob, codec: "opus"), listen))
            }
            if report.repairedBytes != nil {
                let repaired = try await store.adopt(repairedPath)
                let blob = Blob(sha256: repaired.sha256, size: repaired.size, mimeType: report.mimeType)
                renditions.append((Rendition(kind: .repaired, blob: blob, codec: report.codec), repaired))
            }
            return success(note, report, renditions, temporary: temporary)
        } catch {
            for path in temporary { store.discard(path) }
            throw error
        }
    }

    public func giveUp(_ job: Job, reason: String) -> JobEffect {
        guard let id = Recording.ID(job.subject) else { return JobEffect() }
        return JobEffect(
            apply: { connection in
                _ = try connection.notes.setState(.failed, reason: reason, ofRecording: id, at: .now())
            },
            afterCommit: { await self.publish(recording: id) })
    }

    private func requireSource(_ note: Note) async throws {
        guard let local, !store.isPresent(note.recording.blob.sha256) else { return }
        do {
            _ = try await local.source(note.recording.blob)
        } catch let error as LocalCopies.Unavailable {
            throw JobFailure(error.reason, isTransient: true, wait: .seconds(30))
        }
    }

    private func note(of job: Job) async throws -> Note? {
        guard let id = Recording.ID(job.subject) else { return nil }
        return try await database.read { try $0.notes.find(recording: id) }
    }

    private func analyse(
        _ note: Note, _ listen: String?, _ waveform: String, _ repaired: String
    ) async throws -> AudioReport {
        var options = MediaOptions()
        options.opusComplexity = settings.opusComplexity
        let progress = ProgressRecorder(note: note, database: database, events: events)
        do {
            return try await workers.process(
                input: store.folder.blob(note.recording.blob.sha256), listenOutput: listen, waveformOutput: waveform,
                repairedOutput: repaired, options: options, progress: { progress.report($0) })
        } catch let error as MediaError {
            throw JobFailure(error.description, isTransient: error.isTransient)
        }
    }

    /// Everything that analysis found, in the transaction that ends the job.
    private func success(
        _ note: Note, _ report: AudioReport, _ renditions: [(Rendition, StoredBlob)], temporary: [String]
    ) -> JobEffect {
        let recording = note.recording.id
        let cleanUp: @Sendable () async -> Void = { [unreferenced, store] in
            for path in temporary { store.discard(path) }
            await unreferenced.removeFiles(Set(renditions.map(\.1.sha256)))
        }
        return JobEffect(
            apply: { [store, plan] connection in
                let now = Timestamp.now()
                // Deleted for good in the meantime: there is nothing to record.
                guard try connection.notes.setState(.ready, reason: nil, ofRecording: recording, at: now) else {
                    return
                }
                for (rendition, stored) in renditions {
                    guard store.isPresent(stored.sha256) else {
                        throw JobFailure("A rendition was removed while it was recorded.", isTransient: true)
                    }
                    try connection.blobs.recordVerified(
                        stored.sha256, size: stored.size, store: LocalStore.name, at: now)
                    try connection.recordings.setRendition(rendition, of: recording)
                    switch rendition.kind {
                    case .listen: try plan.want(stored.sha256, as: .listen, in: connection)
                    case .repaired: try plan.want(stored.sha256, as: .repaired, in: connection)
                    // It is made again from the source.
                    case .waveform: break
                    }
                }
                try connection.recordings.setReport(report, of: recording)
            },
            afterCommit: { [store] in
                for path in temporary { store.discard(path) }
                if await !self.publish(recording: recording) { await cleanUp() }
            }, ifNotOurs: cleanUp)
    }

    /// Tells who listens what the note looks like now; false when there is no such note any more.
    @discardableResult
    private func publish(recording: Recording.ID) async -> Bool {
        await events.publishChange(in: database, logger) { try $0.notes.find(recording: recording) }
    }
}
