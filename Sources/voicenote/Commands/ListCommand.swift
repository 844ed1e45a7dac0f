import ArgumentParser
import Core
import Foundation
import NIOHTTP1

/// `voicenote list`
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the notes of a server, newest first.")

    @OptionGroup var client: ClientOptions
    @Option(help: "How many at most.") var limit = 50
    @Option(help: "Words that title, tags or text must hold.") var search: String?
    @Option(help: "A tag that the notes must carry.") var tag: String?
    @Option(help: "A folder that the notes must be in.") var folder: String?
    @Flag(help: "Show the trash.") var trashed = false
    @Flag(help: "Print the server's JSON, page by page, a line each.") var json = false

    private struct Page: Decodable {
        let items: [Item]
        let nextCursor: String?
    }

    private struct Item: Decodable {
        struct Recording: Decodable {
            let durationMs: Int64?
            let size: Int64
        }
        let id: String
        let title: String
        let state: String
        let reason: String?
        let createdAt: String
        let tags: [String]
        let recording: Recording
    }

    func validate() throws {
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000000.") }
    }

    func run() async throws {
        try await client.withClient { client in
            var left = limit
            var cursor: String?
            repeat {
                var query = [("limit", String(min(left, 500))), ("trashed", trashed ? "true" : "false")]
                for (name, value) in [("q", search), ("tag", tag), ("folder", folder), ("cursor", cursor)] {
                    if let value { query.append((name, value)) }
                }
                let data = try await client.send(.GET, "/api/v1/notes", query: query)
                let page = try JSONDecoder().decode(Page.self, from: data)
                if json { print(String(decoding: data, as: UTF8.self)) } else { page.items.forEach(Self.show) }
                left -= page.items.count
                cursor = page.nextCursor
            } while cursor != nil && left > 0
        }
    }

    private static func show(_ item: Item) {
        let time = item.createdAt.prefix(16).replacing("T", with: " ")
        let length = item.recording.durationMs.map { duration in
            String(format: "%d:%02d", Int(duration / 60_000), Int(duration / 1000 % 60))
        }
        let state = item.state == "ready" ? "" : "  (\(item.state)\(item.reason.map { ": \($0)" } ?? ""))"
        let tags = item.tags.isEmpty ? "" : "  #" + item.tags.joined(separator: " #")
        print("\(item.id)  \(time)  \(length ?? "-")  \(item.title)\(tags)\(state)")
    }
}
