public import Core
import Crypto

/// Signs calls and URLs with the secret of a Cloudinary product environment.
///
/// Source: Cloudinary documentation, "Generating authentication signatures", and the vectors of its SDKs.
public struct CloudinarySigner: Sendable {
    /// What the product environment is set to; SHA-1 unless somebody changed it.
    public enum Algorithm: String, Sendable, CaseIterable {
        case sha1, sha256
    }

    /// How parameters become the text that is signed.
    public enum SignatureVersion: Sendable, Hashable {
        /// As they are: a value that holds `&tags=x` looks like a parameter. Cloudinary signs its answers like this.
        case one
        /// With `%26` for each `&`, so that a value stays a value.
        case two
    }

    /// How long after its timestamp a signed call is accepted.
    public static let validity = Duration.seconds(3600)

    public let credentials: CloudinaryCredentials
    public let algorithm: Algorithm

    public init(_ credentials: CloudinaryCredentials, algorithm: Algorithm = .sha1) {
        self.credentials = credentials
        self.algorithm = algorithm
    }

    /// What is sent beside the signature and not signed.
    private static let unsigned: Set<String> = ["file", "cloud_name", "resource_type", "api_key", "signature"]

    /// The parameters with `timestamp`, `signature` and `api_key`, ready to be sent within an hour. Each part of a
    /// chunked upload is signed for itself.
    public func signed(_ parameters: CloudinaryParameters, at time: Timestamp) -> CloudinaryParameters {
        var signed = parameters
        signed["timestamp"] = String(time.secondsOfEpoch)
        var covered = CloudinaryParameters()
        for field in signed.fields where !Self.unsigned.contains(field.name) { covered[field.name] = field.value }
        signed["signature"] = signature(of: covered)
        signed["api_key"] = credentials.apiKey
        return signed
    }

    /// The signature of exactly these parameters, lower-case hexadecimal.
    public func signature(of parameters: CloudinaryParameters, version: SignatureVersion = .two) -> String {
        // It is the whole `name=value` that is sorted, not the name: `a-b=` comes before `a=`.
        let pairs = parameters.fields.map { field in
            let pair = Array("\(field.name)=\(field.value)".utf8)
            return version == .one ? pair : Self.withoutAmpersands(pair)
        }
        let sorted = pairs.sorted { $0.lexicographicallyPrecedes($1) }
        return Hexadecimal.encode(digest(Array(sorted.joined(separator: [UInt8(ascii: "&")])), algorithm))
    }

    private static func withoutAmpersands(_ pair: [UInt8]) -> [UInt8] {
        let pieces = pair.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        return pieces.count == 1 ? pair : Array(pieces.joined(separator: Array("%26".utf8)))
    }

    /// Whether Cloudinary signed this answer to an upload.
    public func isAnswer(publicID: String, version: Int64, signature: String) -> Bool {
        let parameters: CloudinaryParameters = ["public_id": publicID, "version": String(version)]
        return Self.areEqual(signature, self.signature(of: parameters, version: .one))
    }

    /// Whether Cloudinary sent this notification, and not longer ago than two hours.
    ///
    /// - Parameters:
    ///   - body: the bytes as they came.
    ///   - timestamp: the header `X-Cld-Timestamp`.
    ///   - signature: the header `X-Cld-Signature`.
    public func isNotification(_ body: [UInt8], timestamp: String, signature: String, at now: Timestamp) -> Bool {
        guard let seconds = Int64(timestamp), seconds >= now.secondsOfEpoch - 7200 else { return false }
        return Self.areEqual(signature, notificationSignature(body, timestamp: timestamp))
    }

    func notificationSignature(_ body: [UInt8], timestamp: String) -> String {
        Hexadecimal.encode(digest(body + Array(timestamp.utf8), algorithm))
    }

    /// The hash of the bytes with the secret behind them.
    func digest(_ bytes: [UInt8], _ algorithm: Algorithm) -> [UInt8] {
        let bytes = bytes + Array(credentials.apiSecret.text.utf8)
        return switch algorithm {
        case .sha1: Array(Insecure.SHA1.hash(data: bytes))
        case .sha256: Array(SHA256.hash(data: bytes))
        }
    }

    /// Compares without telling by the time it takes where they differ.
    private static func areEqual(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension Timestamp {
    /// Whole seconds since 1970.
    var secondsOfEpoch: Int64 { (milliseconds - (milliseconds % 1000 + 1000) % 1000) / 1000 }
}
