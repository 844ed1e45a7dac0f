import CoreMetrics
import Telemetry
import Testing

/// What the handlers count.
@Suite struct PrometheusHandlerTests {
    let registry = PrometheusRegistry()

    @Test("a counter stays at the largest whole number")
    func clamp() {
        let counter = registry.makeCounter(label: "n", dimensions: [])
        counter.increment(by: Int64.max - 1)
        #expect(registry.samples == ["n_total": "9223372036854775806"])
        counter.increment(by: 5)
        counter.increment(by: Int64.max)
        #expect(registry.samples == ["n_total": "9223372036854775807"])
        counter.reset()
        counter.increment(by: 2)
        #expect(registry.samples == ["n_total": "2"])
    }

    @Test("a counter does not go down", arguments: [Int64(-1), .min, 0])
    func negative(amount: Int64) {
        let counter = registry.makeCounter(label: "n", dimensions: [])
        counter.increment(by: 3)
        counter.increment(by: amount)
        #expect(registry.samples == ["n_total": "3"])
    }

    @Test("a floating point counter adds no other than finite amounts above zero")
    func floatingPoint() {
        let counter = registry.makeFloatingPointCounter(label: "n", dimensions: [])
        for amount: Double in [0.5, .nan, .infinity, -.infinity, -1, -0.0, 0.25] { counter.increment(by: amount) }
        #expect(registry.samples == ["n_total": "0.75"])
        for _ in 0..<3 { counter.increment(by: .greatestFiniteMagnitude) }
        #expect(registry.samples == ["n_total": "1.7976931348623157e+308"])
        counter.reset()
        #expect(registry.samples == ["n_total": "0"])
    }

    @Test("a meter is set, raised and lowered")
    func meter() {
        let meter = registry.makeMeter(label: "n", dimensions: [])
        #expect(registry.samples == ["n": "0"])
        meter.set(Int64(5))
        meter.increment(by: 2.5)
        meter.decrement(by: 10)
        for amount: Double in [.nan, .infinity, -.infinity] {
            meter.increment(by: amount)
            meter.decrement(by: amount)
        }
        #expect(registry.samples == ["n": "-2.5"])
        meter.set(8.0)
        #expect(registry.samples == ["n": "8"])
    }

