import ArgumentParser
import NIOPosix
import Blobs
import Core
import Foundation
import Persistence
import Services

/// `voicenote doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Show the settings in effect and check what the system stands on.",
        discussion: "Each check is a line: pass, warn or fail, and what to do. The exit status is 1 if one fails.")

    @OptionGroup var options: SettingsOptions

    @Flag(help: "Print JSON instead of lines.")
    var json = false

    private struct Report: Encodable {
        let settings: [String: String]
        let checks: [StorageHealth.Check]
        let outcome: StorageHealth.Check.Outcome
    }

    func run() async throws {
        let settings = try await options.load()
        let stores = settings.stores.keys.sorted().flatMap { SettingKey.store($0) }
        let values = ([SettingKey.environment] + SettingKey.all + stores).map { key in
            (key, key.isSecret && !key.text(in: settings).isEmpty ? "(secret)" : key.text(in: settings))
        }
        let checks = try await checks(settings)
        let outcome = checks.map(\.outcome).max() ?? .pass
        if json {
            let report = Report(
                settings: Dictionary(uniqueKeysWithValues: values.map { ($0.0.name, $0.1) }), checks: checks,
                outcome: outcome)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            let width = values.map { $0.0.name.count }.max() ?? 0
            for (key, value) in values {
                print("\(key.name.padding(toLength: width, withPad: " ", startingAt: 0))  \(value)")
            }
            print("")
            for check in checks { print("\(check.outcome.rawValue)  \(check.name): \(check.detail)") }
        }
        if outcome == .fail { throw ExitCode.failure }
    }

    /// A line for each store, after asking it whether it is there.
    private func storeChecks(
        _ settings: Settings, _ database: SQLiteDatabase, _ folder: DataFolder
    ) async throws -> [StorageHealth.Check] {
        let stores = try Composition.stores(settings, database: database, threads: .singleton)
        for managed in stores.all {
            try await managed.load()
            do {
                try await managed.check()
            } catch let error as StoreError {
                // The line says what it is.
                managed.note(error)
            }
        }
        let report = try await StorageReport.make(database: database, folder: folder, stores: stores, checks: [])
        for managed in stores.all { try await managed.store.shutdown() }
        return report.checks.filter { $0.name.hasPrefix("store ") }
    }

    private func checks(_ settings: Settings) async throws -> [StorageHealth.Check] {
        let logger = Composition.logger(settings)
        do {
            let (folder, database) = try await Composition.open(settings, logger: logger)
            let health = StorageHealth(folder: folder, settings: settings)
            let store = LocalStore(folder: folder, threads: .singleton)
            let checks =
                health.checkFolder() + (await health.checkDatabase(database))
                + (await health.checkStore(store, database))
                + (try await storeChecks(settings, database, folder))
            try await database.close()
            return checks
        } catch let error as CommandFailure {
            return [StorageHealth.Check("data folder", .fail, error.description)]
        }
    }
}
