import Telemetry

/// How the tests read the output. No label in it may have two blanks side by side.
extension PrometheusRegistry {
    var lines: [String] {
        exposition().split(separator: "\n").map(String.init)
    }

    /// The families that have a series, each with its type.
    var types: [String] {
        lines.filter { $0.hasPrefix("# TYPE ") }.map { String($0.dropFirst("# TYPE ".count)) }
    }

    /// The figure of each series. One that were there twice would be here once: count the lines for that.
    var samples: [String: String] {
        var samples: [String: String] = [:]
        for line in lines where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            samples[words.dropLast().joined(separator: " ")] = words.last.map { String($0) }
        }
        return samples
    }
}
