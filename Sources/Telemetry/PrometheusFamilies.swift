/// What a family is made for: its type, how its name ends, and its buckets.
enum FamilyKind: Sendable {
    case counter
    case gauge
    case histogram
    case timer

    /// Upper bounds for figures of which the unit is not known: the powers of ten from a thousandth to a thousand
    /// million.
    static let generalBounds: [Double] = [
        0.001, 0.01, 0.1, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    ]
    /// Upper bounds for durations, in seconds.
    static let timerBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    var type: PrometheusText.Kind {
        switch self {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram, .timer: .histogram
        }
    }

    var bounds: [Double] {
        switch self {
        case .counter, .gauge: []
        case .histogram: Self.generalBounds
        case .timer: Self.timerBounds
        }
    }

    /// The label that its samples have for themselves.
    var reservedLabel: String? { type == .histogram ? "le" : nil }

    private var ending: String {
        switch self {
        case .counter: "_total"
        case .gauge, .histogram: ""
        case .timer: "_seconds"
        }
    }

    /// What of a metric's label comes before the ending.
    func stem(of label: String) -> String {
        let name = PrometheusName.metric(label)
        return name.hasSuffix(ending) ? String(name.dropLast(ending.count)) : name
    }

    /// The name of a family after so many that were taken.
    func name(stem: String, clashes: Int) -> String {
        stem + String(repeating: "_\(type.rawValue)", count: clashes) + ending
    }

    /// Every name that stands in the output of a family.
    func names(of name: String) -> [String] {
        type == .histogram ? [name, name + "_bucket", name + "_sum", name + "_count"] : [name]
    }
}

/// A family of whatever series, for writing.
protocol WritableFamily: Sendable {
    var name: String { get }

    /// Writes the family and its series, sorted by labels; nothing if it has none.
    ///
    /// - Parameter help: Help texts by the family's name or its stem.
    func write(to text: inout PrometheusText, help: [String: String])
}

/// The series of one name.
struct PrometheusFamily<Series: PrometheusSeries>: WritableFamily {
    let kind: FamilyKind
    let stem: String
    let name: String
    private var series: [String: Series] = [:]
    /// The series of all labels that came when the family was full. It stays for good.
    private var shared: Series?

    init(kind: FamilyKind, stem: String, name: String) {
        self.kind = kind
        self.stem = stem
        self.name = name
    }

    /// The series of the labels: the one that is there, a new one, or in a full family the one that is shared.
    mutating func find(_ labels: PrometheusLabels) -> Series {
        if let known = series[labels.text] { return known }
        let unshared = shared == nil ? series.count : series.count - 1
        if unshared < PrometheusRegistry.maximumSeries - 1 { return add(labels.text) }
        if let shared { return shared }
        let others = labels.others.text
        if let known = series[others] {
            shared = known
            return known
        }
        let first = add(others)
        shared = first
        return first
    }

    /// Forgets the series, unless it is shared or another one has taken its place.
    mutating func remove(_ gone: Series) {
        guard series[gone.place.labels] === gone, shared !== gone else { return }
        series[gone.place.labels] = nil
    }

    func write(to text: inout PrometheusText, help: [String: String]) {
        guard !series.isEmpty else { return }
        text.family(name, kind.type, help[name] ?? help[stem])
        for (_, one) in series.sorted(by: { $0.key < $1.key }) { one.write(to: &text, as: name) }
    }

    private mutating func add(_ labels: String) -> Series {
        let made = Series(SeriesPlace(kind: kind, stem: stem, labels: labels))
        series[labels] = made
        return made
    }
}

/// The families of one kind, by the stem of their name.
struct FamilyTable<Series: PrometheusSeries>: Sendable {
    private let kind: FamilyKind
    private var families: [String: PrometheusFamily<Series>] = [:]

    init(_ kind: FamilyKind) {
        self.kind = kind
    }

    /// - Parameter taken: Every name that stands in the output; those of a new family are added.
    mutating func find(_ stem: String, _ labels: PrometheusLabels, taken: inout Set<String>) -> Series {
        if let known = families[stem]?.find(labels) { return known }
        var family = PrometheusFamily<Series>(kind: kind, stem: stem, name: freeName(stem, &taken))
        let first = family.find(labels)
        families[stem] = family
        return first
    }

    mutating func remove(_ gone: Series) {
        families[gone.place.stem]?.remove(gone)
    }

    var all: [any WritableFamily] {
        families.values.map { $0 as any WritableFamily }
    }

    private func freeName(_ stem: String, _ taken: inout Set<String>) -> String {
        var clashes = 0
        while true {
            let name = kind.name(stem: stem, clashes: clashes)
            let names = kind.names(of: name)
            if taken.isDisjoint(with: names) {
                taken.formUnion(names)
                return name
            }
            clashes += 1
        }
    }
}
