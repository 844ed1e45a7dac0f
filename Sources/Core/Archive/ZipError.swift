/// Why an archive cannot be finished. Its length was promised already, so the transfer must be cut off.
public enum ZipError: Error, Sendable, Hashable {
    /// More or fewer bytes came for the file than were promised; `actual` counts those until the error was found.
    case sizeMismatch(name: String, expected: Int64, actual: Int64)

    /// A stable code for logs and answers.
    public var code: String {
        switch self {
        case .sizeMismatch: "zip_size_mismatch"
        }
    }
}

extension ZipError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .sizeMismatch(let name, let expected, let actual):
            "\"\(name)\" should have \(expected) bytes and gave \(actual). Check the recording, then download again."
        }
    }
}
