import ArgumentParser
import Foundation
import Synchronization
import UnixSignals

/// Work that Ctrl-C ends in an orderly way: it is cancelled, cleans up, and only then the program ends.
enum Interruption {
    /// The exit status of a program that Ctrl-C ended, as shells count it.
    private static let status: Int32 = 130

    /// Carries the work out; at SIGINT or SIGTERM its task is cancelled.
    /// - Throws: what the work throws; an exit status where it was interrupted.
    static func handling(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let wasInterrupted = Mark()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let task = Task { try await work() }
        let watch = Task {
            for await _ in signals {
                wasInterrupted.set()
                task.cancel()
            }
        }
        defer { watch.cancel() }
        do {
            try await task.value
        } catch {
            guard wasInterrupted.isSet else { throw error }
            FileHandle.standardError.write(Data("Error: Interrupted; no file was left half written.\n".utf8))
            throw ExitCode(status)
        }
    }

    private final class Mark: Sendable {
        private let value = Atomic(false)

        func set() { value.store(true, ordering: .relaxed) }
        var isSet: Bool { value.load(ordering: .relaxed) }
    }
}
