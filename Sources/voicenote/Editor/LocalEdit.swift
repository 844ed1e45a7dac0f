import Audio
import Core
import NIOPosix

/// Edits a file of this machine: no server, no data folder. The file itself is only read.
struct LocalEdit: Sendable {
    let file: String
    let request: EditRequest

    /// Analyses the sources, applies the operations, and writes what was asked for.
    func run() async throws -> EditReport {
        guard request.history == nil, !request.showsVersions, request.name == nil else {
            throw CommandFailure(
                "--undo, --redo, --restore, --versions and --name need a note on a server, which keeps versions. "
                    + "This is a file, which has none; send it with \"voicenote add\" first.")
        }
        let paths = [file] + request.steps.compactMap(Self.joined)
        for path in paths { _ = try LocalSource.check(path) }
        let outputs = try request.outputs(besides: paths)
        let pool = MediaWorkerPool(executable: try Composition.ownPath(), count: 1)
        do {
            let report = try await edit(paths, outputs, pool)
            await pool.shutdown()
            return report
        } catch {
            await pool.shutdown()
            outputs.export?.discard()
            throw Self.plain(error)
        }
    }

    private static func joined(_ step: EditStep) -> String? {
        if case .join(let path) = step.action { path } else { nil }
    }

    private func edit(
        _ paths: [String], _ outputs: EditOutputs, _ pool: MediaWorkerPool
    ) async throws -> EditReport {
        let sources = try await sources(paths, pool)
        guard let main = sources.first else { throw CommandFailure("There is no file \(file).") }
        let list = try apply(sources, main)
        let names = sources.reduce(into: [Recording.ID: String]()) { $0[$1.recording] = $1.name }
        var report = EditReport(title: main.name, list: list, names: names)
        report.remarks = sources.flatMap(\.remarks)
        report.isDryRun = request.isDryRun
        guard !request.isDryRun else { return report }
        if let target = request.list, let pending = outputs.list {
            let files = sources.reduce(into: [Recording.ID: String]()) { $0[$1.recording] = $1.path }
            try pending.write(try target.text(of: list, title: main.name, names: names, files: files))
            try pending.commit()
            report.listFile = target.path
        }
        if let target = request.export, let pending = outputs.export {
            report.export = try await export(list, target, to: pending, sources, main, pool)
        }
        return report
    }

    /// Each file once, whatever it is called.
    private func sources(_ paths: [String], _ pool: MediaWorkerPool) async throws -> [LocalSource] {
        var sources: [LocalSource] = []
        for path in paths {
            let disk = try LocalSource.check(path)
            guard !sources.contains(where: { $0.disk.isSame(as: disk) }) else { continue }
            sources.append(try await LocalSource(path, pool))
        }
        return sources
    }

    private func apply(_ sources: [LocalSource], _ main: LocalSource) throws -> EditList {
        let rate = main.report.sampleRate
        let whole = try EditList(
            whole: EditSource(recording: main.recording, length: main.report.totalSamples), sampleRate: rate)
        var found: [(LocalSource, EditSource)] = []
        var silences: [Recording.ID: [Range<Int64>]] = [:]
        for source in sources {
            let known = try EditSource(
                recording: source.recording, frames: source.report.totalSamples, sourceRate: source.report.sampleRate,
                sampleRate: rate)
            found.append((source, known))
            silences[source.recording] = source.report.silence.ranges(at: rate, length: known.length)
        }
        var draft = EditDraft(whole, silences: silences)
        for step in request.steps {
            let joined = Self.joined(step).flatMap { DiskFile($0) }
            try draft.apply(step, joining: joined.flatMap { disk in found.first { $0.0.disk.isSame(as: disk) }?.1 })
        }
        guard let list = draft.list else { throw CommandFailure("The silence of the recording is not known.") }
        return list
    }

    private func export(
        _ list: EditList, _ target: ExportTarget, to pending: PendingFile, _ sources: [LocalSource],
        _ main: LocalSource, _ pool: MediaWorkerPool
    ) async throws -> EditReport.Export {
        let channels = min(2, sources.map(\.report.channels).max() ?? 1)
        let name = main.name
        let title = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
        var render = RenderRequest(
            list: try list.coalesced(), format: target.renderFormat(of: main.report, channels: channels),
            metadata: RenderMetadata(title: title.isEmpty ? name : title))
        if render.usedSources == [main.recording] { render.sourceLoudness = main.report.loudness }
        let bar = ProgressBar(target.path, total: 1000)
        defer { bar.finish() }
        let files = sources.reduce(into: [Recording.ID: String]()) { $0[$1.recording] = $1.path }
        let result = try await pool.render(render, sources: files, output: pending.temporary) { share in
            bar.set(Int64(share * 1000))
        }
        // The recording may have been exchanged for another one while it was read.
        for source in sources where DiskFile(source.path) != source.disk {
            throw CommandFailure("\(source.path) was changed meanwhile; call edit again.")
        }
        try await NIOThreadPool.singleton.runIfActive { try pending.commit() }
        return EditReport.Export(
            file: target.path, format: target.format.rawValue, bytes: result.bytes, durationMs: result.durationMs,
            normalization: result.normalization.map { EditReport.Normalizing($0) })
    }

    /// The error as one line for the person.
    private static func plain(_ error: any Error) -> any Error {
        switch error {
        case let error as EditError: CommandFailure(error.message)
        case let error as MediaError: CommandFailure(error.description)
        default: error
        }
    }
}
