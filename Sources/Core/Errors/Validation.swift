/// Collects what is wrong with the fields of one request, so that the person reads everything at once.
public struct Validation: ~Copyable {
    private var errors: [FieldError] = []

    public init() {}

    /// Notes the message for the field.
    public mutating func fail(_ field: String, _ message: String) {
        errors.append(FieldError(field: field, message: message))
    }

    /// Runs a check that gives a value or a message; nil and a noted message when it fails.
    public mutating func check<Value>(_ field: String, _ rule: () throws(InvalidValue) -> Value) -> Value? {
        do {
            return try rule()
        } catch {
            fail(field, error.message)
            return nil
        }
    }

    /// Throws ``VoiceNoteError/Code/validationFailed`` with all messages if there is any.
    public consuming func finish() throws(VoiceNoteError) {
        guard errors.isEmpty else {
            let names = errors.map(\.field).joined(separator: ", ")
            throw VoiceNoteError(.validationFailed, "Please correct: \(names).", fields: errors)
        }
    }
}

/// A value that breaks a rule; the message says which and what is allowed.
public struct InvalidValue: Error, Hashable, Sendable {
    public let message: String

    public init(_ message: String) {
        self.message = message
    }
}
