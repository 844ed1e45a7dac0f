/// The parameters of a call to Cloudinary, in the order in which they were given. One without a value is not sent.
///
/// Lists are written with commas, truth as `true` and `false`: what is signed is what is sent.
public struct CloudinaryParameters: Sendable, Hashable {
    /// A parameter as it goes over the wire, before it is encoded.
    public struct Field: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    public private(set) var fields: [Field] = []

    public init() {}

    /// The value of a parameter. An empty one removes it.
    public subscript(name: String) -> String? {
        get { fields.first { $0.name == name }?.value }
        set {
            let field = newValue.flatMap { $0.isEmpty ? nil : Field(name: name, value: $0) }
            if let index = fields.firstIndex(where: { $0.name == name }) {
                fields.replaceSubrange(index...index, with: field.map { [$0] } ?? [])
            } else if let field {
                fields.append(field)
            }
        }
    }

    /// As a query or a form (`application/x-www-form-urlencoded`), with `%20` for a space.
    public var query: String {
        fields.map { "\(PercentText.component($0.name))=\(PercentText.component($0.value))" }.joined(separator: "&")
    }
}

extension CloudinaryParameters: ExpressibleByDictionaryLiteral {
    /// Of two values for the same name, the latter counts.
    public init(dictionaryLiteral elements: (String, String?)...) {
        for (name, value) in elements { self[name] = value }
    }
}
