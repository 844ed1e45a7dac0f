import ArgumentParser
import Core
import Services

/// `voicenote storage`
struct StorageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage", abstract: "Say where recordings are, and how the stores are.",
        subcommands: [Show.self, Forget.self], defaultSubcommand: Show.self)
}

/// `voicenote storage forget`
private struct Forget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Count everything in a store as lost: its disk is broken, or it was replaced by an empty one.",
        discussion: """
            Nothing is deleted. If the store is still in the settings, everything is copied to it again, and it gets a new \
            marker. Works beside a server and without one.
            """)

    @OptionGroup var options: SettingsOptions
    @Argument(help: "The store, as it was called in the settings.") var store: String
    @Flag(help: "Also where the only verified copy of something was in it.") var evenTheLast = false

    func run() async throws {
        try await StorageWork.with(options) { composition in
            let count = try await composition.storage.forget(store, evenTheLast: evenTheLast)
            print(
                "\(count) copies in \(store) count as lost."
                    + (composition.stores[store] == nil ? "" : " They are made again as soon as a server runs."))
        }
    }
}

/// `voicenote storage show`
private struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Say where recordings are (also without this word).")

    @OptionGroup var options: SettingsOptions
    func run() async throws {
        try await StorageWork.with(options) { composition in
            for managed in composition.stores.all { try await composition.storage.act(.check, on: managed.name) }
            let report = try await composition.storage.report()
            print(
                "local: \(report.local.count) files, \(StorageWork.bytes(report.local.bytes)), "
                    + "\(StorageWork.bytes(report.space.free)) free")
            for store in report.stores {
                let totals = store.totals
                print(
                    "\(store.name) (\(store.kind.rawValue)) \(store.condition.word): \(totals.verified) verified, \(StorageWork.bytes(totals.bytes)), "
                        + "\(totals.waiting + totals.uploading) on their way, \(totals.failed) given up, "
                        + "\(totals.suspect) suspect, \(totals.lost) lost; "
                        + "\(store.usage.requests) requests and \(StorageWork.bytes(store.usage.egress)) read this month"
                )
            }
            for check in report.checks where check.outcome != .pass {
                print("\(check.outcome.rawValue)  \(check.name): \(check.detail)")
            }
            if let move = report.move { print(MigrationWatch.line(move)) }
        }
    }
}
