import CoreMetrics
import Telemetry
import Testing

@Suite struct PrometheusRegistryTests {
    let registry = PrometheusRegistry()

    @Test("a registry in which nothing was made is empty")
    func empty() {
        registry.describe("uploads", "Uploads that were begun.")
        #expect(registry.exposition().isEmpty)
    }

    @Test("all kinds together are one text, sorted by family and by labels")
    func whole() {
        registry.describe("uploads", "Uploads that were begun.")
        registry.describe("queue.depth", "Jobs that wait.\nNot those that run.")
        registry.makeCounter(label: "uploads", dimensions: [("kind", "web"), ("device", "b")]).increment(by: 3)
        registry.makeCounter(label: "uploads", dimensions: [("device", "a"), ("kind", "web")]).increment(by: 1)
        registry.makeFloatingPointCounter(label: "cost", dimensions: []).increment(by: 0.75)
        registry.makeMeter(label: "queue.depth", dimensions: []).set(Int64(7))
        registry.makeRecorder(label: "share", dimensions: [], aggregate: false).record(0.5)
        let timer = registry.makeTimer(label: "transcode", dimensions: [("codec", "opus")])
        for milliseconds: Int64 in [1, 250, 90_000] { timer.recordNanoseconds(milliseconds * 1_000_000) }
        #expect(
            registry.exposition() == """
                # TYPE cost_total counter
                cost_total 0.75
                # HELP queue_depth Jobs that wait.\\nNot those that run.
                # TYPE queue_depth gauge
                queue_depth 7
                # TYPE share gauge
                share 0.5
                # TYPE transcode_seconds histogram
                transcode_seconds_bucket{codec="opus",le="0.001"} 1
                transcode_seconds_bucket{codec="opus",le="0.0025"} 1
                transcode_seconds_bucket{codec="opus",le="0.005"} 1
                transcode_seconds_bucket{codec="opus",le="0.01"} 1
                transcode_seconds_bucket{codec="opus",le="0.025"} 1
                transcode_seconds_bucket{codec="opus",le="0.05"} 1
                transcode_seconds_bucket{codec="opus",le="0.1"} 1
                transcode_seconds_bucket{codec="opus",le="0.25"} 2
                transcode_seconds_bucket{codec="opus",le="0.5"} 2
                transcode_seconds_bucket{codec="opus",le="1"} 2
                transcode_seconds_bucket{codec="opus",le="2.5"} 2
                transcode_seconds_bucket{codec="opus",le="5"} 2
                transcode_seconds_bucket{codec="opus",le="10"} 2
                transcode_seconds_bucket{codec="opus",le="30"} 2
                transcode_seconds_bucket{codec="opus",le="60"} 2
                transcode_seconds_bucket{codec="opus",le="+Inf"} 3
                transcode_seconds_sum{codec="opus"} 90.251
                transcode_seconds_count{codec="opus"} 3
                # HELP uploads_total Uploads that were begun.
                # TYPE uploads_total counter
                uploads_total{device="a",kind="web"} 1
                uploads_total{device="b",kind="web"} 3

                """)
    }

    @Test("the registry writes behind what is there already")
    func append() {
        registry.makeCounter(label: "b", dimensions: []).increment(by: 1)
        var text = PrometheusText()
        text.sample("a", [:], 1)
        registry.write(to: &text)
        #expect(text.string == "a 1\n# TYPE b_total counter\nb_total 1\n")
    }

    @Test(
        "help is found by the metric's label and by the family's name", arguments: ["wait.time", "wait_time_seconds"])
    func help(name: String) {
        _ = registry.makeTimer(label: "wait.time", dimensions: [])
        #expect(!registry.exposition().contains("HELP"))
        registry.describe(name, "A first sentence.")
        registry.describe(name, "How long \\ somebody waits.")
        #expect(registry.lines.first == "# HELP wait_time_seconds How long \\\\ somebody waits.")
        #expect(registry.lines.filter { $0.contains("HELP") }.count == 1)
    }

    @Test("an ending that is there is not added again")
    func endings() {
        registry.makeCounter(label: "a_total", dimensions: []).increment(by: 1)
        registry.makeCounter(label: "a", dimensions: []).increment(by: 1)
        _ = registry.makeTimer(label: "b_seconds", dimensions: [])
        #expect(registry.types == ["a_total counter", "b_seconds histogram"])
        #expect(registry.samples["a_total"] == "2")
    }

    @Test("the same name and labels give the same handler, whatever their order")
    func sameHandler() {
        let labels = [("a", "1"), ("b", "2")]
        let turned = [("b", "2"), ("a", "1")]
        #expect(
            registry.makeCounter(label: "c", dimensions: labels)
                === registry.makeCounter(label: "c", dimensions: turned))
        #expect(
            registry.makeFloatingPointCounter(label: "f", dimensions: labels)
                === registry.makeFloatingPointCounter(label: "f", dimensions: turned))
        #expect(
            registry.makeMeter(label: "m", dimensions: labels) === registry.makeMeter(label: "m", dimensions: turned))
        for aggregate in [false, true] {
            #expect(
                registry.makeRecorder(label: "r\(aggregate)", dimensions: labels, aggregate: aggregate)
                    === registry.makeRecorder(label: "r\(aggregate)", dimensions: turned, aggregate: aggregate))
        }
        #expect(
            registry.makeTimer(label: "t", dimensions: labels) === registry.makeTimer(label: "t", dimensions: turned))
        #expect(
            registry.makeCounter(label: "c", dimensions: labels) !== registry.makeCounter(label: "c", dimensions: []))
    }

    @Test("whole and other amounts of one name are one sum")
    func mixedCounter() {
        registry.makeCounter(label: "n", dimensions: []).increment(by: 2)
        registry.makeFloatingPointCounter(label: "n", dimensions: []).increment(by: 0.5)
        #expect(registry.samples == ["n_total": "2.5"])
        registry.makeCounter(label: "n", dimensions: []).reset()
        #expect(registry.samples == ["n_total": "0"])
    }

    @Test("of labels that are called the same the last one counts, and an empty one is none")
    func labels() {
        registry.makeCounter(label: "n", dimensions: [("a.b", "1"), ("a_b", "2")]).increment(by: 1)
        registry.makeCounter(label: "n", dimensions: [("c", "")]).increment(by: 1)
        registry.makeCounter(label: "n", dimensions: []).increment(by: 1)
        #expect(registry.samples == ["n_total{a_b=\"2\"}": "1", "n_total": "2"])
    }

    @Test(
        "a label's value is escaped",
        arguments: [("a\\b", "a\\\\b"), ("a\"b", "a\\\"b"), ("a\nb", "a\\nb"), ("a\"} 5\nx 1", "a\\\"} 5\\nx 1")])
    func escapes(value: String, expected: String) {
        registry.makeCounter(label: "n", dimensions: [("a", value)]).increment(by: 1)
        #expect(registry.exposition() == "# TYPE n_total counter\nn_total{a=\"\(expected)\"} 1\n")
    }

    @Test("a destroyed series vanishes, the others stay, and the next one begins at zero")
    func destroy() {
        let counter = registry.makeCounter(label: "c", dimensions: [("a", "1")])
        counter.increment(by: 5)
        registry.makeCounter(label: "c", dimensions: [("a", "2")]).increment(by: 6)
        registry.destroyCounter(counter)
        #expect(registry.samples == ["c_total{a=\"2\"}": "6"])
        counter.increment(by: 1)
        #expect(registry.samples == ["c_total{a=\"2\"}": "6"])
        registry.makeCounter(label: "c", dimensions: [("a", "1")]).increment(by: 1)
        registry.destroyCounter(counter)
        #expect(registry.samples == ["c_total{a=\"1\"}": "1", "c_total{a=\"2\"}": "6"])
    }

    @Test("a family whose last series is destroyed is gone, of every kind")
    func destroyAll() {
        registry.destroyCounter(registry.makeCounter(label: "c", dimensions: []))
        registry.destroyFloatingPointCounter(registry.makeFloatingPointCounter(label: "f", dimensions: []))
        registry.destroyMeter(registry.makeMeter(label: "m", dimensions: []))
        registry.destroyRecorder(registry.makeRecorder(label: "g", dimensions: [], aggregate: false))
        registry.destroyRecorder(registry.makeRecorder(label: "h", dimensions: [], aggregate: true))
        registry.destroyTimer(registry.makeTimer(label: "t", dimensions: []))
        #expect(registry.exposition().isEmpty)
    }

    @Test("another registry's handler is not destroyed here")
    func destroyForeign() {
        registry.makeCounter(label: "c", dimensions: []).increment(by: 1)
        registry.destroyCounter(PrometheusRegistry().makeCounter(label: "c", dimensions: []))
        registry.destroyCounter(NOOPMetricsHandler.instance)
        registry.destroyRecorder(NOOPMetricsHandler.instance)
        #expect(registry.samples == ["c_total": "1"])
    }
}
