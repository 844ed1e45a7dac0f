import Blobs
import Core
import Testing

@Suite("Cloudinary's authentication token")
struct CloudinaryTokenTests {
    struct Vector: Sendable {
        var key = "00112233FF99"
        let scope: CloudinaryToken.Scope
        var start: Int64?
        let end: Int64
        var address: String?
        let text: String
    }

    /// Of Cloudinary's SDKs; the last two were made with one.
    static let vectors: [Vector] = [
        Vector(
            scope: .patterns(["/image/*"]), start: 1_111_111_111, end: 1_111_111_411,
            text: "st=1111111111~exp=1111111411~acl=%2fimage%2f*"
                + "~hmac=1751370bcc6cfe9e03f30dd1a9722ba0f2cdca283fa3e6df3342a00a7528cc51"),
        Vector(
            scope: .patterns(["/*/t_foobar"]), start: 222_222_222, end: 222_222_522,
            text: "st=222222222~exp=222222522~acl=%2f*%2ft_foobar"
                + "~hmac=8e39600cc18cec339b21fe2b05fcb64b98de373355f8ce732c35710d8b10259f"),
        Vector(
            scope: .patterns(["/i/a/*", "/i/a/*", "/i/a/*"]), start: 222_222_222, end: 222_225_822,
            text: "st=222222222~exp=222225822~acl=%2fi%2fa%2f*!%2fi%2fa%2f*!%2fi%2fa%2f*"
                + "~hmac=10d9ad42d6ed66dce2386c4b564b2aa25a6ac668e5b90d070363a03c9842965f"),
        Vector(
            scope: .path("http://res.cloudinary.com/test123/image/upload/v1486020273/sample.jpg"),
            start: 1_111_111_111, end: 1_111_111_411,
            text: "st=1111111111~exp=1111111411"
                + "~hmac=639406f8c07fc6a1613e1f6192baba631f9d5719185a32049281e94e15c5619b"),
        Vector(
            scope: .path("/image/authenticated/v1486020273/sample.jpg"), start: 11_111_111, end: 11_111_411,
            text: "st=11111111~exp=11111411~hmac=8db0d753ee7bbb9e2eaf8698ca3797436ba4c20e31f44527e43b6a6e995cfdb3"),
        Vector(
            key: "CCBB2233FF00", scope: .path("/image/authenticated/c_scale,w_300/sample.jpg"), start: 222_222_222,
            end: 222_222_322,
            text: "st=222222222~exp=222222322~hmac=55cfe516530461213fe3b3606014533b1eca8ff60aeab79d1bb84c9322eebc1f"),
        Vector(
            key: "CCBB2233FF00", scope: .path("/image/authenticated/s--Ok4O32K7--/c_scale,w_300/sample.jpg"),
            start: 222_222_222, end: 222_222_322,
            text: "st=222222222~exp=222222322~hmac=92a55aaed531b2dab074074bbd1430120119f9cb1b901656925dda2e514a63cc"),
        Vector(
            scope: .path("/ü é\"#%&'/:;<=>?@[\\]^`{|}~*!.-_"), start: 5, end: 10, address: "1.2.3.4",
            text: "ip=1.2.3.4~st=5~exp=10~hmac=25c747d7cd2737a992bc6ccbee31e78cc61117bd8dd3944bdd51958da43cdbff"),
        Vector(
            scope: .patterns(["/a b/*", "/c~d/*"]), end: 10,
            text: "exp=10~acl=%2fa%20b%2f*!%2fc%7ed%2f*"
                + "~hmac=f54797a878936fbe7d0544f94bbf887e55dd9fe4a3ad178f8ab92373f6d942f6"),
    ]

    @Test("Known scopes have their tokens", arguments: vectors)
    func token(vector: Vector) throws {
        let token = try CloudinaryToken(key: Secret(vector.key))
        let text = token.text(
            for: vector.scope, startsAt: vector.start.map(CloudinaryFixture.time),
            expiresAt: CloudinaryFixture.time(vector.end), address: vector.address)
        #expect(text == "__cld_token__=\(vector.text)")
    }

    @Test(
        "A URL is signed by its path", arguments: ["https://test123-res.cloudinary.com", "http://127.0.0.1:8080", ""])
    func url(base: String) throws {
        let token = try CloudinaryToken(key: Secret("00112233FF99"))
        let url = base + "/image/authenticated/v1486020273/sample.jpg"
        #expect(
            token.url(
                url, startsAt: CloudinaryFixture.time(11_111_111), expiresAt: CloudinaryFixture.time(11_111_411))
                == url + "?__cld_token__=st=11111111~exp=11111411"
                + "~hmac=8db0d753ee7bbb9e2eaf8698ca3797436ba4c20e31f44527e43b6a6e995cfdb3")
    }

    @Test("A key is hexadecimal, and not shown", arguments: ["", "0", "xyz", "00 11", "0x00"])
    func key(text: String) throws {
        #expect(throws: InvalidValue.self) { try CloudinaryToken(key: Secret(text)) }
        #expect(try !"\(CloudinaryToken(key: Secret("00112233FF99")))".lowercased().contains("00112233ff99"))
    }
}
