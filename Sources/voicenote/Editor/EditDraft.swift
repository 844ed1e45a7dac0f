import Core

/// The operations of a command line, carried out on a list one after the other.
struct EditDraft: Sendable {
    /// What the operations so far left; nil once only the server knows, because it removes silence from a recording
    /// whose silence is not known here.
    private(set) var list: EditList?
    /// The operations in samples, in the order in which they were applied.
    private(set) var operations: [EditOperation] = []
    private let rate: Int
    private let silences: [Recording.ID: [Range<Int64>]]

    /// - Parameter silences: where the sources are silent, as far as that is known, at the rate of the list.
    init(_ list: EditList, silences: [Recording.ID: [Range<Int64>]]) {
        self.list = list
        rate = list.sampleRate
        self.silences = silences
    }

    /// Applies a step to what the steps before left.
    /// - Parameter source: what a `--join` adds.
    /// - Throws: ``CommandFailure`` with the option and what is wrong with it.
    mutating func apply(_ step: EditStep, joining source: EditSource? = nil) throws {
        do {
            if let source { list = try list?.adding(source: source) }
            let scope = EditScope(rate: rate, length: list?.length)
            let operation = try step.operation(in: scope, joining: source?.recording)
            operations.append(operation)
            guard let before = list else { return }
            if case .removeSilence = operation, before.sources.contains(where: { silences[$0.recording] == nil }) {
                list = nil
            } else {
                list = try before.applying(operation, silences: silences)
            }
        } catch let error as EditTextError {
            throw CommandFailure("\(step.text): \(error.description)")
        } catch let error as EditError {
            throw CommandFailure("\(step.text): \(error.message)")
        }
    }
}
