import API
import Core
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Services
import Testing

@Suite struct RoutesTests {
    struct Problem: Decodable {
        let title: String
        let status: Int
        let detail: String
        let code: String
        let requestId: String
    }

    static func problem(_ response: TestResponse) throws -> Problem {
        #expect(response.headers[.contentType] == "application/problem+json")
        let problem = try JSONDecoder().decode(Problem.self, from: Data(response.body.readableBytesView))
        #expect(problem.status == response.status.code)
        #expect(problem.requestId == response.headers[try #require(HTTPField.Name("X-Request-Id"))])
        #expect(!problem.detail.isEmpty)
        return problem
    }

    /// Every route of a signed-in person that names a note: method, path behind the note's id, body.
    static let noteRoutes: [(HTTPRequest.Method, String, String?)] = [
        (.get, "", nil), (.patch, "", #"{"title":"stolen"}"#), (.delete, "", nil), (.delete, "?permanent=true", nil),
        (.post, "/restore", nil), (.post, "/retry", nil), (.get, "/audio", nil), (.head, "/audio", nil),
        (.post, "/url", "{}"), (.delete, "/url", nil), (.get, "/waveform", nil), (.get, "/silence", nil),
    ]

    @Test func `an address that nobody knows answers 404 as a problem`() async throws {
        try await TestSystem.run { _, client in
            let response = try await client.executeRequest(
                uri: "/api/v1/nothing", method: .get, headers: [:], body: nil)
            #expect(response.status == .notFound)
            #expect(try Self.problem(response).code == "not_found")
        }
    }

    @Test(
        arguments: [
            ("/api/v1/notes", HTTPRequest.Method.put, "GET, OPTIONS, POST"),
            ("/api/v1/notes/x", .post, "DELETE, GET, OPTIONS, PATCH"),
            ("/api/v1/notes/x/audio", .post, "GET, HEAD, OPTIONS"), ("/api/v1/auth/login", .get, "OPTIONS, POST"),
            ("/api/v1/tokens", .delete, "GET, OPTIONS, POST"), ("/", .delete, "GET, HEAD, OPTIONS"),
        ])
    func `a method that a path lacks answers 405 with Allow`(
        path: String, method: HTTPRequest.Method, allow: String
    ) async throws {
        try await TestSystem.run { _, client in
            let response = try await client.executeRequest(uri: path, method: method, headers: [:], body: nil)
            #expect(response.status == .methodNotAllowed)
            #expect(response.headers[.allow] == allow)
            #expect(try Self.problem(response).code == "method_not_allowed")
        }
    }

    @Test func `every route of a note demands a token`() async throws {
        try await TestSystem.run { _, client in
            for (method, path, _) in Self.noteRoutes {
                let response = try await client.executeRequest(
                    uri: "/api/v1/notes/\(Note.ID())\(path)", method: method, headers: [:], body: nil)
                #expect(response.status == .unauthorized, "\(method) \(path)")
                #expect(response.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            }
        }
    }

    @Test func `another's note answers exactly as one that never was, on every route`() async throws {
        try await TestSystem.run { system, client in
            let owner = try await system.person("owner@example.org")
            let stranger = try await system.person("stranger@example.org")
            let (id, status) = try await system.add("not really audio", owner, client)
            #expect(status == .created)
            for (method, path, body) in Self.noteRoutes {
                var headers = stranger
                if body != nil { headers[.contentType] = "application/json" }
                let answers = try await [id, Note.ID().description, "no-id"].asyncMap { id in
                    try await client.executeRequest(
                        uri: "/api/v1/notes/\(id)\(path)", method: method, headers: headers,
                        body: body.map(ByteBuffer.init(string:)))
                }
                #expect(answers.map(\.status) == [.notFound, .notFound, .notFound], "\(method) \(path)")
                // An answer to HEAD has no body to compare.
                if method == .head { continue }
                let details = try answers.map { try Self.problem($0).detail }
                #expect(Set(details).count == 1, "\(method) \(path)")
            }
            let untouched = try await client.executeRequest(
                uri: "/api/v1/notes/\(id)", method: .get, headers: owner, body: nil)
            #expect(untouched.status == .ok)
            #expect(untouched.headers[.eTag] == "\"1\"")
        }
    }

    @Test func `a token without the scope is refused with 403`() async throws {
        try await TestSystem.run { system, client in
            let session = try await system.dependencies.accounts.register(
                email: "owner@example.org", name: "Owner", password: "correct horse")
            let principal = Principal(account: session.account.id, role: .owner, scopes: [.read, .write, .admin])
            let token = try await system.dependencies.accounts.createToken(
                name: "reader", scopes: [.read], expiresInDays: nil, for: principal)
            let headers: HTTPFields = [.authorization: "Bearer \(token.text)", .contentType: "audio/wav"]
            let refused = try await client.executeRequest(
                uri: "/api/v1/notes", method: .post, headers: headers, body: ByteBuffer(string: "sound"))
            #expect(refused.status == .forbidden)
            #expect(try Self.problem(refused).code == "forbidden")
            let listed = try await client.executeRequest(
                uri: "/api/v1/notes", method: .get, headers: headers, body: nil)
            #expect(listed.status == .ok)
        }
    }

    @Test func `wrong fields are named all at once`() async throws {
        try await TestSystem.run { system, client in
            let headers = try await system.person("owner@example.org")
            let response = try await client.executeRequest(
                uri: "/api/v1/notes?limit=0&cursor=zzz&archived=maybe&from=yesterday", method: .get, headers: headers,
                body: nil)
            #expect(response.status == .unprocessableContent)
            struct Errors: Decodable {
                let errors: [FieldError]
            }
            let errors = try JSONDecoder().decode(Errors.self, from: Data(response.body.readableBytesView)).errors
            #expect(errors.map(\.field) == ["limit", "cursor", "archived", "from"])
        }
    }

    @Test func `the page comes with its policy and never leads out of its folder`() async throws {
        try await TestSystem.run { _, client in
            let page = try await client.executeRequest(uri: "/", method: .get, headers: [:], body: nil)
            #expect(page.status == .ok)
            #expect(page.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'; script-src 'self'") == true)
            for path in ["/page/../../Package.swift", "/page/%2e%2e/index.html", "/page/nothing.js", "/page/"] {
                let response = try await client.executeRequest(uri: path, method: .get, headers: [:], body: nil)
                #expect(response.status == .notFound, "\(path)")
            }
            let etag = try #require(page.headers[.eTag])
            let again = try await client.executeRequest(
                uri: "/", method: .get, headers: [.ifNoneMatch: etag], body: nil)
            #expect(again.status == .notModified)
        }
    }
}

extension Sequence {
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
