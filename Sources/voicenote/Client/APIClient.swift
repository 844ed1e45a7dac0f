import ArgumentParser
import AsyncHTTPClient
import Core
import Foundation
import NIOCore
import NIOHTTP1

/// How the commands that talk to a server find it.
struct ClientOptions: ParsableArguments {
    @Option(help: "The server's address (or VOICENOTE_CLIENT_SERVER).")
    var server: String?

    @Option(help: "An API token (or VOICENOTE_CLIENT_TOKEN, which keeps it out of the list of processes).")
    var token: String?

    /// Runs the body with a client, which is closed afterwards.
    func withClient(_ body: (APIClient) async throws -> Void) async throws {
        let environment = ProcessInfo.processInfo.environment
        let address = server ?? environment["VOICENOTE_CLIENT_SERVER"] ?? "http://127.0.0.1:8080"
        guard let token = token ?? environment["VOICENOTE_CLIENT_TOKEN"], !token.isEmpty else {
            throw CommandFailure(
                "A token is needed: make one with \"voicenote account token\", and set VOICENOTE_CLIENT_TOKEN to it.")
        }
        guard let url = URL(string: address), let scheme = url.scheme, ["http", "https"].contains(scheme),
            url.host != nil
        else { throw CommandFailure("\(address) is not an address such as http://127.0.0.1:8080.") }
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(5)))
        // Nobody there is an answer too, and a person waits for it.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await body(APIClient(http: client, base: url, token: token))
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }
}

/// A server, as its API shows it to a program.
struct APIClient: Sendable {
    let http: HTTPClient
    let base: URL
    let token: String

    private struct Problem: Decodable {
        let detail: String
        let code: String
    }

    /// Sends the request and gives the body of a successful answer.
    /// - Throws: ``CommandFailure`` with the server's own sentence.
    func send(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: HTTPClientRequest.Body? = nil, timeout: TimeAmount = .seconds(60)
    ) async throws -> Data {
        guard var parts = URLComponents(url: base, resolvingAgainstBaseURL: false) else {
            throw CommandFailure("\(base) is not an address.")
        }
        // The server may live below a path, behind a proxy.
        let prefix = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
        parts.path = prefix + path
        if !query.isEmpty { parts.queryItems = query.map { URLQueryItem(name: $0.0, value: $0.1) } }
        // A plus sign is legal in a query and means a blank to many servers.
        parts.percentEncodedQuery = parts.percentEncodedQuery?.replacing("+", with: "%2B")
        guard let url = parts.url else { throw CommandFailure("\(base) is not an address.") }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = body
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, timeout: timeout)
        } catch {
            throw CommandFailure("\(base) does not answer. Is \"voicenote serve\" running there? (\(error))")
        }
        let data = Data((try await response.body.collect(upTo: 16 << 20)).readableBytesView)
        guard (200..<300).contains(response.status.code) else {
            let problem = try? JSONDecoder().decode(Problem.self, from: data)
            throw CommandFailure(
                problem.map { "\($0.detail) (\($0.code))" } ?? "The server answers \(response.status).")
        }
        return data
    }
}
