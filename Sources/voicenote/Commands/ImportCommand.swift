import ArgumentParser
import Blobs
import Core
import Foundation
import Logging
import NIOPosix
import Persistence
import Services

/// `voicenote import`
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring in a folder of recordings, or those of the old recorder.",
        usage: """
            voicenote import PATH --account E-MAIL [--files FOLDER] [--dry-run] [--keep-partial]
            voicenote import --rollback ID [--files FOLDER] [--without-originals]
            voicenote import --list
            """,
        discussion: """
            PATH is a folder, whose audio files are meant with those of all folders below it, or the database app.db of \
            the old recorder, with its files in recordings/raw and recordings/edited beside it. Nothing there is changed. \
            Times without an offset are taken for UTC.

            The database is copied first. Then every recording is stored, analysed, read again and compared with its \
            source. What is there already is skipped. After an interruption, import the same again: it goes on. When a \
            step fails, everything that was brought in is removed again. A recording that is missing in the source is \
            named, the others go on, and the exit status is 1.

            It works on the data folder itself, so no server may run on it.
            """)

    @OptionGroup var options: SettingsOptions
    @Option(help: "The e-mail address of the account that gets the notes.") var account: String?
    @Option(
        help: "The old recorder's folder with raw and edited, where it is not beside the database.",
        completion: .directory)
    var files: String?
    @Flag(help: "Say what would be done, and why; store nothing.") var dryRun = false
    @Flag(help: "When a step fails, keep what was brought in; the next call goes on there.") var keepPartial = false
    @Option(help: "Remove the notes that this import made, and nothing else.") var rollback: String?
    @Flag(help: "Remove also notes whose originals are not in the source any more.") var withoutOriginals = false
    @Flag(help: "List the imports so far.") var list = false
    @Argument(help: "A folder, or the old recorder's database.", completion: .file()) var path: String?

    func validate() throws {
        guard [path != nil, rollback != nil, list].count(where: \.self) == 1 else {
            throw ValidationError("Give a PATH, or --rollback ID, or --list.")
        }
        guard path == nil || account != nil else {
            throw ValidationError("Give --account E-MAIL: somebody must own the notes.")
        }
        guard path != nil || !(dryRun || keepPartial) else {
            throw ValidationError("--dry-run and --keep-partial go with a PATH.")
        }
    }

    func run() async throws {
        let settings = try await options.load()
        let logger = Composition.logger(settings)
        do {
            if list { return try await Self.showImports(settings, logger) }
            // Before anything is opened: nobody else may be at work on the folder.
            let lock = try FolderLock(try Composition.folder(settings))
            defer { withExtendedLifetime(lock) {} }
            if dryRun { return try await plan(settings, logger) }
            try await Self.atWork(settings, logger) { composition in
                if let rollback {
                    try await takeBack(rollback, composition)
                } else {
                    try await bringIn(composition)
                }
            }
        } catch let error as InvalidValue {
            throw CommandFailure(error.message)
        } catch let error as VoiceNoteError {
            throw CommandFailure(error.detail)
        } catch let error as ImportFailure {
            throw CommandFailure(error.description)
        } catch let error as OldRecorderError {
            throw CommandFailure(error.description)
        }
    }

    /// Puts everything together as for a server, and in order after whatever an earlier process left.
    private static func atWork(
        _ settings: Settings, _ logger: Logger, _ body: (Composition) async throws -> Void
    ) async throws {
        let composition = try await Composition.make(settings, logger: logger)
        let result: Result<Void, any Error>
        do {
            _ = try await composition.recovery.run()
            _ = try await composition.ingest.replayJournal()
            result = .success(try await body(composition))
        } catch {
            result = .failure(error)
        }
        try await composition.shutdown()
        try result.get()
    }

    // What it does

    private func bringIn(_ composition: Composition) async throws {
        let account = try await owner(composition.database)
        let source = try source(composition.folder)
        let summary = try await Self.importer(composition).run(source, for: account, keepsPartial: keepPartial) {
            ImportLines.say($0)
        }
        ImportLines.say(summary)
        let problems = summary.problems.count
        guard problems == 0 else {
            throw CommandFailure("The import is done, but has \(problems) problems; they stand above.")
        }
    }

    private func plan(_ settings: Settings, _ logger: Logger) async throws {
        let (folder, database) = try await Composition.open(settings, logger: logger)
        let planner = ImportPlanner(
            database: database, store: LocalStore(folder: folder, threads: .singleton),
            largestFile: settings.limits.largestFile)
        var counts: [ImportPlanner.Action: Int] = [:]
        let findings = try await planner.plan(try source(folder), for: try await owner(database)) { line in
            counts[line.action, default: 0] += 1
            ImportLines.say("\(line.action.rawValue)  \(line.name): \(line.reason)")
        }
        ImportLines.say(findings)
        let parts = [ImportPlanner.Action.take, .skip, .leaveOut].map { "\(counts[$0] ?? 0) to \($0.rawValue)" }
        ImportLines.say(parts.joined(separator: ", ") + ". Nothing was stored.")
        try await database.close()
    }

    private func takeBack(_ text: String, _ composition: Composition) async throws {
        guard let id = Import.ID(text), let record = try await composition.database.read({ try $0.imports.find(id) })
        else { throw CommandFailure("There is no import \(text); voicenote import --list shows those that there are.") }
        let originals = try await originals(of: record, composition)
        let result = try await Self.importer(composition).rollback(id, originals: originals) { ImportLines.say($0) }
        ImportLines.say("\(result.removed) notes were removed.")
        ImportLines.say(result.kept)
        guard result.kept.isEmpty else {
            throw CommandFailure(
                "\(result.kept.count) notes stay: they may be the only copies. To remove them too: --without-originals."
            )
        }
    }

    private static func showImports(_ settings: Settings, _ logger: Logger) async throws {
        try Composition.requireFolder(settings)
        let (_, database) = try await Composition.open(settings, logger: logger)
        for (record, notes) in try await database.read({ try $0.imports.all() }) {
            let error = record.error.map { "  (\($0))" } ?? ""
            let state = "\(record.createdAt)  \(record.state.rawValue)"
            print("\(record.id)  \(state)  \(notes) notes  \(record.source)\(error)")
        }
        try await database.close()
    }

    // What it needs

    private static func importer(_ composition: Composition) -> Importer {
        Importer(ingest: composition.ingest, runner: { composition.runner })
    }

    private func source(_ folder: DataFolder) throws(InvalidValue) -> any ImportSource {
        try ImportSources(folder: folder, endings: AudioFiles.extensions).source(at: path ?? "", files: files)
    }

    private func originals(of record: Import, _ composition: Composition) async throws -> ImportOriginals {
        if withoutOriginals { return .notAsked }
        let sources = ImportSources(folder: composition.folder, endings: AudioFiles.extensions)
        do {
            let source = try sources.source(of: record, files: files)
            return ImportOriginals(try await composition.threads.runIfActive { try source.contents() })
        } catch let error as InvalidValue {
            throw CommandFailure(
                "\(error.message) Without the originals, the notes may be the only copies. "
                    + "To remove them nevertheless: --without-originals.")
        }
    }

    private func owner(_ database: any SQLDatabase) async throws -> Account.ID {
        let email = try AccountRules.email(account ?? "")
        guard let found = try await database.read({ try $0.accounts.find(email: email) }) else {
            throw CommandFailure("There is no account \(email); voicenote account list shows those that there are.")
        }
        return found.id
    }
}
