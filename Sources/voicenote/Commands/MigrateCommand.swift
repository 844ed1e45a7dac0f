import ArgumentParser
import Core
import Foundation
import Services

/// `voicenote migrate`
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Move all recordings to a store, and back.",
        discussion: """
            Steps: plan, copy, verify, switch, settle, reclaim. Recordings can be played during all of them; an \
            interrupted migration goes on with the next start; every step can be rolled back.
            """, subcommands: [MigrateTo.self, MigrateStatus.self, MigrateRollback.self])
}

/// `voicenote migrate to STORE`
struct MigrateTo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "to", abstract: "Move all recordings to a store, or go on with that.")

    @Argument(help: "The name of a configured store.") var store: String
    @OptionGroup var options: SettingsOptions
    @Flag(help: "Only print what would be moved.") var dryRun = false
    @Flag(help: "Leave it to the running server, and return at once.") var detach = false

    func run() async throws {
        try await StorageWork.with(options) { composition in
            let (blobs, bytes) = try await composition.moves.plan(to: store)
            if dryRun {
                print(
                    "\(blobs) files with \(StorageWork.bytes(bytes)) would be copied to \(store), and then all local copies "
                        + "removed that have \(composition.settings.replication.copies) verified elsewhere; nothing was "
                        + "changed.")
                return
            }
            let latest = try await composition.moves.latest()
            if let latest, latest.step == .rollback {
                throw CommandFailure(
                    "The migration to \(latest.store) is being taken back; see voicenote migrate status, and begin again "
                        + "when that is done.")
            } else if let latest, !latest.step.isEnd, latest.store == store {
                print("Going on with the migration to \(store), at \(latest.step.rawValue).")
            } else {
                _ = try await composition.moves.begin(to: store)
                print("\(blobs) files with \(StorageWork.bytes(bytes)) are to be copied to \(store).")
            }
            if detach { return }
            try await MigrationWatch.follow(composition)
        }
    }
}

/// `voicenote migrate status`
struct MigrateStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Say where a migration stands.")

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        try await StorageWork.with(options) { composition in
            guard let move = try await composition.moves.latest() else { return print("There was no migration.") }
            print(MigrationWatch.line(move))
        }
    }
}

/// `voicenote migrate rollback`
struct MigrateRollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Take the last migration back: every recording is brought back here.",
        discussion: "What the store has stays there: it is one more copy.")

    @OptionGroup var options: SettingsOptions
    @Flag(help: "Leave it to the running server, and return at once.") var detach = false

    func run() async throws {
        try await StorageWork.with(options) { composition in
            let move = try await composition.moves.rollBack()
            print(MigrationWatch.line(move))
            if !detach, !move.step.isEnd { try await MigrationWatch.follow(composition) }
        }
    }
}

/// Shows how a migration goes until it ends, and does the work where no server does.
enum MigrationWatch {
    static func line(_ move: Move) -> String {
        let count = move.total > 0 ? " \(move.done) of \(move.total)" : move.done > 0 ? " \(move.done)" : ""
        return "\(move.store): \(move.step.rawValue)\(count)" + (move.error.map { " - waits: \($0)" } ?? "")
    }

    static func follow(_ composition: Composition) async throws {
        guard let lock = StorageWork.lockIfAlone(composition) else {
            print("The running server does the work.")
            return try await watch(composition)
        }
        try await StorageWork.withBackgroundWork(composition) { try await watch(composition) }
        withExtendedLifetime(lock) {}
    }

    @Sendable private static func watch(_ composition: Composition) async throws {
        var last = ""
        while let move = try await composition.moves.latest() {
            let line = line(move)
            if line != last {
                print(line)
                fflush(nil)
                last = line
            }
            if move.step.isEnd { return }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
