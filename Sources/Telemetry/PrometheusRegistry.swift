public import CoreMetrics
import Synchronization

/// The metrics of this process, as Prometheus text exposition format 0.0.4.
///
/// Telemetry holds what counts and what writes the counts down. It knows of no notes and no server: what is counted is
/// up to the rooms above, and so is who may read it.
///
/// | swift-metrics | Prometheus |
/// |---|---|
/// | `Counter`, `FloatingPointCounter` | counter, its name ends in `_total` |
/// | `Meter`, `Gauge`, `Recorder` that does not aggregate | gauge |
/// | `Recorder` that aggregates | histogram with the powers of ten from 0.001 to 1 000 000 000 as bounds |
/// | `Timer` | histogram in seconds, its name ends in `_seconds`, with bounds from 0.001 to 60 |
///
/// **Names.** What the format does not allow in a name becomes an underscore. An ending that is already there is not
/// added again. Of labels that are called the same the last one counts, and one with an empty value is left out, for it
/// is the same as none; in a histogram a label `le` is called `le_`.
///
/// **Clashes.** A name belongs to the kind of metric that asked for it first, for as long as the process lives. Another
/// kind counts under the name with its type behind, before the ending if it has one: `size_gauge`,
/// `size_counter_total`, `size_histogram_seconds`. Names of a histogram's samples, as `size_sum`, are taken too.
///
/// **Bounds.** A family has at most ``maximumSeries`` series. The last of them is shared by all further sets of labels:
/// it has the labels of the first of these, every one with the value `other`, and is not removed.
///
/// **Concurrency.** Everything may be called from anywhere. The same name and labels give the same handler, so that no
/// count is lost; counting takes an atomic or a lock of that handler alone.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    /// The most series of a family, the shared one among them.
    public static let maximumSeries = 1_000

    private struct State: Sendable {
        var taken: Set<String> = []
        var help: [String: String] = [:]
        var counters = FamilyTable<PrometheusCounter>(.counter)
        var gauges = FamilyTable<PrometheusGauge>(.gauge)
        var histograms = FamilyTable<PrometheusHistogram>(.histogram)
        var timers = FamilyTable<PrometheusHistogram>(.timer)
    }

    private let state = Mutex(State())

    public init() {}

    /// Gives a family its help text. Without one it has no HELP line.
    ///
    /// - Parameters:
    ///   - name: The label of the metric, or the name of the family in the output. It need not be there yet.
    ///   - help: A sentence for people. A later one takes its place.
    public func describe(_ name: String, _ help: String) {
        let name = PrometheusName.metric(name)
        state.withLock { $0.help[name] = help }
    }

    /// Writes all families, sorted by name, and their series, sorted by labels. A histogram's `le` comes last.
    ///
    /// A line is right for a moment between call and return; lines of different series may be of different moments.
    public func write(to text: inout PrometheusText) {
        let now = state.withLock { $0 }
        let families = now.counters.all + now.gauges.all + now.histograms.all + now.timers.all
        for family in families.sorted(by: { $0.name < $1.name }) {
            family.write(to: &text, help: now.help)
        }
    }

    /// The whole text, to be served as ``PrometheusText/contentType``.
    public func exposition() -> String {
        var text = PrometheusText()
        write(to: &text)
        return text.string
    }

    /// A counter of whole amounts. It shares its series with a floating point counter of the same name and labels.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    /// A counter of any amounts.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    /// A gauge. It shares its series with a recorder that does not aggregate, of the same name and labels.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    /// A histogram if it aggregates, a gauge if it does not.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) }
        let (stem, labels) = Self.place(.histogram, label, dimensions)
        let histogram: PrometheusHistogram = state.withLock { state in
            state.histograms.find(stem, labels, taken: &state.taken)
        }
        return histogram
    }

    /// A histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let (stem, labels) = Self.place(.timer, label, dimensions)
        let timer: PrometheusHistogram = state.withLock { state in
            state.timers.find(stem, labels, taken: &state.taken)
        }
        return timer
    }

    /// Removes the series from the output, for all who hold it. The same name and labels begin at zero then.
    public func destroyCounter(_ handler: any CounterHandler) {
        remove(handler as? PrometheusCounter)
    }

    /// Removes the series, as ``destroyCounter(_:)`` does.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        remove(handler as? PrometheusCounter)
    }

    /// Removes the series, as ``destroyCounter(_:)`` does.
    public func destroyMeter(_ handler: any MeterHandler) {
        remove(handler as? PrometheusGauge)
    }

    /// Removes the series, as ``destroyCounter(_:)`` does.
    public func destroyRecorder(_ handler: any RecorderHandler) {
        remove(handler as? PrometheusGauge)
        remove(handler as? PrometheusHistogram)
    }

    /// Removes the series, as ``destroyCounter(_:)`` does.
    public func destroyTimer(_ handler: any TimerHandler) {
        remove(handler as? PrometheusHistogram)
    }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> PrometheusCounter {
        let (stem, labels) = Self.place(.counter, label, dimensions)
        return state.withLock { state in state.counters.find(stem, labels, taken: &state.taken) }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> PrometheusGauge {
        let (stem, labels) = Self.place(.gauge, label, dimensions)
        return state.withLock { state in state.gauges.find(stem, labels, taken: &state.taken) }
    }

    private static func place(
        _ kind: FamilyKind, _ label: String, _ dimensions: [(String, String)]
    ) -> (stem: String, labels: PrometheusLabels) {
        (kind.stem(of: label), PrometheusLabels(dimensions, reserved: kind.reservedLabel))
    }

    private func remove(_ counter: PrometheusCounter?) {
        guard let counter else { return }
        state.withLock { $0.counters.remove(counter) }
    }

    private func remove(_ gauge: PrometheusGauge?) {
        guard let gauge else { return }
        state.withLock { $0.gauges.remove(gauge) }
    }

    private func remove(_ histogram: PrometheusHistogram?) {
        guard let histogram else { return }
        state.withLock { state in
            switch histogram.place.kind {
            case .timer: state.timers.remove(histogram)
            case .histogram, .counter, .gauge: state.histograms.remove(histogram)
            }
        }
    }
}
