/// A range as somebody wrote it: `5s..2m30s`, `5s..`, `..2m`, `-10s..`.
struct EditSpan: Hashable, Sendable {
    /// What a person should write.
    static let forms = "such as 5s..2m30s, 5s.., ..2m or -10s.. (the last ten seconds)"

    /// Nil for the start of the edit.
    let start: EditPoint?
    /// Nil for the end of the edit.
    let end: EditPoint?

    /// All of the edit.
    static let whole = EditSpan(start: nil, end: nil)

    private init(start: EditPoint?, end: EditPoint?) {
        self.start = start
        self.end = end
    }

    /// Reads a range; nil for anything else, and for one that is open at both ends.
    init?(_ text: some StringProtocol) {
        let text = String(text)
        guard let dots = text.firstRange(of: "..") else { return nil }
        let (first, second) = (text[..<dots.lowerBound], text[dots.upperBound...])
        guard !first.isEmpty || !second.isEmpty else { return nil }
        let start = EditPoint(first)
        let end = EditPoint(second)
        guard first.isEmpty || start != nil, second.isEmpty || end != nil else { return nil }
        self.init(start: start, end: end)
    }

    /// The range in samples, within the edit and not empty.
    /// - Throws: ``EditTextError`` for anything else.
    func range(in scope: EditScope) throws(EditTextError) -> Range<Int64> {
        let first: Int64 = if let start { try start.position(in: scope) } else { 0 }
        let last: Int64 = if let end { try end.position(in: scope) } else { try scope.knownLength() }
        guard first < last else {
            throw EditTextError(
                "this range ends at \(EditClock.text(last, at: scope.rate)) and begins at "
                    + "\(EditClock.text(first, at: scope.rate)), so that there is nothing in it.")
        }
        return first..<last
    }
}
