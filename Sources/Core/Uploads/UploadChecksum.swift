/// `Upload-Checksum` of tus 1.0: an algorithm and the digest of one request's bytes.
public struct UploadChecksum: Sendable, Hashable {
    public enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case sha1
        case sha256
        case md5
        case crc32c

        /// The length of a digest in bytes.
        public var length: Int {
            switch self {
            case .sha1: 20
            case .sha256: 32
            case .md5: 16
            case .crc32c: 4
            }
        }
    }

    public let algorithm: Algorithm
    public let digest: [UInt8]

    /// Reads `algorithm base64`.
    /// - Throws: ``InvalidValue`` for an unknown algorithm or a digest of another length.
    public init(_ text: String) throws(InvalidValue) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let algorithm = Algorithm(rawValue: String(words[0])) else {
            let known = Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw InvalidValue("Upload-Checksum needs one of \(known), a blank and a digest in Base64.")
        }
        guard let digest = Base64Text.decodeStrictly(words[1].utf8), digest.count == algorithm.length else {
            throw InvalidValue("Upload-Checksum needs \(algorithm.length) bytes in Base64 for \(algorithm.rawValue).")
        }
        self.algorithm = algorithm
        self.digest = digest
    }
}
