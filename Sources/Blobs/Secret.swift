/// A text that may not be seen: a key of a store, a token. Printing, interpolating, dumping or logging it, or whatever
/// holds it, shows dots.
///
/// What is to be signed with it asks for its `text` and lets it go.
public struct Secret: Sendable, Hashable {
    let text: String

    public init(_ text: String) {
        self.text = text
    }

    public var isEmpty: Bool { text.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "•••" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
