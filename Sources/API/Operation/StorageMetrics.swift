import Core
import Services
import Telemetry

/// The report of the storage as figures.
struct StorageMetrics {
    private let report: StorageReport

    init(_ report: StorageReport) {
        self.report = report
    }

    func write(to text: inout PrometheusText) {
        writeHere(to: &text)
        writeStores(to: &text)
        writeUse(to: &text)
        writeScrubs(to: &text)
    }

    private func writeHere(to text: inout PrometheusText) {
        text.family("voicenote_disk_free_bytes", .gauge, "Free space where the data folder is.")
        text.sample("voicenote_disk_free_bytes", [:], report.space.free)
        text.family("voicenote_disk_size_bytes", .gauge, "Size of the disk where the data folder is.")
        text.sample("voicenote_disk_size_bytes", [:], report.space.total)
        text.family("voicenote_local_blobs", .gauge, "Blobs that are on this disk.")
        text.sample("voicenote_local_blobs", [:], report.local.count)
        text.family("voicenote_local_bytes", .gauge, "Bytes of the blobs that are on this disk.")
        text.sample("voicenote_local_bytes", [:], report.local.bytes)
        text.family("voicenote_jobs", .gauge, "Jobs in the queue by state.")
        for state in Job.State.allCases {
            text.sample("voicenote_jobs", ["state": state.rawValue], report.jobs[state] ?? 0)
        }
        text.family("voicenote_health", .gauge, "How the data folder and each store are: 0 pass, 1 warn, 2 fail.")
        for check in report.checks {
            let value = check.outcome == .pass ? 0 : check.outcome == .warn ? 1 : 2
            text.sample("voicenote_health", ["check": check.name], value)
        }
    }

    private func writeStores(to text: inout PrometheusText) {
        guard !report.stores.isEmpty else { return }
        text.family("voicenote_store_condition", .gauge, "1 for the condition that a store is in.")
        for store in report.stores {
            for word in ["up", "down", "vanished", "budget", "paused"] {
                text.sample(
                    "voicenote_store_condition", ["store": store.name, "condition": word],
                    store.condition.word == word ? 1 : 0)
            }
        }
        text.family("voicenote_replicas", .gauge, "Replicas that a store has or is to have, by state.")
        for store in report.stores {
            let totals = store.totals
            let states = [
                ("verified", totals.verified), ("uploading", totals.uploading), ("waiting", totals.waiting),
                ("failed", totals.failed), ("suspect", totals.suspect), ("lost", totals.lost),
            ]
            for (state, count) in states {
                text.sample("voicenote_replicas", ["store": store.name, "state": state], count)
            }
        }
        text.family("voicenote_replica_bytes", .gauge, "Bytes of the verified replicas of a store.")
        for store in report.stores {
            text.sample("voicenote_replica_bytes", ["store": store.name], store.totals.bytes)
        }
    }

    private func writeUse(to text: inout PrometheusText) {
        let families: [(name: String, help: String, value: (StorageReport.StoreState) -> Int64)] = [
            ("requests", "Requests to a store in this month (UTC).", { $0.usage.requests }),
            ("requests_limit", "Requests that a store may get in a month; 0: no limit.", { Int64($0.requestLimit) }),
            ("egress_bytes", "Bytes that came from a store in this month (UTC).", { $0.usage.egress }),
            ("egress_limit_bytes", "Bytes that may come from a store in a month; 0: no limit.", { $0.egressLimit }),
            ("ingress_bytes", "Bytes that went to a store in this month (UTC).", { $0.usage.ingress }),
        ]
        guard !report.stores.isEmpty else { return }
        for (name, help, value) in families {
            text.family("voicenote_store_\(name)", .gauge, help)
            for store in report.stores {
                text.sample("voicenote_store_\(name)", ["store": store.name], value(store))
            }
        }
    }

    private func writeScrubs(to text: inout PrometheusText) {
        let scrubs = ([report.localScrub] + report.stores.map(\.lastScrub)).compactMap(\.self)
        guard !scrubs.isEmpty else { return }
        let families: [(name: String, help: String, value: (Scrub.Report) -> Int64)] = [
            ("time_seconds", "When a store was last re-read, in seconds since 1970.", { $0.at.milliseconds / 1000 }),
            ("read_replicas", "Replicas that the last run re-read.", { Int64($0.read) }),
            ("read_bytes", "Bytes that the last run re-read.", { $0.bytes }),
            ("bad_replicas", "Replicas that the last run found to be wrong or gone.", { Int64($0.bad) }),
            ("repaired_replicas", "Of those, the ones that were repaired at once.", { Int64($0.repaired) }),
            ("unknown_replicas", "Replicas whose store could not be asked.", { Int64($0.unknown) }),
        ]
        for (name, help, value) in families {
            text.family("voicenote_scrub_\(name)", .gauge, help)
            for scrub in scrubs { text.sample("voicenote_scrub_\(name)", ["store": scrub.store], value(scrub)) }
        }
    }
}
