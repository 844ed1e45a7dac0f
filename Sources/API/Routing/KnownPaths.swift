import HTTPTypes
import Synchronization

/// Which methods each path answers, so that any other method gets a 405 with `Allow` instead of a 404 (RFC 9110,
/// section 15.5.6).
final class KnownPaths: Sendable {
    private struct Pattern {
        let components: [Substring]
        var methods: Set<String>

        /// How many components have a name of their own.
        var names: Int { components.count { !$0.hasPrefix(":") && $0 != "**" } }

        func matches(_ path: [Substring]) -> Bool {
            if components.last == "**" {
                return path.count >= components.count && zip(components.dropLast(), path).allSatisfy(Self.fits)
            }
            return components.count == path.count && zip(components, path).allSatisfy(Self.fits)
        }

        private static func fits(_ component: Substring, _ part: Substring) -> Bool {
            component.hasPrefix(":") || component == part
        }
    }

    private let patterns = Mutex<[String: Pattern]>([:])

    func add(_ method: HTTPRequest.Method, _ path: String) {
        patterns.withLock { patterns in
            let empty = Pattern(components: path.split(separator: "/"), methods: ["OPTIONS"])
            _ = patterns[path, default: empty].methods.insert(method.rawValue)
        }
    }

    /// The value of `Allow` for the path; nil when there is no such path. Of several paths that fit, the one with the most
    /// names counts, as for the router: `notes/batch` is not an id.
    func allow(_ path: String) -> String? {
        let parts = path.split(separator: "/")
        let fitting = patterns.withLock { patterns in patterns.values.filter { $0.matches(parts) } }
        guard let most = fitting.map(\.names).max() else { return nil }
        let methods = fitting.filter { $0.names == most }.reduce(into: Set<String>()) { $0.formUnion($1.methods) }
        return methods.sorted().joined(separator: ", ")
    }
}