    @Test(
        "a gauge shows what is no number",
        arguments: [(Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf")])
    func notFinite(value: Double, expected: String) {
        registry.makeMeter(label: "m", dimensions: []).set(value)
        registry.makeRecorder(label: "r", dimensions: [], aggregate: false).record(value)
        #expect(registry.samples == ["m": expected, "r": expected])
    }

    @Test("a recorder that does not aggregate has the last value, and is a meter's gauge")
    func recorder() {
        let recorder = registry.makeRecorder(label: "n", dimensions: [], aggregate: false)
        recorder.record(Int64(4))
        recorder.record(1.5)
        #expect(registry.samples == ["n": "1.5"])
        registry.makeMeter(label: "n", dimensions: []).set(Int64(9))
        #expect(registry.samples == ["n": "9"])
        #expect(registry.types == ["n gauge"])
    }

    @Test("a recorder that aggregates counts into the powers of ten")
    func histogram() {
        let recorder = registry.makeRecorder(label: "n", dimensions: [], aggregate: true)
        for value: Int64 in [-5, 1, 2, 10, 5_000_000_000] { recorder.record(value) }
        recorder.record(0.5)
        #expect(
            registry.exposition() == """
                # TYPE n histogram
                n_bucket{le="0.001"} 1
                n_bucket{le="0.01"} 1
                n_bucket{le="0.1"} 1
                n_bucket{le="1"} 3
                n_bucket{le="10"} 5
                n_bucket{le="100"} 5
                n_bucket{le="1000"} 5
                n_bucket{le="10000"} 5
                n_bucket{le="100000"} 5
                n_bucket{le="1000000"} 5
                n_bucket{le="10000000"} 5
                n_bucket{le="100000000"} 5
                n_bucket{le="1000000000"} 5
                n_bucket{le="+Inf"} 6
                n_sum 5000000008.5
                n_count 6

                """)
    }

    @Test("a histogram leaves out what is no number", arguments: [Double.nan, .infinity, -.infinity])
    func histogramNotFinite(value: Double) {
        let recorder = registry.makeRecorder(label: "n", dimensions: [], aggregate: true)
        recorder.record(2.0)
        recorder.record(value)
        #expect(registry.samples["n_sum"] == "2")
        #expect(registry.samples["n_count"] == "1")
        #expect(registry.samples["n_bucket{le=\"+Inf\"}"] == "1")
    }

    @Test(
        "a duration belongs to the first bucket of which the bound is not below it",
        arguments: [
            (0, "0.001"), (1_000_000, "0.001"), (1_000_001, "0.0025"), (2_500_000, "0.0025"), (5_000_000, "0.005"),
            (100_000_000, "0.1"), (1_000_000_000, "1"), (60_000_000_000, "60"), (60_000_000_001, "+Inf"),
            (.max, "+Inf"), (-1, "0.001"), (.min, "0.001"),
        ] as [(Int64, String)])
    func timerBuckets(nanoseconds: Int64, expected: String) {
        registry.makeTimer(label: "t", dimensions: []).recordNanoseconds(nanoseconds)
        let first = registry.lines.first { $0.hasPrefix("t_seconds_bucket") && $0.hasSuffix(" 1") }
        #expect(first == "t_seconds_bucket{le=\"\(expected)\"} 1")
        #expect(registry.samples["t_seconds_count"] == "1")
    }

    @Test("a negative duration counts as zero")
    func negativeDuration() {
        registry.makeTimer(label: "t", dimensions: []).recordNanoseconds(-5)
        #expect(registry.samples["t_seconds_sum"] == "0")
    }

    @Test("a label that is called as a histogram's own gets another name")
    func reservedLabel() {
        registry.makeTimer(label: "t", dimensions: [("le", "1"), ("z", "2")]).recordNanoseconds(1)
        #expect(registry.samples["t_seconds_bucket{le_=\"1\",z=\"2\",le=\"+Inf\"}"] == "1")
        registry.makeCounter(label: "c", dimensions: [("le", "1")]).increment(by: 1)
        #expect(registry.samples["c_total{le=\"1\"}"] == "1")
    }

    @Test("eight tasks that count at once lose nothing")
    func concurrent() async {
        await withTaskGroup(of: Void.self) { [registry] group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = registry.makeCounter(label: "c", dimensions: [("a", "1")])
                    let halves = registry.makeFloatingPointCounter(label: "f", dimensions: [])
                    let meter = registry.makeMeter(label: "m", dimensions: [])
                    let recorder = registry.makeRecorder(label: "r", dimensions: [], aggregate: true)
                    let timer = registry.makeTimer(label: "t", dimensions: [])
                    for round in 0..<10_000 {
                        counter.increment(by: 1)
                        halves.increment(by: 0.5)
                        meter.increment(by: 1)
                        recorder.record(Int64(1))
                        timer.recordNanoseconds(500_000_000)
                        if round.isMultiple(of: 2_500) { _ = registry.exposition() }
                    }
                }
            }
        }
        let samples = registry.samples
        #expect(samples["c_total{a=\"1\"}"] == "80000")
        #expect(samples["f_total"] == "40000")
        #expect(samples["m"] == "80000")
        #expect(samples["r_count"] == "80000")
        #expect(samples["r_sum"] == "80000")
        #expect(samples["t_seconds_bucket{le=\"0.5\"}"] == "80000")
        #expect(samples["t_seconds_bucket{le=\"0.25\"}"] == "0")
        #expect(samples["t_seconds_sum"] == "40000")
    }

    @Test("tasks that make the same series at once make it once, also above the most")
    func concurrentMaking() async {
        await withTaskGroup(of: Void.self) { [registry] group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<1_200 {
                        registry.makeCounter(label: "n", dimensions: [("a", "\(number)")]).increment(by: 1)
                    }
                }
            }
        }
        let samples = registry.samples
        #expect(samples.count == 1_000)
        #expect(samples.values.compactMap { Int($0) }.reduce(0, +) == 8 * 1_200)
    }
}
