public import Core

/// Where a bucket is reached: the host that is signed, and the path in front of every key.
public struct S3Address: Sendable, Hashable {
    /// How a URL names the bucket.
    public enum Style: String, Sendable, CaseIterable {
        /// `https://endpoint/bucket/key`: works everywhere.
        case path
        /// `https://bucket.endpoint/key`: what AWS prefers; the name must be resolved and certified.
        case virtual
    }

    /// Scheme and host, without a slash at the end: `https://s3.amazonaws.com`.
    public let origin: String
    /// The value of the `Host` header: lower case, without the port that the scheme implies.
    public let host: String
    /// The encoded path of the bucket itself: `/` or `/bucket`.
    public let bucketPath: String

    private static let ports = ["http": ":80", "https": ":443"]

    /// Reads an endpoint such as `https://s3.eu-central-1.amazonaws.com` or `http://127.0.0.1:9000`.
    ///
    /// - Throws: ``InvalidValue`` for another scheme, and for an endpoint with a user, a path or a query.
    public init(endpoint: String, bucket: String, style: Style) throws(InvalidValue) {
        let parts = endpoint.lowercased().split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let port = Self.ports[String(parts[0])] else {
            throw InvalidValue("The endpoint of an S3 store starts with http:// or https://.")
        }
        var host = parts[1].hasSuffix("/") ? parts[1].dropLast() : parts[1]
        if host.hasSuffix(port) { host.removeLast(port.count) }
        guard !host.isEmpty, host.utf8.allSatisfy(Self.isHostCharacter) else {
            throw InvalidValue("The endpoint of an S3 store is a scheme and a host, such as https://s3.example.org.")
        }
        guard Self.isBucket(bucket) else {
            throw InvalidValue("A bucket has 3 to 63 letters, digits, dots, hyphens and underscores.")
        }
        self.host = style == .virtual ? "\(bucket).\(host)" : String(host)
        origin = "\(parts[0])://\(self.host)"
        bucketPath = style == .virtual ? "/" : "/\(bucket)"
    }

    /// The encoded path of an object.
    public func path(of key: String) -> String {
        String(decoding: pathBytes(of: key), as: UTF8.self)
    }

    func pathBytes(of key: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(bucketPath.utf8.count + key.utf8.count + 17)
        bytes.append(utf8: bucketPath)
        if bucketPath != "/" { bytes.append(UInt8(ascii: "/")) }
        PercentText.append(key, keepingSlashes: true, to: &bytes)
        return bytes
    }

    /// Letters, digits and what names need.
    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// What ports and addresses of IPv6 need beside that.
    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        isNameCharacter(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
    }

    /// AWS wants lower case; older stores have buckets with capitals and underscores.
    private static func isBucket(_ name: String) -> Bool {
        (3...63).contains(name.utf8.count) && name.utf8.allSatisfy(isNameCharacter)
    }
}
