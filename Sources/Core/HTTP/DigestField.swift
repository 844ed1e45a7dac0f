/// `Content-Digest` or `Repr-Digest` (RFC 9530): digests by algorithm, written as a dictionary of RFC 9651.
public struct DigestField: Sendable, Hashable {
    /// The longest value that is looked at, in bytes, and the most digests that one may hold.
    public static let maximumBytes = 2048
    public static let maximumCount = 16

    /// The algorithms that are understood. RFC 9530 forbids the others for security; they are ignored.
    public enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case sha256 = "sha-256"
        case sha512 = "sha-512"

        /// The length of a digest in bytes.
        public var length: Int {
            switch self {
            case .sha256: 32
            case .sha512: 64
            }
        }
    }

    /// The digests of known algorithms, as raw bytes of the right length. Empty when only others were sent.
    public let digests: [Algorithm: [UInt8]]

    public var sha256: [UInt8]? { digests[.sha256] }
    public var sha512: [UInt8]? { digests[.sha512] }

    /// The value of a header that carries a SHA-256: `sha-256=:…:`. The digest has 32 bytes.
    public static func text(sha256 digest: some Collection<UInt8>) -> String {
        "\(Algorithm.sha256.rawValue)=:\(Base64Text.encode(digest)):"
    }

    /// Reads the value. Several lines of the field are joined with `, ` first. Of a repeated key the last one counts.
    ///
    /// - Throws: `DigestFieldError` when it is no dictionary, or when a known algorithm's value is no digest.
    public static func parse(_ text: String) throws(DigestFieldError) -> DigestField {
        guard text.utf8.count <= maximumBytes else { throw .tooLong(limitBytes: maximumBytes) }
        var scanner = ASCIIScanner(text.utf8)
        var digests: [Algorithm: [UInt8]] = [:]
        var count = 0
        scanner.skipBlanks()
        while !scanner.isAtEnd {
            count += 1
            guard count <= maximumCount else { throw .tooManyDigests(limit: maximumCount) }
            guard let key = StructuredField.key(&scanner) else { throw .malformed(position: scanner.position) }
            var value = StructuredField.Value.other
            if scanner.skip("=") {
                guard let read = StructuredField.value(&scanner) else { throw .malformed(position: scanner.position) }
                value = read
            }
            guard StructuredField.skipParameters(&scanner) else { throw .malformed(position: scanner.position) }
            if let algorithm = Algorithm(rawValue: key) {
                guard case .bytes(let digest) = value else { throw .notBytes(algorithm) }
                guard digest.count == algorithm.length else { throw .wrongLength(algorithm, bytes: digest.count) }
                digests[algorithm] = digest
            }
            scanner.skipBlanks()
            if scanner.isAtEnd { break }
            guard scanner.skip(",") else { throw .malformed(position: scanner.position) }
            scanner.skipBlanks()
            guard !scanner.isAtEnd else { throw .malformed(position: scanner.position) }
        }
        guard count > 0 else { throw .malformed(position: 0) }
        return DigestField(digests: digests)
    }
}
