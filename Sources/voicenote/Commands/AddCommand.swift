import ArgumentParser
import AsyncHTTPClient
import Core
import Crypto
import Foundation
import NIOCore
import NIOHTTP1

/// `voicenote add`
struct AddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Send recordings to a server.",
        discussion: """
            Each file is hashed first, and the server's receipt is compared with that hash: "added" means that \
            exactly these bytes are on the server's disk. One bad file does not keep the others back; the exit \
            status is 1 then.
            """)

    @OptionGroup var client: ClientOptions
    @Option(help: "A title; without one the file's name becomes it.") var title: String?
    @Option(help: "Tags, separated by commas.") var tags: String?
    @Option(help: "A folder.") var folder: String?
    @Argument(help: "The audio files.", completion: .file()) var files: [String]

    private struct Created: Decodable {
        struct Note: Decodable { let id: String }
        let note: Note
        let receipt: Receipt
    }

    private struct Receipt: Decodable {
        let sha256: String
        let size: Int64
    }

    func run() async throws {
        try await client.withClient { client in
            var failures = 0
            for file in files {
                do {
                    let id = try await add(file, to: client)
                    print("added  \(id)  \(file)")
                } catch {
                    failures += 1
                    FileHandle.standardError.write(Data("failed  \(file): \(error)\n".utf8))
                }
            }
            if failures > 0 { throw CommandFailure("\(failures) of \(files.count) files were not added.") }
        }
    }

    private func add(_ path: String, to client: APIClient) async throws -> String {
        let file = try await FileBody(path)
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
        let data = try await client.send(
            .POST, "/api/v1/notes", query: query,
            headers: [
                ("Content-Type", "application/octet-stream"), ("Content-Digest", DigestField.text(sha256: digest)),
            ],
            body: .stream(file.reporting { bar.advance(by: $0) }, length: .known(file.size)), timeout: .hours(24))
        let created = try JSONDecoder().decode(Created.self, from: data)
        guard created.receipt.sha256 == Hexadecimal.encode(digest), created.receipt.size == file.size else {
            throw CommandFailure("The receipt is for other bytes; the file changed or was damaged on the way.")
        }
        return created.note.id
    }
}
