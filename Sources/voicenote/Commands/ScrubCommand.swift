import ArgumentParser
import Core
import Services

/// `voicenote scrub`
struct ScrubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub", abstract: "Re-read what is stored, and repair what is bad from what is good.",
        discussion: """
            A server does this by itself, a little every hour (scrub.dailyMB). The exit status is 1 when something bad was \
            found that could not be repaired.
            """)

    @OptionGroup var options: SettingsOptions
    @Option(help: "Only this store; \"local\" is the data folder.") var store: String?
    @Flag(help: "Read everything, also what was verified a short while ago.") var all = false

    func run() async throws {
        let isSound = try await StorageWork.with(options) { composition in
            let names = composition.scrub.storeNames
            if let store, !names.contains(store) {
                throw CommandFailure("There is no store \(store); there are \(names.joined(separator: ", ")).")
            }
            var isSound = true
            for name in names where store == nil || store == name {
                let report = try await composition.scrub.run(
                    name, bytes: all ? nil : composition.settings.scrub.dailyBytes)
                print(
                    "\(name): \(report.read) read, \(StorageWork.bytes(report.bytes)), \(report.bad) bad, "
                        + "\(report.repaired) repaired, \(report.unknown) not to be asked"
                        + (report.next == nil ? "" : "; the next run goes on"))
                if report.bad > report.repaired { isSound = false }
            }
            return isSound
        }
        if !isSound { throw ExitCode.failure }
    }
}
