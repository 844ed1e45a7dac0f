import Core
import Testing

@testable import Blobs

@Suite("Signatures of Cloudinary's API")
struct CloudinarySignerTests {
    static let secret = "hdcixPpR2iKERPwqvH6sHdK9cyac"
    static let common: CloudinaryParameters = ["cloud_name": "dn6ot3ged", "timestamp": "1568810420"]

    struct Vector: Sendable {
        var more: CloudinaryParameters
        var algorithm = CloudinarySigner.Algorithm.sha1
        var version = CloudinarySigner.SignatureVersion.two
        let signature: String
    }

    /// Of Cloudinary's SDKs.
    static let vectors: [Vector] = [
        Vector(more: ["username": "user@cloudinary.com"], signature: "14c00ba6d0dfdedbc86b316847d95b9e6cd46d94"),
        Vector(
            more: ["username": "user@cloudinary.com"], algorithm: .sha256,
            signature: "45ddaa4fa01f0c2826f32f669d2e4514faf275fe6df053f1a150e7beae58a3bd"),
        Vector(
            more: ["notification_url": "https://fake.com/callback?a=1&tags=hello,world"],
            signature: "4fdf465dd89451cc1ed8ec5b3e314e8a51695704"),
        Vector(
            more: ["notification_url": "https://fake.com/callback?a=1", "tags": "hello,world"],
            signature: "7b4e3a539ff1fa6e6700c41b3a2ee77586a025f9"),
        // In the first version a value could pass for a parameter.
        Vector(
            more: ["notification_url": "https://fake.com/callback?a=1&tags=hello,world"], version: .one,
            signature: "7b4e3a539ff1fa6e6700c41b3a2ee77586a025f9"),
    ]

    @Test("Known parameters have their signatures", arguments: vectors)
    func parameters(vector: Vector) {
        var parameters = Self.common
        for field in vector.more.fields { parameters[field.name] = field.value }
        let signer = CloudinaryFixture.signer(Self.secret, vector.algorithm)
        #expect(signer.signature(of: parameters, version: vector.version) == vector.signature)
    }

    @Test("The written pairs are sorted, not the names, and what is empty is left out")
    func order() {
        let parameters: CloudinaryParameters = [
            "a": "1", "a-b": "2", "a_": "3", "A": "4", "é": "5", "z": "x,y", "t": "true", "e": "", "n": nil,
        ]
        // Signed by Cloudinary's SDK: A=4&a-b=2&a=1&a_=3&t=true&z=x,y&é=5
        #expect(
            CloudinaryFixture.signer("s").signature(of: parameters) == "8ad0c1b8ed3605539abd525d0477f45154ec43c6")
    }

    @Test("What is sent beside the signature is not signed, and everything is sent")
    func signed() {
        let signer = CloudinaryFixture.signer(Self.secret, apiKey: "1234")
        let parameters: CloudinaryParameters = [
            "public_id": "voicenote/0f", "type": "authenticated", "overwrite": "false",
        ]
        var more = parameters
        more["file"] = "ignored"
        more["cloud_name"] = "demo"
        more["resource_type"] = "video"
        more["api_key"] = "other"
        more["signature"] = "old"
        let time = Timestamp(milliseconds: 1_568_810_420_999)
        let signed = signer.signed(more, at: time)
        var covered = parameters
        covered["timestamp"] = "1568810420"
        #expect(signed["signature"] == signer.signature(of: covered))
        #expect(signed["signature"] == signer.signed(parameters, at: time)["signature"])
        #expect(signed["api_key"] == "1234")
        #expect(signed["timestamp"] == "1568810420")
        #expect(
            signed.fields.map(\.name) == [
                "public_id", "type", "overwrite", "file", "cloud_name", "resource_type", "api_key", "signature",
                "timestamp",
            ])
    }

    @Test("A parameter is there once, and gone when it is empty")
    func parameterList() {
        var parameters: CloudinaryParameters = ["a": "1", "b": "2", "a": "3", "c": ""]
        #expect(parameters.fields.map(\.name) == ["a", "b"])
        #expect(parameters["a"] == "3" && parameters["c"] == nil)
        parameters["a"] = nil
        parameters["b"] = "x&y z=ü"
        parameters["d"] = "4"
        #expect(parameters.query == "b=x%26y%20z%3D%C3%BC&d=4")
    }

    static let answers: [(CloudinarySigner.Algorithm, String)] = [
        (.sha1, "08d3107a5b2ad82e7d82c0b972218fbf20b5b1e0"),
        (.sha256, "cc69ae4ed73303fbf4a55f2ae5fc7e34ad3a5c387724bfcde447a2957cacdfea"),
    ]

    @Test("An answer to an upload is known by its signature", arguments: answers)
    func answer(algorithm: CloudinarySigner.Algorithm, signature: String) {
        let signer = CloudinaryFixture.signer("X7qLTrsES31MzxxkxPPA-pAGGfU", algorithm)
        #expect(signer.isAnswer(publicID: "tests/logo.png", version: 1, signature: signature))
        #expect(!signer.isAnswer(publicID: "tests/logo.png", version: 2, signature: signature))
        #expect(!signer.isAnswer(publicID: "tests/logo.png", version: 1, signature: String(signature.dropLast())))
        #expect(!signer.isAnswer(publicID: "tests/logo.png", version: 1, signature: ""))
    }

    static let notifications: [(CloudinarySigner.Algorithm, String)] = [
        (.sha1, "f9aa4471d2a88ff244424cca2444edf7d7ac3596"),
        (.sha256, "d5497e1a206ad0ba29ad09a7c0c5f22e939682d15009c15ab3199f62fefbd14b"),
    ]

    @Test("A notification is known by its signature and its age", arguments: notifications)
    func notification(algorithm: CloudinarySigner.Algorithm, signature: String) {
        let signer = CloudinaryFixture.signer("someApiSecret", algorithm)
        let isKnown = { (body: String, timestamp: String, seconds: Int64) in
            signer.isNotification(
                Array(body.utf8), timestamp: timestamp, signature: signature, at: CloudinaryFixture.time(seconds))
        }
        #expect(isKnown("{}", "0", 0))
        #expect(isKnown("{}", "0", 7200))
        #expect(!isKnown("{}", "0", 7201))
        #expect(!isKnown("{} ", "0", 0))
        #expect(!isKnown("{}", "1", 0))
        #expect(!isKnown("{}", "", 0))
        #expect(!isKnown("{}", "-0x", 0))
    }
}
