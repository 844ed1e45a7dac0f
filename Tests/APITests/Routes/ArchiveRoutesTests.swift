import API
import Core
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Services
import Testing

@Suite struct ArchiveRoutesTests {
    private static let path = "/api/v1/notes/archive.zip"

    private static func get(
        _ query: String, _ headers: HTTPFields, method: HTTPRequest.Method = .get, _ client: any TestClientProtocol
    ) async throws -> TestResponse {
        try await client.executeRequest(uri: path + query, method: method, headers: headers, body: nil)
    }

    private static func post(
        _ json: String, _ headers: HTTPFields, _ client: any TestClientProtocol
    ) async throws -> TestResponse {
        var headers = headers
        headers[.contentType] = "application/json"
        return try await client.executeRequest(
            uri: path, method: .post, headers: headers, body: ByteBuffer(string: json))
    }

    /// What the archive says that it holds, by its directory (APPNOTE.TXT, section 4.3.12), and what is at that place.
    private static func files(_ response: TestResponse) throws -> [String: String] {
        let bytes = [UInt8](response.body.readableBytesView)
        #expect(response.headers[.contentLength] == String(bytes.count))
        func number(_ offset: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        let end = bytes.count - 22
        try #require(end >= 0 && number(end, 4) == 0x0605_4B50)
        var entry = number(end + 16, 4)
        var files: [String: String] = [:]
        for _ in 0..<number(end + 10, 2) {
            try #require(number(entry, 4) == 0x0201_4B50)
            let (size, length, header) = (number(entry + 24, 4), number(entry + 28, 2), number(entry + 42, 4))
            let name = String(decoding: bytes[(entry + 46)...].prefix(length), as: UTF8.self)
            let start = header + 30 + number(header + 26, 2) + number(header + 28, 2)
            files[name] = String(decoding: bytes[start..<start + size], as: UTF8.self)
            entry += 46 + length + number(entry + 30, 2) + number(entry + 32, 2)
        }
        return files
    }

    private static func add(
        _ bytes: String, as name: String, _ headers: HTTPFields, _ client: any TestClientProtocol
    ) async throws -> String {
        var headers = headers
        headers[.contentType] = "audio/wav"
        let response = try await client.executeRequest(
            uri: "/api/v1/notes?fileName=\(name)", method: .post, headers: headers, body: ByteBuffer(string: bytes))
        return try #require(response.headers[.location]?.split(separator: "/").last.map(String.init))
    }

    @Test func `an archive holds every recording under a name of its own, and is as long as it says`() async throws {
        try await TestSystem.run { system, client in
            let owner = try await system.person("owner@example.org")
            let long = String(repeating: "0123456789abcdef", count: 20_000)
            let ids = [
                try await Self.add("first", as: "memo.wav", owner, client),
                try await Self.add(long, as: "MEMO.wav", owner, client),
                try await Self.add("third", as: "memo.wav", owner, client),
            ]
            let expected = ["memo.wav": "first", "MEMO (2).wav": long, "memo (3).wav": "third"]
            let list = ids.joined(separator: ",")
            let response = try await Self.get("?ids=\(list)", owner, client)
            #expect(response.status == .ok)
            #expect(try Self.files(response) == expected)
            #expect(response.headers[.contentType] == "application/zip")
            #expect(response.headers[.cacheControl] == "no-store")
            #expect(response.headers[.acceptRanges] == "none")
            let day = Timestamp.now().description.prefix(10)
            #expect(response.headers[.contentDisposition] == "attachment; filename=\"voicenote-\(day).zip\"")
            // Nothing is processed here: there is no listen copy yet.
            let listen = try await Self.get("?ids=\(list)&rendition=listen", owner, client)
            #expect(try Self.files(listen) == expected)
            let posted = try await Self.post(#"{"ids":["\#(ids[2])"],"rendition":"source"}"#, owner, client)
            #expect(try Self.files(posted) == ["memo.wav": "third"])
            let head = try await Self.get("?ids=\(list)", owner, method: .head, client)
            #expect(head.status == .ok && head.body.readableBytes == 0)
            #expect(head.headers[.contentLength] == response.headers[.contentLength])
            var range = owner
            range[.range] = "bytes=0-9"
            #expect(try Self.files(try await Self.get("?ids=\(list)", range, client)) == expected)
        }
    }

    @Test func `one foreign note, and the answer is the one for a note that never was`() async throws {
        try await TestSystem.run { system, client in
            let owner = try await system.person("owner@example.org")
            let stranger = try await system.person("stranger@example.org")
            let mine = try await system.add("one", stranger, client).id
            let theirs = try await system.add("two", owner, client).id
            var details: Set<String> = []
            for wanted in [theirs, Note.ID().description, "archive.zip"] {
                let answers = [
                    try await Self.get("?ids=\(mine),\(wanted)", stranger, client),
                    try await Self.post(#"{"ids":["\#(mine)","\#(wanted)"]}"#, stranger, client),
                ]
                for answer in answers {
                    #expect(answer.status == .notFound)
                    details.insert(try RoutesTests.problem(answer).detail)
                }
            }
            #expect(details == [VoiceNoteError.notFound("note").detail])
        }
    }

    @Test(
        arguments: [
            ("", "ids"), ("?ids=", "ids"), ("?ids=,,", "ids"),
            ("?ids=" + Array(repeating: "x", count: 501).joined(separator: ","), "ids"),
            ("?ids=x&rendition=repaired", "rendition"), ("?ids=x&rendition=", "rendition"),
        ])
    func `what is wrong with a wish is said by field`(query: String, field: String) async throws {
        try await TestSystem.run { system, client in
            let owner = try await system.person("owner@example.org")
            let response = try await Self.get(query, owner, client)
            #expect(response.status == .unprocessableContent)
            #expect(try RoutesTests.problem(response).detail == "Please correct: \(field).")
        }
    }

    @Test func `an archive needs a token that may read`() async throws {
        try await TestSystem.run { system, client in
            let session = try await system.dependencies.accounts.register(
                email: "owner@example.org", name: "Owner", password: "correct horse")
            let principal = Principal(account: session.account.id, role: .owner, scopes: [.read, .write, .admin])
            let reader = try await system.dependencies.accounts.createToken(
                name: "reader", scopes: [.read], expiresInDays: nil, for: principal)
            let id = try await system.add(
                "one", [.authorization: "Bearer \(session.accessToken)"], client
            ).id
            let headers: HTTPFields = [.authorization: "Bearer \(reader.text)"]
            #expect(try await Self.get("?ids=\(id)", headers, client).status == .ok)
            #expect(try await Self.post(#"{"ids":["\#(id)"]}"#, headers, client).status == .ok)
            #expect(try await Self.get("?ids=\(id)", [:], client).status == .unauthorized)
        }
    }

    @Test func `a file that is not there any more breaks the transfer off`() async throws {
        try await TestSystem.run { system, client in
            let owner = try await system.person("owner@example.org")
            let ids = [
                try await Self.add("first", as: "a.wav", owner, client),
                try await Self.add("second", as: "b.wav", owner, client),
            ]
            let blobs = system.root + "/blobs"
            let digest = try #require(
                try FileManager.default.subpathsOfDirectory(atPath: blobs).first { path in
                    FileManager.default.contents(atPath: "\(blobs)/\(path)") == Data("second".utf8)
                })
            try FileManager.default.removeItem(atPath: "\(blobs)/\(digest)")
            await #expect(throws: (any Error).self) {
                _ = try await Self.get("?ids=\(ids.joined(separator: ","))", owner, client)
            }
            #expect(try Self.files(try await Self.get("?ids=\(ids[0])", owner, client)) == ["a.wav": "first"])
        }
    }
}
