import ArgumentParser
import Core

/// The command-line tool.
struct VoiceNote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "voicenote",
        abstract: "Record, keep and play voice notes on a machine of your own.",
        discussion: """
            Start with "voicenote serve" and open the address that it prints: the page offers to create the owner's \
            account. From another terminal, "voicenote record" records from the microphone, "voicenote add memo.wav" \
            sends a recording and "voicenote list" shows what is there; they need a token, which "voicenote account \
            token" or POST /api/v1/tokens gives.

            Settings come from voicenote.yaml, then .env, then the environment (VOICENOTE_SERVER_PORT=8080), then \
            flags; each overrides the ones before. "voicenote doctor" shows what is in effect and checks it.
            """,
        version: Core.version,
        subcommands: [
            ServeCommand.self, DoctorCommand.self, AccountCommand.self, RecordCommand.self, AddCommand.self,
            ListCommand.self, EditCommand.self, ImportCommand.self, StorageCommand.self, ReclaimCommand.self,
            ScrubCommand.self, MigrateCommand.self, MediaBenchCommand.self, URLBenchCommand.self,
        ])
}

/// An error of a command: one clear line, exit status 1.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
