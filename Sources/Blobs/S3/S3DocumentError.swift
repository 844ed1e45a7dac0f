/// Why a store's answer cannot be understood.
public enum S3DocumentError: Error, Sendable, Hashable {
    case tooLong(limitBytes: Int)
    /// Deeper, or with more elements, than any answer of S3 is.
    case tooComplex
    /// No XML, or XML that ends early. The line counts from 1; 0 where it is not known.
    case malformed(line: Int)
    /// A document type or an entity is declared, which no store does.
    case declaration
    case unexpectedRoot(String, expected: String)
    case missing(String)
    /// The element's text is not what it must be, such as a number.
    case invalid(String)

    /// A stable code for logs and answers.
    public var code: String {
        switch self {
        case .tooLong: "s3_document_too_long"
        case .tooComplex: "s3_document_too_complex"
        case .malformed: "s3_document_malformed"
        case .declaration: "s3_document_declaration"
        case .unexpectedRoot: "s3_document_unexpected"
        case .missing: "s3_document_incomplete"
        case .invalid: "s3_document_invalid"
        }
    }
}

extension S3DocumentError: CustomStringConvertible {
    public var description: String {
        let advice = "Check that the endpoint is an S3 store."
        return switch self {
        case .tooLong(let limit): "The store's answer is longer than \(limit) bytes. \(advice)"
        case .tooComplex: "The store's answer holds more elements than an answer of S3 does. \(advice)"
        case .malformed(let line): "The store's answer is not XML (line \(line)). \(advice)"
        case .declaration: "The store's answer declares a document type, which S3 never does. \(advice)"
        case .unexpectedRoot(let name, let expected):
            "The store answered with <\(name)> instead of <\(expected)>. \(advice)"
        case .missing(let name): "The store's answer has no <\(name)>. \(advice)"
        case .invalid(let name): "The store's answer has a <\(name)> that cannot be read. \(advice)"
        }
    }
}
