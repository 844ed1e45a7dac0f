/// Why a digest header cannot be used.
public enum DigestFieldError: Error, Sendable, Hashable, CustomStringConvertible {
    case tooLong(limitBytes: Int)
    case tooManyDigests(limit: Int)
    /// The position is a byte's index in the value.
    case malformed(position: Int)
    case notBytes(DigestField.Algorithm)
    case wrongLength(DigestField.Algorithm, bytes: Int)

    /// What is wrong and what to send instead.
    public var description: String {
        let example = "Send it as sha-256=:BASE64:, with the Base64 of the 32 bytes between two colons."
        return switch self {
        case .tooLong(let limit): "The digest header is longer than \(limit) bytes. \(example)"
        case .tooManyDigests(let limit): "The digest header holds more than \(limit) digests. \(example)"
        case .malformed(let position): "The digest header cannot be read at byte \(position). \(example)"
        case .notBytes(let algorithm): "The value of \(algorithm.rawValue) is not a byte sequence. \(example)"
        case .wrongLength(let algorithm, let bytes):
            "The value of \(algorithm.rawValue) has \(bytes) bytes instead of \(algorithm.length). \(example)"
        }
    }
}
