import Core
import Foundation
import Logging
import ServiceLifecycle
import Services

/// What the commands about stores have in common: they work on the data folder itself, beside a server or without one.
enum StorageWork {
    /// Runs the body with everything put together.
    static func with<Value>(
        _ options: SettingsOptions, _ body: (Composition) async throws -> Value
    ) async throws -> Value {
        let settings = try await options.load()
        try Composition.requireFolder(settings)
        var logger = Composition.logger(settings)
        // Lines of the program stand between the lines of the command otherwise.
        if settings.log.level == "info" { logger.logLevel = .warning }
        let composition = try await Composition.make(settings, logger: logger)
        do {
            let value = try await body(composition)
            try await composition.shutdown()
            return value
        } catch {
            try? await composition.shutdown()
            throw error
        }
    }

    /// Whether no server is at work on the folder; while the lock is held, none can begin.
    static func lockIfAlone(_ composition: Composition) -> FolderLock? {
        try? FolderLock(composition.folder)
    }

    /// Runs transfers and the like in this process until the body ends: where no server does.
    static func withBackgroundWork<Value: Sendable>(
        _ composition: Composition, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            for service in composition.storageServices {
                group.addTask {
                    try await service.run()
                    return nil
                }
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    static func bytes(_ count: Int64) -> String {
        count < 10_000 ? "\(count) bytes" : count < 10_000_000 ? "\(count / 1000) kB" : "\(count / 1_000_000) MB"
    }
}
