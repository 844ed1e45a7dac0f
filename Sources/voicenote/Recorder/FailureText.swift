import Core

/// What an error says to a person.
enum FailureText {
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as VoiceNoteError where !error.fields.isEmpty:
            error.fields.map { "\($0.field): \($0.message)" }.joined(separator: " ")
        case let error as VoiceNoteError: error.detail
        case let error as InvalidValue: error.message
        case is CancellationError: "It was interrupted."
        default: "\(error)"
        }
    }
}
