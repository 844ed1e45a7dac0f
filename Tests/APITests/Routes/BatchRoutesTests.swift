import API
import Core
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Services
import Testing

@Suite struct BatchRoutesTests {
    private struct Answer: Decodable, Equatable {
        struct Item: Decodable, Equatable {
            let id: String
            let status: Int
            let code: String?
            let detail: String?
        }

        let items: [Item]
        let succeeded: Int
        let failed: Int
    }

    private static let path = "/api/v1/notes/batch"

    private static func post(
        _ json: String, _ headers: HTTPFields, key: String? = nil, _ client: any TestClientProtocol
    ) async throws -> TestResponse {
        var headers = headers
        headers[.contentType] = "application/json"
        headers[try #require(HTTPField.Name("Idempotency-Key"))] = key
        return try await client.executeRequest(
            uri: path, method: .post, headers: headers, body: ByteBuffer(string: json))
    }

    private static func answer(_ response: TestResponse) throws -> Answer {
        #expect(response.status == .ok)
        return try JSONDecoder().decode(Answer.self, from: Data(response.body.readableBytesView))
    }

    @Test(
        arguments: [
            ("/api/v1/notes/batch", HTTPRequest.Method.get, "OPTIONS, POST"),
            ("/api/v1/notes/batch", .delete, "OPTIONS, POST"),
            ("/api/v1/notes/archive.zip", .patch, "GET, HEAD, OPTIONS, POST"),
            ("/api/v1/notes/archive.zip", .delete, "GET, HEAD, OPTIONS, POST"),
        ])
    func `a name beside the ids is not taken for an id`(
        path: String, method: HTTPRequest.Method, allow: String
    ) async throws {
        try await TestSystem.run { system, client in
            let headers = try await system.person("owner@example.org")
            let response = try await client.executeRequest(uri: path, method: method, headers: headers, body: nil)
            #expect(response.status == .methodNotAllowed)
            #expect(response.headers[.allow] == allow)
        }
    }

    @Test func `every note is answered in the order of the request, what fails as it would alone`() async throws {
        try await TestSystem.run { system, client in
            let owner = try await system.person("owner@example.org")
            let stranger = try await system.person("stranger@example.org")
            let mine = try await system.add("one", owner, client).id
            let theirs = try await system.add("two", stranger, client).id
            let unknown = Note.ID().description
            let response = try await Self.post(
                #"{"action":"archive","ids":["\#(theirs)","\#(mine)","\#(unknown)","batch"]}"#, owner, client)
            let answer = try Self.answer(response)
            #expect(answer.items.map(\.id) == [theirs, mine, unknown, "batch"])
            #expect(answer.items.map(\.status) == [404, 200, 404, 404])
            #expect(answer.items.map(\.code) == ["not_found", nil, "not_found", "not_found"])
            #expect(Set(answer.items.map(\.detail)).count == 2)
            #expect(answer.succeeded == 1 && answer.failed == 3)
            let text = String(buffer: response.body)
            #expect(text.contains(#""code":null"#) && text.contains(#""detail":null"#), "null, not left out")
            let note = try await client.executeRequest(
                uri: "/api/v1/notes/\(mine)", method: .get, headers: owner, body: nil)
            #expect(String(buffer: note.body).contains(#""archived":true"#))
        }
    }

    @Test func `where there is no store, copying says so for each note`() async throws {
        try await TestSystem.run { system, client in
            let owner = try await system.person("owner@example.org")
            let id = try await system.add("one", owner, client).id
            let response = try await Self.post(#"{"action":"replicate","ids":["\#(id)"]}"#, owner, client)
            let answer = try Self.answer(response)
            #expect(answer.items.map(\.status) == [409] && answer.items[0].code == "conflict")
        }
    }

    @Test(
        arguments: [
            (#"{"action":"explode","ids":["x"]}"#, "action"), (#"{"ids":["x"]}"#, "action"),
            (#"{"action":"archive"}"#, "ids"), (#"{"action":"archive","ids":[]}"#, "ids"),
            (#"{"action":"archive","ids":"x"}"#, "ids"), (#"{"action":"archive","ids":[7]}"#, "ids.0"),
            (#"{"action":"move","ids":["x"]}"#, "folder"), (#"{"action":"move","ids":["x"],"folder":7}"#, "folder"),
            (#"{"action":"move","ids":["x"],"folder":"a\u0000b"}"#, "folder"),
        ])
    func `what is wrong with a request is said by field`(json: String, field: String) async throws {
        try await TestSystem.run { system, client in
            let owner = try await system.person("owner@example.org")
            let response = try await Self.post(json, owner, client)
            #expect(response.status == .unprocessableContent)
            struct Errors: Decodable {
                let errors: [FieldError]
            }
            let errors = try JSONDecoder().decode(Errors.self, from: Data(response.body.readableBytesView)).errors
            #expect(errors.map(\.field) == [field])
        }
    }

    @Test func `no more than 500 notes and no more than they need is taken`() async throws {
        try await TestSystem.run { system, client in
            let owner = try await system.person("owner@example.org")
            func ids(_ count: Int) -> String {
                #"{"action":"archive","ids":[\#((0..<count).map { _ in "\"\(Note.ID())\"" }.joined(separator: ","))]}"#
            }
            #expect(try await Self.post(ids(501), owner, client).status == .unprocessableContent)
            #expect(try await Self.answer(Self.post(ids(500), owner, client)).failed == 500)
            let large = try await Self.post(ids(2000), owner, client)
            #expect(large.status == .contentTooLarge)
            #expect(try RoutesTests.problem(large).code == "too_large")
        }
    }

    @Test func `a key gets the same answer again, and another request under it 409`() async throws {
        try await TestSystem.run { system, client in
            let owner = try await system.person("owner@example.org")
            let id = try await system.add("one", owner, client).id
            let archive = #"{"action":"archive","ids":["\#(id)","x"]}"#
            let first = try Self.answer(try await Self.post(archive, owner, key: "k", client))
            #expect(first.succeeded == 1)
            let unarchive = #"{"action":"unarchive","ids":["\#(id)","x"]}"#
            let refused = try await Self.post(unarchive, owner, key: "k", client)
            #expect(refused.status == .conflict)
            #expect(try RoutesTests.problem(refused).code == "conflict")
            #expect(try Self.answer(try await Self.post(unarchive, owner, client)).succeeded == 1)
            // The same request, however it is written.
            let again = #"{ "folder": null, "ids": ["\#(id)", "x"], "action": "archive" }"#
            #expect(try Self.answer(try await Self.post(again, owner, key: "k", client)) == first)
            let note = try await client.executeRequest(
                uri: "/api/v1/notes/\(id)", method: .get, headers: owner, body: nil)
            #expect(String(buffer: note.body).contains(#""archived":false"#), "not done again")
            let long = try await Self.post(archive, owner, key: String(repeating: "k", count: 201), client)
            #expect(long.status == .unprocessableContent)
        }
    }

    @Test func `a batch needs a token that may write, and JSON`() async throws {
        try await TestSystem.run { system, client in
            let session = try await system.dependencies.accounts.register(
                email: "owner@example.org", name: "Owner", password: "correct horse")
            let principal = Principal(account: session.account.id, role: .owner, scopes: [.read, .write, .admin])
            let reader = try await system.dependencies.accounts.createToken(
                name: "reader", scopes: [.read], expiresInDays: nil, for: principal)
            let json = #"{"action":"archive","ids":["x"]}"#
            #expect(try await Self.post(json, [:], client).status == .unauthorized)
            let headers: HTTPFields = [.authorization: "Bearer \(reader.text)"]
            #expect(try await Self.post(json, headers, client).status == .forbidden)
            let plain = try await client.executeRequest(
                uri: Self.path, method: .post, headers: [.authorization: "Bearer \(session.accessToken)"],
                body: ByteBuffer(string: json))
            #expect(plain.status == .unsupportedMediaType)
        }
    }
}
