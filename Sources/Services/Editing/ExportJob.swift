public import Audio
public import Blobs
public import Core
public import Jobs
public import Logging
public import Persistence

/// Writes an edit to a file in the media worker, and makes it a blob of the note's recording. The sources stay as they
/// are.
public final class ExportJob: JobHandler {
    public static let jobKind = "export"
    public static let retryPolicy = RetryPolicy(mostAttempts: 3, base: .seconds(2), cap: .seconds(60))

    private let database: any SQLDatabase
    private let store: LocalStore
    private let workers: MediaWorkerPool
    private let events: EventHub
    private let plan: ReplicationPlan
    private let space: FreeSpace
    private let options: MediaOptions
    private let sources: EditSources
    private let unreferenced: UnreferencedBlobs
    private let logger: Logger

    /// The export was deleted while it was made.
    private struct Deleted: Error {}

    public init(
        database: any SQLDatabase, store: LocalStore, copies: LocalCopies, workers: MediaWorkerPool,
        settings: Settings.Audio, space: FreeSpace, events: EventHub, plan: ReplicationPlan, logger: Logger
    ) {
        self.database = database
        self.store = store
        self.workers = workers
        self.events = events
        self.plan = plan
        self.space = space
        self.logger = logger
        var options = MediaOptions()
        options.opusComplexity = settings.opusComplexity
        self.options = options
        sources = EditSources(database: database, store: store, copies: copies)
        unreferenced = UnreferencedBlobs(database: database, store: store, logger: logger)
    }

    public var kind: String { Self.jobKind }
    public var retry: RetryPolicy { Self.retryPolicy }

    public func run(_ job: Job) async throws -> JobEffect {
        let path = "\(store.folder.path(.temp))/\(Identifier<ExportJob>()).export"
        do {
            guard let work = try await work(of: job) else { return JobEffect() }
            let result = try await render(work, to: path)
            let stored = try await store.adopt(path)
            return success(work, result, stored, temporary: path)
        } catch is Deleted {
            store.discard(path)
            return JobEffect()
        } catch {
            store.discard(path)
            throw failure(error)
        }
    }

    public func giveUp(_ job: Job, reason: String) -> JobEffect {
        guard let id = Export.ID(job.subject) else { return JobEffect() }
        return JobEffect(
            apply: { try $0.exports.setFailed(id, reason: reason) }, afterCommit: { await self.publish(id) })
    }

    /// What is to be done.
    private struct Work: Sendable {
        let export: Export
        let note: Note
        let list: EditList
    }

    private func work(of job: Job) async throws -> Work? {
        guard let id = Export.ID(job.subject) else { return nil }
        return try await database.read { connection in
            guard let export = try connection.exports.find(id), let note = try connection.notes.find(export.note)
            else { return nil }
            return Work(export: export, note: note, list: try Edits.list(of: export.version, note, connection))
        }
    }

    /// The error in words that the person who asked for the export may read.
    private func failure(_ error: any Error) -> any Error {
        switch error {
        case is CancellationError, is JobFailure: return error
        case let error as LocalCopies.Unavailable:
            return JobFailure(error.reason, isTransient: true, wait: .seconds(30))
        case .workerUnavailable(let reason) as MediaError:
            logger.error("an export has no worker", metadata: ["reason": "\(reason)"])
            return JobFailure("The export cannot be written just now.", isTransient: true)
        case let error as MediaError: return JobFailure(error.description, isTransient: error.isTransient)
        case let error as VoiceNoteError: return JobFailure(error.detail, isTransient: error.code == .storageFull)
        default:
            logger.error("an export could not be written", metadata: ["error": "\(error)"])
            return JobFailure("The export could not be written; the server's log says why.", isTransient: true)
        }
    }

