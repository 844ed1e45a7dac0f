/// The fields of one JSON object, read strictly: what is missing, unknown or of the wrong type is an ``EditError``.
struct EditFields {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) { nil }
    }

    private let container: KeyedDecodingContainer<Key>

    init(_ decoder: any Decoder) throws(EditError) {
        do {
            container = try decoder.container(keyedBy: Key.self)
        } catch {
            let path = Self.path(decoder.codingPath)
            throw EditError(
                .field, path.isEmpty ? "This is not a JSON object." : "The field \"\(path)\" needs a JSON object.",
                field: path.isEmpty ? nil : path)
        }
    }

    /// Refuses every field that is not one of these.
    func allowOnly(_ names: [String]) throws(EditError) {
        // The smallest one, so that the same JSON always gets the same answer.
        guard let unknown = container.allKeys.map(\.stringValue).filter({ !names.contains($0) }).min() else { return }
        // A name comes from outside and may be of any length.
        let shown = String(unknown.unicodeScalars.prefix(40).map(Character.init))
        throw EditError(
            .field, "The field \"\(shown)\" is not known here; use \(names.joined(separator: ", ")).",
            field: path(to: shown))
    }

    /// Refuses an object without the field; `null` will do.
    func require(_ name: String) throws(EditError) {
        guard container.contains(Key(stringValue: name)) else { throw missing(name) }
    }

    /// The value of the field, which must be there.
    func required<Value: Decodable>(_ name: String) throws(EditError) -> Value {
        guard let value: Value = try optional(name) else { throw missing(name) }
        return value
    }

    /// The value of the field; nil where it is missing or `null`.
    func optional<Value: Decodable>(_ name: String) throws(EditError) -> Value? {
        do {
            return try container.decodeIfPresent(Value.self, forKey: Key(stringValue: name))
        } catch let error as EditError {
            throw error
        } catch {
            throw EditError(.field, "The field \"\(name)\" needs \(Self.kind(of: Value.self)).", field: path(to: name))
        }
    }

    /// The items of a list, which must be there.
    /// - Throws: ``EditError`` with the reason as soon as there are more than `limit`, without reading the others.
    func list<Item: Decodable>(
        _ name: String, atMost limit: Int, otherwise error: EditError
    ) throws(EditError) -> [Item] {
        try require(name)
        do {
            var list = try container.nestedUnkeyedContainer(forKey: Key(stringValue: name))
            var items: [Item] = []
            while !list.isAtEnd {
                guard items.count < limit else { throw error }
                items.append(try list.decode(Item.self))
            }
            return items
        } catch let error as EditError {
            throw error
        } catch {
            throw EditError(.field, "The field \"\(name)\" needs a list.", field: path(to: name))
        }
    }

    /// Where the field stands, from the outermost object on.
    func path(to name: String) -> String {
        Self.path(container.codingPath + [Key(stringValue: name)])
    }

    private func missing(_ name: String) -> EditError {
        EditError(.field, "The field \"\(name)\" is missing.", field: path(to: name))
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }

    private static func kind(of type: any Decodable.Type) -> String {
        switch type {
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is String.Type: "a text"
        case is Recording.ID.Type: "the id of a recording"
        default: "a JSON object"
        }
    }
}
