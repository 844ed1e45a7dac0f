/// Why the `Content-Disposition` of a form's part cannot be used.
public enum FormDataDispositionError: Error, Sendable, Hashable, CustomStringConvertible {
    case tooLong(limitBytes: Int)
    case notFormData
    case nameMissing
    case repeatedParameter
    /// The position is a byte's index in the value.
    case malformed(position: Int)

    /// What is wrong and what to send instead.
    public var description: String {
        let example = "Send form-data; name=\"file\"; filename=\"memo.wav\"."
        return switch self {
        case .tooLong(let limit): "Content-Disposition or a name in it is longer than \(limit) bytes. \(example)"
        case .notFormData: "The Content-Disposition of a part is not form-data. \(example)"
        case .nameMissing: "The Content-Disposition of a part has no name. \(example)"
        case .repeatedParameter: "The Content-Disposition of a part gives a parameter twice. \(example)"
        case .malformed(let position): "Content-Disposition cannot be read at byte \(position). \(example)"
        }
    }
}
