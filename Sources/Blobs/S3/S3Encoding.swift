/// Paths and queries as Signature Version 4 wants them for S3: percent-encoded once (see ``PercentText``), and nothing
/// is normalised. What goes over the wire is exactly what was signed.
///
/// Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header", `UriEncode`.
public enum S3Encoding {
    /// A path, whose slashes stay: `/notes/a b` becomes `/notes/a%20b`.
    public static func path(_ path: String) -> String {
        var bytes: [UInt8] = []
        PercentText.append(path, keepingSlashes: true, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A query without its question mark, in the canonical order: by encoded name, then by encoded value. A parameter
    /// without a value keeps its `=`.
    public static func query(_ parameters: [S3Field]) -> String {
        String(decoding: queryBytes(parameters), as: UTF8.self)
    }

    static func queryBytes(_ parameters: [S3Field]) -> [UInt8] {
        let pairs = parameters.map { parameter in
            var name: [UInt8] = []
            var value: [UInt8] = []
            PercentText.append(parameter.name, to: &name)
            PercentText.append(parameter.value, to: &value)
            return (name: name, value: value)
        }
        // The pairs are sorted before they are joined: `=` is greater than `-`, so `a-b=1` would come before `a=1`.
        let sorted = pairs.sorted { left, right in
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value) : left.name.lexicographicallyPrecedes(right.name)
        }
        return Array(sorted.map { $0.name + [UInt8(ascii: "=")] + $0.value }.joined(separator: [UInt8(ascii: "&")]))
    }
}
