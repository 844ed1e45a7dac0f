import Core
import Crypto

/// What signs all requests of one day in one region. Deriving it costs four HMACs, a signature one.
///
/// Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header", tasks 2 and 3.
struct S3SigningKey: Sendable {
    /// Days since 1970 (``Timestamp/dayOfEpoch``).
    let day: Int64
    /// `20130524/us-east-1/s3/aws4_request`.
    let scope: [UInt8]
    /// The access key and the scope as a query holds them: `AKIA…%2F20130524%2F…`.
    let encodedCredential: [UInt8]
    private let key: SymmetricKey

    /// Derives the key for the day of the given time.
    init(_ credentials: S3Credentials, region: String, service: String = "s3", at time: Timestamp) {
        day = time.dayOfEpoch
        let date = Array(time.basicForm.prefix(8))
        var key = Array("AWS4\(credentials.secretKey.text)".utf8)
        for part in [date, Array(region.utf8), Array(service.utf8), Array("aws4_request".utf8)] {
            key = Array(HMAC<SHA256>.authenticationCode(for: part, using: SymmetricKey(data: key)))
        }
        self.key = SymmetricKey(data: key)
        scope = date + Array("/\(region)/\(service)/aws4_request".utf8)
        var credential: [UInt8] = []
        PercentText.append(
            "\(credentials.accessKey)/\(String(decoding: scope, as: UTF8.self))", to: &credential)
        encodedCredential = credential
    }

    /// The signature of a canonical request, 64 hexadecimal digits. The date is the basic form of ISO 8601.
    func signature(of request: S3CanonicalRequest, date: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(180)
        text.append(utf8: "AWS4-HMAC-SHA256\n")
        text += date
        text.append(utf8: "\n")
        text += scope
        text.append(utf8: "\n")
        text.append(hexadecimal: SHA256.hash(data: request.bytes))
        return sign(text)
    }

    /// The HMAC of a string to sign, 64 hexadecimal digits.
    func sign(_ text: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(64)
        digits.append(hexadecimal: HMAC<SHA256>.authenticationCode(for: text, using: key))
        return digits
    }
}

extension S3SigningKey: CustomStringConvertible {
    var description: String { "signing key for \(String(decoding: scope, as: UTF8.self))" }
}

extension Timestamp {
    /// 16 bytes of ASCII: see ``appendBasicForm(to:)``.
    var basicForm: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        appendBasicForm(to: &bytes)
        return bytes
    }
}

extension [UInt8] {
    mutating func append(utf8 text: String) {
        append(contentsOf: text.utf8)
    }

    /// Lower-case digits, two a byte.
    mutating func append(hexadecimal bytes: some Sequence<UInt8>) {
        for byte in bytes {
            append(Self.digit(byte >> 4))
            append(Self.digit(byte & 0xF))
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
