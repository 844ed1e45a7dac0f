/// A request in the one form in which both sides hash it.
///
/// Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header", task 1.
struct S3CanonicalRequest: Sendable {
    let bytes: [UInt8]
    /// The names of the signed headers, sorted, with `;` in between.
    let signedHeaders: String

    /// - Parameters:
    ///   - path: encoded once, as it goes over the wire.
    ///   - query: canonical, from ``S3Encoding``.
    ///   - headers: all that are signed, `host` among them, in any case and order.
    ///   - payloadHash: the last line.
    init(method: String, path: String, query: [UInt8], headers: [S3Field], payloadHash: String) {
        var values: [String: [UInt8]] = [:]
        for header in headers {
            let value = Self.trimmed(header.value)
            values[header.name.lowercased(), default: []] += value + [UInt8(ascii: ",")]
        }
        let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        signedHeaders = names.joined(separator: ";")
        var bytes: [UInt8] = []
        bytes.append(utf8: "\(method)\n\(path)\n")
        bytes += query
        bytes.append(utf8: "\n")
        for name in names {
            bytes.append(utf8: name + ":")
            bytes += (values[name] ?? []).dropLast()
            bytes.append(utf8: "\n")
        }
        bytes.append(utf8: "\n\(signedHeaders)\n\(payloadHash)")
        self.bytes = bytes
    }

    /// A presigned request, which signs its host alone and leaves its body open; the query must be canonical.
    init(method: String, path: [UInt8], query: [UInt8], host: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(method.utf8.count + path.count + query.count + host.utf8.count + 36)
        bytes.append(utf8: method)
        bytes.append(utf8: "\n")
        bytes += path
        bytes.append(utf8: "\n")
        bytes += query
        bytes.append(utf8: "\nhost:")
        bytes.append(utf8: host)
        bytes.append(utf8: "\n\nhost\nUNSIGNED-PAYLOAD")
        self.bytes = bytes
        signedHeaders = "host"
    }

    /// Without blanks at its ends, and with one for several in its middle.
    private static func trimmed(_ value: String) -> [UInt8] {
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return Array(value.utf8.split(whereSeparator: isBlank).joined(separator: [UInt8(ascii: " ")]))
    }
}
