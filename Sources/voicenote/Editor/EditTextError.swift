/// What was written on the command line cannot be read: one sentence that says what to write.
struct EditTextError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