    private func render(_ work: Work, to path: String) async throws -> RenderResult {
        let found = try await sources.find(of: work.list)
        let channels = found.channels(of: work.list)
        try space.require(work.export.format.estimatedBytes(of: work.list, channels: channels))
        let used = Set(work.list.segments.compactMap(\.source))
        let request = RenderRequest(
            list: work.list,
            format: work.export.format.rendered(sourceBits: work.note.recording.report?.bitDepth, channels: channels),
            metadata: RenderMetadata(
                title: work.note.title, date: work.note.createdAt,
                comment: work.note.text.isEmpty ? nil : work.note.text),
            sourceLoudness: used.count == 1 ? used.first.flatMap(found.loudness(of:)) : nil)
        let (progress, news) = AsyncStream.makeStream(of: Double.self, bufferingPolicy: .bufferingNewest(1))
        return try await withThrowingTaskGroup(of: RenderResult?.self) { group in
            group.addTask { [workers, options] in
                defer { news.finish() }
                return try await workers.render(
                    request, sources: found.paths, output: path, options: options, progress: { news.yield($0) })
            }
            group.addTask {
                try await self.report(progress, of: work, path)
                return nil
            }
            var result: RenderResult?
            while let ended = try await group.next() { if let ended { result = ended } }
            guard let result else { throw MediaError.internalFailure(stage: "an export without a result") }
            return result
        }
    }

    /// Tells who listens, and writes down now and then how far it is.
    private func report(_ progress: AsyncStream<Double>, of work: Work, _ path: String) async throws {
        var written = ContinuousClock.now - .seconds(2)
        var pushed = ContinuousClock.now
        var output: OpenFile?
        for await share in progress {
            events.publish(.progress(work.note.id, stage: .export, share), to: work.note.account)
            if ContinuousClock.now - pushed >= .milliseconds(500) {
                pushed = .now
                output = try await startWriteOut(of: path, output)
            }
            guard ContinuousClock.now - written >= .seconds(1) else { continue }
            written = .now
            let isThere = try await database.write(.relaxed) { connection in
                try connection.exports.setProgress(share, of: work.export.id)
                return try connection.exports.find(work.export.id) != nil
            }
            guard isThere else { throw Deleted() }
        }
    }

    /// Lets the disk begin with what is there of the file, so that there is less to wait for at its end.
    private func startWriteOut(of path: String, _ output: OpenFile?) async throws -> OpenFile? {
        try await store.blocking {
            // Before the worker has begun, there is no file; a hint that is not given does no harm.
            let file = output ?? (try? OpenFile.reading(path))
            file?.startWriteOut()
            return file
        }
    }

    /// The file becomes known in the transaction that ends the job.
    private func success(
        _ work: Work, _ result: RenderResult, _ stored: StoredBlob, temporary: String
    ) -> JobEffect {
        let blob = Blob(
            sha256: stored.sha256, size: stored.size, mimeType: work.export.format.mimeType)
        let cleanUp: @Sendable () async -> Void = { [store, unreferenced] in
            store.discard(temporary)
            await unreferenced.removeFiles([stored.sha256])
        }
        return JobEffect(
            apply: { [store, plan] connection in
                guard store.isPresent(stored.sha256) else {
                    throw JobFailure("The file was removed while it was recorded.", isTransient: true)
                }
                // Deleted in the meantime: there is nothing to record.
                guard try connection.exports.find(work.export.id) != nil else { return }
                try connection.blobs.recordVerified(
                    stored.sha256, size: stored.size, store: LocalStore.name, at: .now())
                _ = try connection.exports.setDone(work.export.id, blob: blob, result: Export.Result(result))
                try plan.want(stored.sha256, as: .export, in: connection)
            },
            afterCommit: { [store] in
                store.discard(temporary)
                if await !self.publish(work.export.id) { await cleanUp() }
            }, ifNotOurs: cleanUp)
    }

    /// Tells who listens that the note has another export; false when the export is gone.
    @discardableResult
    private func publish(_ id: Export.ID) async -> Bool {
        await events.publishChange(in: database, logger) { connection in
            try connection.exports.find(id).flatMap { try connection.notes.find($0.note) }
        }
    }
}
