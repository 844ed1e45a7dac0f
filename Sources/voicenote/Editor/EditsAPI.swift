import AsyncHTTPClient
import Core
import Foundation
import NIOCore
import NIOHTTP1

/// The edits of one note, as the server's API has them (docs/api.md, "Edits").
struct EditsAPI: Sendable {
    let client: APIClient
    let note: String

    private var path: String { "/api/v1/notes/\(note)" }
    private static let json = [("Content-Type", "application/json")]

    func details() async throws -> EditBodies.NoteDetails {
        try await get(path)
    }

    /// What is heard, and versions with numbers below `before`, newest first.
    func page(before: Int? = nil, limit: Int) async throws -> EditBodies.Page {
        var query = [("limit", String(limit))]
        if let before { query.append(("before", String(before))) }
        return try await get("\(path)/edits", query: query)
    }

    /// Where the note's recording is silent.
    func silence() async throws -> SilenceMap {
        try await get("\(path)/silence")
    }

    /// Changes the edit.
    /// - Parameter steps: what the operations were on the command line.
    /// - Throws: ``CommandFailure`` that says which option is wrong, or what somebody else changed meanwhile.
    func change(_ change: EditBodies.Change, steps: [EditStep]) async throws -> EditBodies.State {
        try await post("\(path)/edits", change, steps: steps)
    }

    /// Makes a new version that equals an old one.
    func restore(_ version: String, base: String?) async throws -> EditBodies.State {
        try await post("\(path)/edits/\(version)/restore", EditBodies.Change(base: base), steps: [])
    }

    func rename(_ version: String, to name: String) async throws -> EditReport.Version {
        let data = try await client.send(
            .PATCH, "\(path)/edits/\(version)", headers: Self.json, body: try Self.body(EditBodies.Name(name: name)))
        return try Self.decode(data)
    }

    /// Begins an export of the version, or takes the one that is there.
    func beginExport(of version: String, as target: ExportTarget) async throws -> EditBodies.Export {
        let wish = EditBodies.ExportWish(
            format: target.format.rawValue, bits: target.bits, bitRate: target.bitRate, quality: target.quality)
        return try await post("\(path)/edits/\(version)/exports", wish, steps: [])
    }

    /// How far an export is.
    /// - Throws: ``APIClient/Unreachable`` where trying again may help.
    func export(_ id: String) async throws -> EditBodies.Export {
        let answer = try await client.exchange(.GET, exportPath(id))
        if answer.status >= 500 { throw APIClient.Unreachable(description: answer.problem ?? "") }
        if let problem = answer.problem { throw CommandFailure(problem) }
        return try Self.decode(answer.data)
    }

    func exportPath(_ id: String) -> String { "\(path)/exports/\(id)" }

    private func get<Value: Decodable>(_ path: String, query: [(String, String)] = []) async throws -> Value {
        try Self.decode(try await client.send(.GET, path, query: query))
    }

    private func post<Value: Decodable>(
        _ path: String, _ wish: some Encodable, steps: [EditStep]
    ) async throws -> Value {
        let answer: APIClient.Answer
        do {
            answer = try await client.exchange(.POST, path, headers: Self.json, body: try Self.body(wish))
        } catch let error as APIClient.Unreachable {
            throw CommandFailure(
                "\(error.description) Whether the change was made is not known; look at the edit before you repeat it.")
        }
        if let problem = answer.problem { throw failure(answer, problem, steps) }
        return try Self.decode(answer.data)
    }

    /// What the server refused, in the words of the command line.
    private func failure(_ answer: APIClient.Answer, _ text: String, _ steps: [EditStep]) -> CommandFailure {
        guard let problem = try? JSONDecoder().decode(EditBodies.Problem.self, from: answer.data) else {
            return CommandFailure(text)
        }
        if answer.status == 409, let head = problem.head {
            let name = head.name.map { " \"\($0)\"" } ?? ""
            return CommandFailure(
                "Somebody changed this edit meanwhile: version \(head.number)\(name) is heard now (\(head.summary), "
                    + "\(head.createdAt)). Nothing of yours was done; look at it with \"voicenote edit \(note)\", and "
                    + "call this again.")
        }
        guard let errors = problem.errors, !errors.isEmpty else { return CommandFailure(text) }
        let sentences = errors.map { error in
            let parts = error.field.split(separator: ".")
            let number = parts.first == "operations" && parts.count > 1 ? Int(parts[1]) : nil
            let step = number.flatMap { steps.indices.contains($0) ? steps[$0].text : nil }
            // Nothing in particular is wrong then.
            if step == nil, error.field == "edit" { return error.message }
            return "\(step ?? error.field): \(error.message)"
        }
        return CommandFailure(sentences.joined(separator: " "))
    }

    private static func body(_ value: some Encodable) throws -> HTTPClientRequest.Body {
        .bytes(ByteBuffer(bytes: try JSONEncoder().encode(value)))
    }

    private static func decode<Value: Decodable>(_ data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch {
            throw CommandFailure("The server's answer cannot be read; it may be of another version than this program.")
        }
    }
}
