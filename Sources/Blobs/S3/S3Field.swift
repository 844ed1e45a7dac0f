/// A name with its value: a header, or a parameter of a query before it is encoded.
public struct S3Field: Sendable, Hashable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
