import Foundation
import Testing

/// The files that `scripts/fixtures` builds, and a folder for what a test makes of them.
enum Fixtures {
    static let folder: String = {
        if let folder = ProcessInfo.processInfo.environment["VOICENOTE_FIXTURES"] { return folder }
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent(".fixtures").path
            if FileManager.default.fileExists(atPath: candidate) { return candidate }
            folder.deleteLastPathComponent()
        }
        return ""
    }()

    struct Missing: Error, CustomStringConvertible {
        let name: String
        var description: String { "\(name) is missing: run scripts/fixtures" }
    }

    static func path(_ name: String) throws -> String {
        let path = folder + "/" + name
        guard !folder.isEmpty, FileManager.default.fileExists(atPath: path) else { throw Missing(name: name) }
        return path
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    /// The program that can be a worker: this package's executable, beside the tests.
    static func worker() throws -> String {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let first = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let argument = CommandLine.arguments.first { $0.contains(".xctest") }
            .map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        for folder in [own, first] + (argument.map { [$0] } ?? []) {
            for name in ["voicenote", "worker"] {
                let path = folder.appendingPathComponent(name).path
                if FileManager.default.isExecutableFile(atPath: path) { return path }
            }
        }
        throw Missing(name: "the executable beside the tests (\(own.path))")
    }
}

/// A folder that goes when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "voicenote-audio-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    func write(_ bytes: [UInt8], as name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}
