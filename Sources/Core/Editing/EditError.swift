/// Why an edit is not possible, with a stable code and a sentence that says what to do.
public struct EditError: Error, Hashable, Sendable {
    /// What kind of trouble it is. The raw value is the ``EditError/code`` that clients may rely on.
    public enum Reason: String, Sendable, CaseIterable {
        /// Nothing would be left to hear.
        case empty = "edit_empty"
        /// The place lies inside a fade or a crossfade, which cannot be divided without a change of the sound.
        case inFade = "edit_in_fade"
        /// A position or a range lies outside the edit, or ends before it starts.
        case range = "edit_range"
        /// The range of a segment lies outside its source, or there is no such segment.
        case segment = "edit_segment"
        /// The source is unknown, there twice, or of an impossible length.
        case source = "edit_source"
        case gain = "edit_gain"
        /// The fades of a segment do not fit into it.
        case fade = "edit_fade"
        /// The crossfade does not fit into its two segments.
        case overlap = "edit_overlap"
        /// No two segments meet at the position.
        case joint = "edit_joint"
        case sampleRate = "edit_sample_rate"
        case settings = "edit_settings"
        /// The silence of a source is not known or not in order, or the rule for removing it is impossible.
        case silence = "edit_silence"
        case tooManySources = "edit_too_many_sources"
        case tooManySegments = "edit_too_many_segments"
        case tooManyVersions = "edit_too_many_versions"
        case tooManyPixels = "edit_too_many_pixels"
        case tooLong = "edit_too_long"
        /// There is no operation of that name.
        case operation = "edit_operation"
        /// A field of the JSON is missing, unknown or of the wrong type.
        case field = "edit_field"
        case nothingToUndo = "edit_nothing_to_undo"
        case nothingToRedo = "edit_nothing_to_redo"
        /// The version is unknown, or does not fit the others.
        case version = "edit_version"
    }

    public let reason: Reason
    /// What is wrong and what to do, for the person.
    public let message: String
    /// The field that is wrong, as a path such as `segments.3.gain`; nil where no single one is.
    public let field: String?

    public init(_ reason: Reason, _ message: String, field: String? = nil) {
        self.reason = reason
        self.message = message
        self.field = field
    }

    /// The stable code.
    public var code: String { reason.rawValue }

    /// The same error for a value that is a part of a larger one.
    func within(_ path: String) -> EditError {
        EditError(reason, message, field: field.map { "\(path).\($0)" } ?? path)
    }
}

extension EditError: CustomStringConvertible {
    public var description: String { message }
}

extension VoiceNoteError {
    /// The edit's error as the API reports it: ``VoiceNoteError/Code/validationFailed`` with the field; `edit` where no
    /// single one is wrong.
    public init(_ error: EditError) {
        self.init(
            .validationFailed, error.message, fields: [FieldError(field: error.field ?? "edit", message: error.message)]
        )
    }
}
