import Foundation
import Hummingbird

/// The parameters in a request's query, as forms and `URLSearchParams` write them: `+` is a blank, `%2B` a plus sign
/// (WHATWG URL, section 5.1).
struct Query: Sendable {
    private let items: [String: [String]]
    /// More are not looked at.
    private static let mostItems = 64

    init(_ request: Request) {
        var items: [String: [String]] = [:]
        for item in (request.uri.query ?? "").split(separator: "&").prefix(Self.mostItems) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? Self.decode(parts[1]) : ""
            if let name = parts.first.map(Self.decode) { items[name, default: []].append(value) }
        }
        self.items = items
    }

    /// The first of the values.
    subscript(name: String) -> String? { items[name]?.first }

    /// All values, in their order.
    func all(_ name: String) -> [String] { items[name] ?? [] }

    /// A broken escape stays as it was written.
    private static func decode(_ text: Substring) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "%") }) else {
            return String(text)
        }
        let blanks = String(text.replacing("+", with: " "))
        return blanks.removingPercentEncoding ?? blanks
    }
}
