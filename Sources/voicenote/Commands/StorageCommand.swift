import ArgumentParser
import Core
import Services

/// `voicenote storage`
struct StorageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage", abstract: "Say where recordings are, and how the stores are.")

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
