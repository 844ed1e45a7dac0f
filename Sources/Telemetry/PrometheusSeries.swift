import CoreMetrics
import Synchronization

/// Where a series stands in its registry.
struct SeriesPlace: Sendable {
    let kind: FamilyKind
    /// The stem of its family's name.
    let stem: String
    /// Its labels as they are written, without braces.
    let labels: String
}

/// One set of labels in a family, and what was counted for it.
protocol PrometheusSeries: AnyObject, Sendable {
    var place: SeriesPlace { get }

    init(_ place: SeriesPlace)

    /// Writes its samples as those of the family `name`.
    func write(to text: inout PrometheusText, as name: String)
}

/// A sum that only grows. What is negative, NaN or infinite is not added; a sum that would be too large stays at the
/// largest that there is.
///
/// Whole amounts and others are kept apart, so that the first are exact and need no lock.
final class PrometheusCounter: PrometheusSeries, CounterHandler, FloatingPointCounterHandler {
    let place: SeriesPlace
    private let whole = Atomic<Int64>(0)
    private let fractional = Mutex<Double>(0)

    init(_ place: SeriesPlace) {
        self.place = place
    }

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        var current = whole.load(ordering: .relaxed)
        while true {
            let (sum, overflow) = current.addingReportingOverflow(amount)
            let (exchanged, original) = whole.weakCompareExchange(
                expected: current, desired: overflow ? Int64.max : sum, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }

    func increment(by amount: Double) {
        guard amount.isFinite, amount > 0 else { return }
        fractional.withLock { $0 = min($0 + amount, Double.greatestFiniteMagnitude) }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fractional.withLock { $0 = 0 }
    }

    func write(to text: inout PrometheusText, as name: String) {
        let count = whole.load(ordering: .relaxed)
        let rest = fractional.withLock { $0 }
        text.line(name, place.labels, rest == 0 ? String(count) : PrometheusText.number(Double(count) + rest))
    }
}

/// A figure that goes up and down, zero at first. It may be set to anything, also NaN; it is not raised or lowered by
/// NaN or infinity.
final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler {
    let place: SeriesPlace
    private let value = Mutex<Double>(0)

    init(_ place: SeriesPlace) {
        self.place = place
    }

    func set(_ value: Int64) {
        set(Double(value))
    }

    func set(_ value: Double) {
        self.value.withLock { $0 = value }
    }

    func increment(by amount: Double) {
        guard amount.isFinite else { return }
        value.withLock { $0 += amount }
    }

    func decrement(by amount: Double) {
        increment(by: -amount)
    }

    func record(_ value: Int64) {
        set(Double(value))
    }

    func record(_ value: Double) {
        set(value)
    }

    func write(to text: inout PrometheusText, as name: String) {
        text.line(name, place.labels, PrometheusText.number(value.withLock { $0 }))
    }
}

/// Observations in buckets. One that is NaN or infinite is left out, for the sum would never be a number again; a
/// negative duration, as after a step of the clock, counts as zero.
final class PrometheusHistogram: PrometheusSeries, RecorderHandler, TimerHandler {
    private struct Tally: Sendable {
        /// How many observations are in each bucket alone; the last one has those above every bound.
        var counts: [Int]
        var sum = 0.0
    }

    let place: SeriesPlace
    private let bounds: [Double]
    private let tally: Mutex<Tally>

    init(_ place: SeriesPlace) {
        self.place = place
        bounds = place.kind.bounds
        tally = Mutex(Tally(counts: Array(repeating: 0, count: place.kind.bounds.count + 1)))
    }

    func record(_ value: Int64) {
        observe(Double(value))
    }

    func record(_ value: Double) {
        observe(value)
    }

    func recordNanoseconds(_ duration: Int64) {
        observe(Double(max(0, duration)) / 1e9)
    }

    private func observe(_ value: Double) {
        guard value.isFinite else { return }
        let bucket = bounds.firstIndex(where: { value <= $0 }) ?? bounds.count
        tally.withLock { tally in
            tally.counts[bucket] += 1
            tally.sum += value
        }
    }

    func write(to text: inout PrometheusText, as name: String) {
        let now = tally.withLock { $0 }
        let labels = place.labels.isEmpty ? "" : place.labels + ","
        var total = 0
        for (bound, count) in zip(bounds + [Double.infinity], now.counts) {
            total += count
            text.line(name + "_bucket", "\(labels)le=\"\(PrometheusText.number(bound))\"", String(total))
        }
        text.line(name + "_sum", place.labels, PrometheusText.number(now.sum))
        text.line(name + "_count", place.labels, String(total))
    }
}
