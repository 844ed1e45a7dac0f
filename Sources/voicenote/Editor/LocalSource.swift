import Audio
import Core

/// A file of this machine that an edit takes from: analysed, and never written to.
struct LocalSource: Sendable {
    let path: String
    let disk: DiskFile
    /// Made up: nothing is stored.
    let recording: Recording.ID
    let report: AudioReport

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Reads the whole file once in a media worker.
    init(_ path: String, _ pool: MediaWorkerPool) async throws {
        disk = try Self.check(path)
        let bar = ProgressBar(path, total: 1000)
        defer { bar.finish() }
        do {
            report = try await pool.process(input: path, listenOutput: nil, waveformOutput: nil) { share in
                bar.set(Int64(share * 1000))
            }
        } catch let error as MediaError {
            throw CommandFailure("\(path): \(error.description)")
        }
        self.path = path
        recording = Recording.ID()
    }

    /// What can be said without reading it.
    static func check(_ path: String) throws -> DiskFile {
        guard let disk = DiskFile(path) else { throw CommandFailure("There is no file \(path).") }
        guard disk.isRegular else {
            throw CommandFailure("\(path) is \(disk.isFolder ? "a folder" : "no file"); name an audio file.")
        }
        guard disk.size > 0 else { throw CommandFailure("\(path) is empty.") }
        return disk
    }

    /// What a person should know about the file although it can be read.
    var remarks: [String] {
        var remarks = report.warnings.map { warning in
            switch warning {
            case .truncated: "\(path) ends before the length that it states; what is there was used."
            case .damaged: "\(path) is damaged in places; they were left out."
            case .formatChanged: "\(path) changes its format in the middle; all of it was brought to the first one."
            }
        }
        if !report.silence.complete {
            remarks.append("\(path) has more silences than are looked for; the later ones stay.")
        }
        return remarks
    }
}
