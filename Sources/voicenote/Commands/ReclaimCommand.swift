import ArgumentParser
import Core
import Services

/// `voicenote reclaim`
struct ReclaimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reclaim", abstract: "Remove local copies that are verified elsewhere, and other leftovers.",
        discussion: """
            A server does this by itself (reclaim.intervalSeconds). The last verified copy of anything stays, whatever \
            the settings say.
            """)

    @OptionGroup var options: SettingsOptions
    @Flag(help: "Only print what would be removed, and why.") var dryRun = false
    @Option(help: "Remove at most so many local copies.") var maxDelete: Int?

    func validate() throws {
        if let maxDelete, maxDelete < 0 { throw ValidationError("--max-delete takes 0 or more.") }
    }

    private static func printLine(_ item: Reclaim.Item) {
        print("\(item.kind.rawValue)  \(item.subject)  \(StorageWork.bytes(item.bytes)): \(item.reason)")
    }

    func run() async throws {
        try await StorageWork.with(options) { composition in
            if dryRun {
                var count = 0
                var bytes: Int64 = 0
                try await composition.reclaim.plan { item in
                    Self.printLine(item)
                    count += 1
                    bytes += item.bytes
                }
                let isOff = !composition.settings.reclaim.localCopies
                print(
                    "\(count) would go, \(StorageWork.bytes(bytes)); nothing was changed."
                        + (isOff ? " reclaim.localCopies is off: no local copy would go." : ""))
                return
            }
            let summary = try await composition.reclaim.run(most: maxDelete) { Self.printLine($0) }
            let trashed = try await composition.notes.emptyTrash(olderThan: composition.settings.trash.retention)
            print("\(summary.removed) local copies removed, \(StorageWork.bytes(summary.bytes)).")
            if trashed > 0 { print("\(trashed) notes deleted from the trash.") }
            if summary.kept > 0 {
                print("\(summary.kept) stay, because their copies elsewhere could not be proven; the log says why.")
            }
            if summary.isCut { print("More could go: the limit of deletions ended this run.") }
        }
    }
}
