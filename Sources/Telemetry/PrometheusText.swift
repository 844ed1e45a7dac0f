/// Figures as text in the Prometheus text exposition format 0.0.4.
///
/// It writes what it is given, in the order in which it is given: keep the samples of a family together, below its
/// ``family(_:_:_:)``, and name no family and no series twice. Names that the format does not allow are changed into
/// ones that it does, label values and help texts are escaped, and labels are sorted by name.
public struct PrometheusText: Sendable, CustomStringConvertible {
    /// The content type of an answer that carries the text.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What the figures of a family mean.
    public enum Kind: String, Sendable {
        /// A sum that only grows and starts at zero with the process. By custom its name ends in `_total`.
        case counter
        /// A figure that goes up and down.
        case gauge
        /// Observations counted in cumulative buckets, with their sum and their number.
        case histogram
        /// A figure of which nothing is known.
        case untyped
    }

    /// All that was written. Every line ends in a line feed.
    public private(set) var string = ""

    public init() {}

    public var description: String { string }

    /// Begins a family: its help text, if it has one, and its type.
    ///
    /// - Parameters:
    ///   - name: The name of the family, as its samples have it. Nothing is added to it, also no `_total`.
    ///   - kind: What the figures mean.
    ///   - help: A sentence for people. A backslash and a line feed in it are escaped.
    public mutating func family(_ name: String, _ kind: Kind, _ help: String? = nil) {
        let name = PrometheusName.metric(name)
        if let help { string += "# HELP \(name) \(PrometheusEscape.help(help))\n" }
        string += "# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Writes one figure. A whole one has no decimal point; what is not finite is `NaN`, `+Inf` or `-Inf`.
    public mutating func sample(_ name: String, _ labels: [String: String], _ value: Double) {
        line(PrometheusName.metric(name), PrometheusLabels(labels).text, Self.number(value))
    }

    /// Writes one whole figure with all its digits.
    public mutating func sample(_ name: String, _ labels: [String: String], _ value: some BinaryInteger) {
        line(PrometheusName.metric(name), PrometheusLabels(labels).text, value.description)
    }

    /// Writes a line of which every part is already as the format wants it.
    mutating func line(_ name: String, _ labels: String, _ value: String) {
        string += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// A figure with as few digits as name it exactly, and without a decimal point if it is whole.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

/// Names as the format allows them. Every scalar that it does not allow becomes an underscore.
enum PrometheusName {
    /// The name of a family or a sample: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func metric(_ name: String) -> String {
        allowed(name, colon: true)
    }

    /// The name of a label: `[a-zA-Z_][a-zA-Z0-9_]*`. Two underscores in front are one, for Prometheus keeps such names
    /// for itself.
    static func label(_ name: String) -> String {
        var name = allowed(name, colon: false)
        while name.hasPrefix("__") { name.removeFirst() }
        return name
    }

    private static func allowed(_ name: String, colon: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_":
                result.unicodeScalars.append(scalar)
            case "0"..."9":
                if result.isEmpty { result = "_" }
                result.unicodeScalars.append(scalar)
            case ":" where colon:
                result.unicodeScalars.append(scalar)
            default:
                result += "_"
            }
        }
        return result.isEmpty ? "_" : result
    }
}

/// The escapes of the format. They go by scalars: a carriage return and a line feed are one `Character`.
enum PrometheusEscape {
    /// A label's value: backslash, double quote and line feed.
    static func value(_ text: String) -> String {
        escaped(text, quote: true)
    }

    /// A help text: backslash and line feed.
    static func help(_ text: String) -> String {
        escaped(text, quote: false)
    }

    private static func escaped(_ text: String, quote: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quote: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// The labels of a series, sorted by name. Of labels that have the same name the last one counts. One with an empty
/// value is left out: to Prometheus that is the same, and the series would be there twice.
struct PrometheusLabels: Sendable {
    private let values: [String: String]
    /// The labels as they are written, without braces. Two sets of labels have the same text only if they are the same.
    let text: String

    /// - Parameter reserved: A name that the series needs for itself. A label of that name gets an underscore behind.
    init(_ labels: [(String, String)], reserved: String? = nil) {
        var values: [String: String] = [:]
        for (label, value) in labels {
            let name = PrometheusName.label(label)
            values[name == reserved ? name + "_" : name] = value
        }
        self.init(values: values)
    }

    init(_ labels: [String: String]) {
        self.init(labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    private init(values: [String: String]) {
        let values = values.filter { !$0.value.isEmpty }
        self.values = values
        let sorted = values.sorted { $0.key < $1.key }
        text = sorted.map { "\($0.key)=\"\(PrometheusEscape.value($0.value))\"" }.joined(separator: ",")
    }

    /// The same labels, each with the value `other`.
    var others: PrometheusLabels {
        PrometheusLabels(values: values.mapValues { _ in "other" })
    }
}
