public import Core

/// The notes that one request names: each once, in the order of the request.
public struct NoteSelection: Sendable, Hashable {
    /// How many a request may name.
    public static let sizes = 1...500

    /// As the request wrote them. What is no id belongs to no note.
    public let ids: [String]

    public init(_ ids: [String]) throws(InvalidValue) {
        guard Self.sizes.contains(ids.count) else {
            throw InvalidValue("From \(Self.sizes.lowerBound) to \(Self.sizes.upperBound) ids of notes.")
        }
        var seen: Set<String> = []
        // One note, however its id is written: the digits may be of either case.
        self.ids = ids.filter { id in seen.insert(Note.ID(id)?.description ?? id).inserted }
    }
}
