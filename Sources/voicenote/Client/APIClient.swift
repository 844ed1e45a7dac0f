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

    /// What the server answered.
    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let data: Data

        /// The server's own sentence about what is wrong; nil when nothing is.
        var problem: String? {
            guard !(200..<300).contains(status) else { return nil }
            let problem = try? JSONDecoder().decode(Problem.self, from: data)
            return problem.map { "\($0.detail) (\($0.code))" } ?? "The server answers \(status)."
        }
    }

    /// The server, or the way to it, did not answer: trying again may help.
    struct Unreachable: Error, CustomStringConvertible {
        let description: String
    }

    /// Sends the request and gives the body of a successful answer.
    /// - Throws: ``CommandFailure`` with the server's own sentence.
    func send(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: HTTPClientRequest.Body? = nil, timeout: TimeAmount = .seconds(60)
    ) async throws -> Data {
        let answer: Answer
        do {
            answer = try await exchange(method, path, query: query, headers: headers, body: body, timeout: timeout)
        } catch let error as Unreachable {
            throw CommandFailure(error.description)
        }
        if let problem = answer.problem { throw CommandFailure(problem) }
        return answer.data
    }

    /// Sends the request and gives the answer, whatever it is.
    /// - Throws: ``Unreachable``.
    func exchange(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: HTTPClientRequest.Body? = nil, timeout: TimeAmount = .seconds(60)
    ) async throws -> Answer {
        do {
            let response = try await http.execute(
                try request(method, path, query: query, headers: headers, body: body), timeout: timeout)
            let data = Data((try await response.body.collect(upTo: 16 << 20)).readableBytesView)
            return Answer(status: Int(response.status.code), headers: response.headers, data: data)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw silent(error)
        }
    }

    /// Sends the request and gives the answer, whatever it is, as soon as its head is there; the body is read piece by
    /// piece.
    /// - Throws: ``Unreachable``.
    func open(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], headers: [(String, String)] = []
    ) async throws -> HTTPClientResponse {
        let request = try request(method, path, query: query, headers: headers, body: nil)
        do {
            return try await http.execute(request, timeout: .hours(24))
        } catch {
            throw silent(error)
        }
    }

    private func silent(_ error: any Error) -> Unreachable {
        Unreachable(description: "\(base) does not answer. Is \"voicenote serve\" running there? \(error)")
    }

    private func request(
        _ method: HTTPMethod, _ path: String, query: [(String, String)], headers: [(String, String)],
        body: HTTPClientRequest.Body?
    ) throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: try address(path, query))
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = body
        return request
    }

    private func address(_ path: String, _ query: [(String, String)]) throws -> String {
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
        return url.absoluteString
    }
}
