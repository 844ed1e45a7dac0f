import ArgumentParser
import Core

/// The flags that choose settings; all commands that touch the data folder share them.
struct SettingsOptions: ParsableArguments {
    @Option(help: "Read settings from this file instead of voicenote.yaml.")
    var config: String?

    @Option(help: "development, testing or production: the profile of defaults.")
    var environment: String?

    @Option(help: "The data folder.")
    var data: String?

    @Option(name: .customLong("set"), help: "Set any setting: KEY=VALUE. Can be repeated.")
    var settings: [String] = []

    func load(extra: [String] = []) async throws -> Settings {
        var flags = settings + extra
        if let environment { flags.append("environment=\(environment)") }
        if let data { flags.append("data.folder=\(data)") }
        return try await SettingsLoader(file: config, flags: flags).load()
    }
}
