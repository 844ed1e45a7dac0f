import API
import ArgumentParser
import Audio
import Blobs
import Core
import CoreMetrics
import Foundation
import Logging
import Persistence
import NIOCore
import ServiceLifecycle
import Services
import Telemetry
import UnixSignals

/// `voicenote serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Start the server: page, API and background work in one process.")

    @OptionGroup var options: SettingsOptions

    @Option(help: "The address to listen on.")
    var host: String?

    @Option(help: "The port to listen on; 0 takes a free one.")
    var port: Int?

    func run() async throws {
        var flags: [String] = []
        if let host { flags.append("server.host=\(host)") }
        if let port { flags.append("server.port=\(port)") }
        let settings = try await options.load(extra: flags)
        let logger = Composition.logger(settings)
        // Before anything is opened: a newer program must not migrate what an older server is using.
        let lock = try FolderLock(try Composition.folder(settings))
        let composition = try await Composition.make(settings, logger: logger)
        composition.metrics.describe("voicenote_http_request_seconds", "Time until the answer to a request began.")
        composition.metrics.describe("voicenote_jobs_ended_total", "Jobs by what became of an attempt at them.")
        MetricsSystem.bootstrap(composition.metrics)
        // The lock says that nobody else is at work here.
        let report = try await composition.recovery.run()
        if report.foundSomething { logger.info("went on after an earlier process", metadata: ["report": "\(report)"]) }
        let made = try await composition.ingest.replayJournal()
        if made > 0 { logger.info("recordings came back from the journal", metadata: ["notes": "\(made)"]) }
        try await composition.uploads.load()
        // The first preview after a start is not to wait for a process, either.
        composition.listeners.prepare()
        let server = try Server.application(composition.dependencies) { port in
            Self.announce(settings, port: port, folder: composition.folder.root)
        }
        // They stop in the opposite order: streams, then requests, then background work.
        let services: [any Service] =
            composition.storageServices + [
                composition.runner, composition.exportRunner,
                UploadSweep(uploads: composition.uploads, settings: settings.uploads, logger: logger),
                TrashSweep(notes: composition.notes, retention: settings.trash.retention, logger: logger),
                server,
                EventsEnd(events: composition.events),
            ]
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        // Requests that are under way get this long; then their connections are closed. What uploads brought is kept.
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        do {
            try await group.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw CommandFailure("Port \(settings.server.port) is in use; choose another with server.port.")
        } catch let error as IOError {
            throw CommandFailure(
                "Cannot listen on \(settings.server.host):\(settings.server.port): "
                    + "\(String(cString: strerror(error.errnoCode))). Choose another with server.host.")
        } catch let error as SocketAddressError {
            throw CommandFailure(
                "Cannot listen on \(settings.server.host): \(error). Choose an address of this machine with server.host."
            )
        }
        try await composition.shutdown()
        withExtendedLifetime(lock) {}
    }

    /// The two lines that a person waits for. Standard output is a pipe as often as not: flush.
    private static func announce(_ settings: Settings, port: Int, folder: String) {
        let host = settings.server.host.contains(":") ? "[\(settings.server.host)]" : settings.server.host
        print("VoiceNote listens on http://\(host):\(port)")
        print("Everything is kept in \(folder)")
        fflush(nil)
    }
}

/// Ends the pages' event streams when the server begins to stop, so that it need not wait for open pages.
private struct EventsEnd: Service {
    let events: EventHub

    func run() async throws {
        try await gracefulShutdown()
        events.finish()
    }
}
