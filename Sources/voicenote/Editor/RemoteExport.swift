import Core
import NIOPosix

/// Has the server export a version, waits for it, and fetches the file.
struct RemoteExport: Sendable {
    let api: EditsAPI
    let target: ExportTarget
    let file: PendingFile

    private static let pause = Duration.milliseconds(300)
    /// How many times in a row the server may not answer while it works.
    private static let mostFailures = 60

    /// - Parameter version: an id, or `head`.
    func run(version: String) async throws -> EditReport.Export {
        let begun = try await api.beginExport(of: version, as: target)
        let done = try await finished(begun)
        guard let size = done.size, let sha256 = done.sha256, let duration = done.durationMs else {
            throw CommandFailure("The server does not say what it exported.")
        }
        let bar = ProgressBar(target.path, total: size)
        defer { bar.finish() }
        try await ExportDownload(
            client: api.client, path: api.exportPath(done.id) + "/audio", size: size, sha256: sha256, file: file,
            bar: bar
        ).run()
        let file = file
        try await NIOThreadPool.singleton.runIfActive { try file.commit() }
        return EditReport.Export(
            file: target.path, format: target.format.rawValue, bytes: size, durationMs: duration,
            normalization: done.normalization)
    }

    /// The export once it is there. The server goes on with it when this program ends; a later call takes it then.
    private func finished(_ begun: EditBodies.Export) async throws -> EditBodies.Export {
        let bar = ProgressBar("exporting \(target.path)", total: 1000)
        defer { bar.finish() }
        var export = begun
        var failures = 0
        while true {
            switch export.state {
            case .done: return export
            case .failed:
                throw CommandFailure("The server could not export the edit: \(export.reason ?? "it does not say why").")
            case .waiting, .running: bar.set(Int64(min(1, max(0, export.progress)) * 1000))
            }
            try await Task.sleep(for: Self.pause)
            do {
                export = try await api.export(begun.id)
                failures = 0
            } catch let error as APIClient.Unreachable {
                try Task.checkCancellation()
                failures += 1
                guard failures < Self.mostFailures else { throw error }
            }
        }
    }
}
