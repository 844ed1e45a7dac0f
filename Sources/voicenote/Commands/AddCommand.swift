import ArgumentParser
import Core
import Crypto
import Foundation
import NIOCore

/// `voicenote add`
struct AddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Send recordings to a server.",
        discussion: """
            Each file is hashed first. What the server has already is skipped; what an earlier call could not finish is \
            gone on with where it stopped, so after any interruption just call it again. The server's receipt is \
            compared with the hash: "added" means that exactly these bytes are on the server's disk. One bad file does \
            not keep the others back; the exit status is 1 then.
            """)

    @OptionGroup var client: ClientOptions
    @Option(help: "A title; without one the file's name becomes it.") var title: String?
    @Option(help: "Tags, separated by commas.") var tags: String?
    @Option(help: "A folder on the server.") var folder: String?
    @Flag(help: "Send also what the server has already; it becomes another note.") var again = false
    @Argument(help: "Audio files, and folders whose audio files are meant.", completion: .file()) var files: [String]

    private enum Outcome: String {
        case added, resumed, skipped, failed
    }

    func run() async throws {
        let (found, others) = try AudioFiles.find(files)
        guard !found.isEmpty else {
            throw CommandFailure("There is no audio file in \(files.joined(separator: ", ")).")
        }
        try await client.withClient { client in
            var counts: [Outcome: Int] = [:]
            for file in found {
                let outcome = await report(file, client)
                counts[outcome, default: 0] += 1
            }
            print(Self.summary(counts, others: others))
            let failures = counts[.failed] ?? 0
            if failures > 0 {
                throw CommandFailure("\(failures) of \(found.count) files were not added; the reasons stand above.")
            }
        }
    }

    private func report(_ file: String, _ client: APIClient) async -> Outcome {
        do {
            let (outcome, id) = try await add(file, to: client)
            print("\(outcome.rawValue)\(outcome == .added ? "  " : " ")  \(id)  \(file)")
            fflush(nil)
            return outcome
        } catch {
            FileHandle.standardError.write(Data("failed  \(file): \(error)\n".utf8))
            return .failed
        }
    }

    private static func summary(_ counts: [Outcome: Int], others: Int) -> String {
        let added = (counts[.added] ?? 0) + (counts[.resumed] ?? 0)
        var text = "\(added) added"
        if let resumed = counts[.resumed] { text += " (\(resumed) resumed)" }
        text += ", \(counts[.skipped] ?? 0) already there, \(counts[.failed] ?? 0) failed"
        if others > 0 { text += ", \(others) files that are no audio left out" }
        return text
    }

    private func add(_ path: String, to client: APIClient) async throws -> (Outcome, id: String) {
        let file = try await FileBody(path)
        guard file.size > 0 else { throw CommandFailure("The file is empty.") }
        var hash = SHA256()
        for try await piece in file { piece.withUnsafeReadableBytes { hash.update(bufferPointer: $0) } }
        let digest = Array(hash.finalize())
        let name = URL(fileURLWithPath: path).lastPathComponent
        var query = [("fileName", name)]
        if let title { query.append(("title", title)) }
        if let tags { query.append(("tags", tags)) }
        if let folder { query.append(("folder", folder)) }
        let bar = ProgressBar(name, total: file.size)
        defer { bar.finish() }
        let sender = RecordingSender(client: client, file: file, digest: digest, query: query, bar: bar)
        if !again, let known = try await sender.existing() { return (.skipped, known) }
        let (created, isResumed) = try await sender.send()
        guard created.receipt.sha256 == Hexadecimal.encode(digest), created.receipt.size == file.size else {
            throw CommandFailure("The receipt is for other bytes; the file changed or was damaged on the way.")
        }
        return (isResumed ? .resumed : .added, created.note.id)
    }
}
