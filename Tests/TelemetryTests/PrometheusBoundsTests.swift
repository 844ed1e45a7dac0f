import CoreMetrics
import Telemetry
import Testing

/// What keeps the output right whatever is asked for: clashes of names, and the most series of a family.
@Suite struct PrometheusBoundsTests {
    let registry = PrometheusRegistry()

    @Test("a name of another kind is counted with its type behind")
    func clash() {
        registry.makeMeter(label: "size", dimensions: []).set(Int64(1))
        registry.makeRecorder(label: "size", dimensions: [], aggregate: true).record(Int64(2))
        registry.makeMeter(label: "size", dimensions: []).set(Int64(3))
        registry.makeRecorder(label: "size", dimensions: [], aggregate: true).record(Int64(4))
        #expect(registry.types == ["size gauge", "size_histogram histogram"])
        #expect(registry.samples["size"] == "3")
        #expect(registry.samples["size_histogram_count"] == "2")
    }

    @Test("a counter's ending counts as a part of its name, whoever comes first")
    func clashOfEndings() {
        registry.makeCounter(label: "a", dimensions: []).increment(by: 1)
        registry.makeMeter(label: "a_total", dimensions: []).set(Int64(2))
        registry.makeMeter(label: "b_total", dimensions: []).set(Int64(3))
        registry.makeCounter(label: "b", dimensions: []).increment(by: 4)
        #expect(
            registry.samples == ["a_total": "1", "a_total_gauge": "2", "b_total": "3", "b_counter_total": "4"])
    }

    @Test("timers and other histograms are kept apart, for their bounds are not the same")
    func clashOfHistograms() {
        _ = registry.makeTimer(label: "a", dimensions: [])
        _ = registry.makeRecorder(label: "a_seconds", dimensions: [], aggregate: true)
        _ = registry.makeRecorder(label: "b_seconds", dimensions: [], aggregate: true)
        _ = registry.makeTimer(label: "b", dimensions: [])
        #expect(
            registry.types == [
                "a_seconds histogram", "a_seconds_histogram histogram", "b_histogram_seconds histogram",
                "b_seconds histogram",
            ])
    }

    @Test("the names of a histogram's samples are taken too", arguments: ["bucket", "sum", "count"])
    func clashOfSamples(ending: String) {
        registry.makeRecorder(label: "a", dimensions: [], aggregate: true).record(Int64(1))
        registry.makeMeter(label: "a_\(ending)", dimensions: []).set(Int64(2))
        registry.makeMeter(label: "b_\(ending)", dimensions: []).set(Int64(3))
        registry.makeRecorder(label: "b", dimensions: [], aggregate: true).record(Int64(4))
        let expected: Set = [
            "a histogram", "a_\(ending)_gauge gauge", "b_\(ending) gauge", "b_histogram histogram",
        ]
        #expect(Set(registry.types) == expected)
        #expect(registry.samples["a_\(ending)_gauge"] == "2")
        #expect(registry.samples["b_histogram_count"] == "1")
    }

    @Test("a name with its type behind may be taken too")
    func clashTwice() {
        _ = registry.makeRecorder(label: "a", dimensions: [], aggregate: true)
        _ = registry.makeRecorder(label: "a_gauge", dimensions: [], aggregate: true)
        registry.makeMeter(label: "a", dimensions: []).set(Int64(1))
        #expect(registry.samples["a_gauge_gauge"] == "1")
    }

    @Test("a destroyed name stays with its kind")
    func clashAfterDestroy() {
        registry.destroyMeter(registry.makeMeter(label: "a", dimensions: []))
        _ = registry.makeRecorder(label: "a", dimensions: [], aggregate: true)
        #expect(registry.types == ["a_histogram histogram"])
    }

    @Test("after the most series further labels share one, and no count is lost")
    func cap() {
        for user in 0..<1_500 {
            registry.makeCounter(label: "n", dimensions: [("user", "\(user)"), ("kind", "web")]).increment(by: 1)
        }
        let samples = registry.samples
        #expect(samples.count == 1_000)
        #expect(PrometheusRegistry.maximumSeries == 1_000)
        #expect(samples["n_total{kind=\"web\",user=\"998\"}"] == "1")
        #expect(samples["n_total{kind=\"web\",user=\"999\"}"] == nil)
        #expect(samples["n_total{kind=\"other\",user=\"other\"}"] == "501")
    }

    @Test("the labels that have a series keep it, and the shared one is the same for all")
    func capKeeps() {
        let first = registry.makeMeter(label: "n", dimensions: [("a", "0")])
        for number in 1..<1_500 { _ = registry.makeMeter(label: "n", dimensions: [("a", "\(number)")]) }
        #expect(registry.makeMeter(label: "n", dimensions: [("a", "0")]) === first)
        let shared = registry.makeMeter(label: "n", dimensions: [("a", "1400")])
        #expect(registry.makeMeter(label: "n", dimensions: [("b", "1"), ("c", "2")]) === shared)
        #expect(registry.makeMeter(label: "n", dimensions: [("a", "other")]) === shared)
        #expect(registry.makeMeter(label: "m", dimensions: [("a", "1400")]) !== shared)
    }

    @Test("the bound holds for names of labels as well")
    func capOfNames() {
        for number in 0..<1_500 {
            registry.makeCounter(label: "n", dimensions: [("label\(number)", "1")]).increment(by: 1)
        }
        #expect(registry.samples.count == 1_000)
        #expect(registry.samples["n_total{label999=\"other\"}"] == "501")
    }

    @Test("labels that are called other from the start are there once")
    func capWithOther() {
        registry.makeCounter(label: "n", dimensions: [("a", "other")]).increment(by: 1)
        for number in 0..<1_500 {
            registry.makeCounter(label: "n", dimensions: [("a", "\(number)")]).increment(by: 1)
        }
        let lines = registry.lines.filter { !$0.hasPrefix("#") }
        #expect(lines.count == 1_000)
        #expect(registry.samples.count == 1_000)
        #expect(registry.samples["n_total{a=\"other\"}"] == "502")
    }

    @Test("the shared series is not destroyed, and a destroyed one leaves its place to another")
    func capAndDestroy() {
        let first = registry.makeCounter(label: "n", dimensions: [("a", "0")])
        for number in 1..<1_000 { _ = registry.makeCounter(label: "n", dimensions: [("a", "\(number)")]) }
        let shared = registry.makeCounter(label: "n", dimensions: [("a", "1000")])
        shared.increment(by: 3)
        registry.destroyCounter(shared)
        #expect(registry.samples["n_total{a=\"other\"}"] == "3")
        registry.destroyCounter(first)
        #expect(registry.samples.count == 999)
        registry.makeCounter(label: "n", dimensions: [("a", "new")]).increment(by: 1)
        registry.makeCounter(label: "n", dimensions: [("a", "newer")]).increment(by: 1)
        #expect(registry.samples.count == 1_000)
        #expect(registry.samples["n_total{a=\"new\"}"] == "1")
        #expect(registry.samples["n_total{a=\"other\"}"] == "4")
    }
}
