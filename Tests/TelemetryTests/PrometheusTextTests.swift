import Telemetry
import Testing

@Suite struct PrometheusTextTests {
    static func text(_ write: (inout PrometheusText) -> Void) -> String {
        var text = PrometheusText()
        write(&text)
        return text.string
    }

    @Test("figures of the moment are written as families and samples, in their order")
    func whole() {
        var text = PrometheusText()
        text.family("voicenote_replicas", .gauge, "Replicas of a store by state.")
        text.sample("voicenote_replicas", ["store": "s3", "state": "verified"], 12.0)
        text.sample("voicenote_replicas", ["store": "local", "state": "missing"], 3)
        text.family("voicenote_load", .untyped)
        text.sample("voicenote_load", [:], 0.25)
        let expected = """
            # HELP voicenote_replicas Replicas of a store by state.
            # TYPE voicenote_replicas gauge
            voicenote_replicas{state="verified",store="s3"} 12
            voicenote_replicas{state="missing",store="local"} 3
            # TYPE voicenote_load untyped
            voicenote_load 0.25

            """
        #expect(text.string == expected)
        #expect(text.description == expected)
        #expect("\(text)" == expected)
    }

    @Test("an empty text is empty, and the content type names the version")
    func empty() {
        #expect(PrometheusText().string.isEmpty)
        #expect(PrometheusText.contentType == "text/plain; version=0.0.4; charset=utf-8")
    }

    @Test(
        "a figure has no decimal point if it is whole, and is otherwise exact",
        arguments: [
            (0, "0"), (-0.0, "-0"), (12, "12"), (-7, "-7"), (0.25, "0.25"), (-0.5, "-0.5"), (0.0025, "0.0025"),
            (1_000_000_000, "1000000000"), (9_007_199_254_740_992, "9007199254740992"), (1e21, "1e+21"),
            (1e-7, "1e-07"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
        ] as [(Double, String)])
    func numbers(value: Double, expected: String) {
        #expect(Self.text { $0.sample("n", [:], value) } == "n \(expected)\n")
    }

    @Test("a whole figure keeps all its digits")
    func integers() {
        #expect(Self.text { $0.sample("n", [:], Int64.max) } == "n 9223372036854775807\n")
        #expect(Self.text { $0.sample("n", [:], Int64.min) } == "n -9223372036854775808\n")
        #expect(Self.text { $0.sample("n", [:], UInt64.max) } == "n 18446744073709551615\n")
    }

    @Test(
        "a label's value escapes backslash, double quote and line feed",
        arguments: [
            ("a\\b", "a\\\\b"), ("a\"b", "a\\\"b"), ("a\nb", "a\\nb"), ("a\r\nb", "a\r\\nb"), ("\\n", "\\\\n"),
            ("\\\"\n", "\\\\\\\"\\n"), ("{a=1,b}", "{a=1,b}"), ("Grüße 🎙️", "Grüße 🎙️"),
        ])
    func values(value: String, expected: String) {
        #expect(Self.text { $0.sample("n", ["a": value], 1) } == "n{a=\"\(expected)\"} 1\n")
    }

    @Test(
        "a help text escapes backslash and line feed, and no quote",
        arguments: [
            ("a\\b", "a\\\\b"), ("a\nb", "a\\nb"), ("a\r\nb", "a\r\\nb"), ("a \"b\"", "a \"b\""),
            ("\\n", "\\\\n"),
        ])
    func help(help: String, expected: String) {
        #expect(Self.text { $0.family("n", .counter, help) } == "# HELP n \(expected)\n# TYPE n counter\n")
    }

    @Test(
        "a metric's name is made one that the format allows",
        arguments: [
            ("http.requests", "http_requests"), ("a-b c/d", "a_b_c_d"), ("9lives", "_9lives"), ("a9", "a9"),
            ("job:rate", "job:rate"), (":a", ":a"), ("größe", "gr__e"), ("__a", "__a"), ("A_Z", "A_Z"), ("", "_"),
            ("a\nb", "a_b"), ("a{b=\"c\"}", "a_b__c__"),
        ])
    func metricNames(name: String, expected: String) {
        #expect(Self.text { $0.sample(name, [:], 1) } == "\(expected) 1\n")
        #expect(Self.text { $0.family(name, .gauge, "Help.") }.hasPrefix("# HELP \(expected) Help.\n"))
    }

    @Test(
        "a label's name is made one that the format allows, without colons and out of the reserved ones",
        arguments: [
            ("http.method", "http_method"), ("a:b", "a_b"), ("4xx", "_4xx"), ("", "_"), ("_a", "_a"),
            ("__name__", "_name__"), ("--a", "_a"), ("é", "_"), ("le", "le"),
        ])
    func labelNames(name: String, expected: String) {
        #expect(Self.text { $0.sample("n", [name: "1"], 1) } == "n{\(expected)=\"1\"} 1\n")
    }

    @Test("labels are sorted by name, no name is there twice, and one without a value is left out")
    func labels() {
        #expect(
            Self.text { $0.sample("n", ["b": "1", "B": "2", "a": "3", "_": "4"], 1) }
                == "n{B=\"2\",_=\"4\",a=\"3\",b=\"1\"} 1\n")
        #expect(Self.text { $0.sample("n", ["a.b": "1", "a_b": "2"], 1) } == "n{a_b=\"2\"} 1\n")
        #expect(Self.text { $0.sample("n", ["a": "", "b": "1"], 1) } == "n{b=\"1\"} 1\n")
        #expect(Self.text { $0.sample("n", ["a": ""], 1) } == "n 1\n")
    }
}
