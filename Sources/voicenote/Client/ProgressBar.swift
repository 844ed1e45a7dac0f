import Foundation
import Synchronization

/// A line at the terminal that shows how far a transfer is; nothing where standard error is no terminal.
final class ProgressBar: Sendable {
    private let name: String
    private let total: Int64
    private let isShown = isatty(STDERR_FILENO) == 1
    private let state = Mutex((done: Int64(0), shown: -1))
    private static let width = 30

    init(_ name: String, total: Int64) {
        self.name = name
        self.total = total
    }

    func advance(by bytes: Int) {
        guard isShown else { return }
        let percent: Int? = state.withLock { state in
            state.done += Int64(bytes)
            let percent = total == 0 ? 100 : Int(state.done * 100 / total)
            guard percent != state.shown else { return nil }
            state.shown = percent
            return percent
        }
        if let percent { show(percent) }
    }

    /// Goes to the place, forwards or back.
    func set(_ bytes: Int64) {
        state.withLock { $0.done = bytes }
        advance(by: 0)
    }

    /// Writes a line of its own, also where no bar is shown.
    func say(_ text: String) {
        finish()
        FileHandle.standardError.write(Data("\(name): \(text)\n".utf8))
    }

    /// Clears the line.
    func finish() {
        guard isShown else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }

    private func show(_ percent: Int) {
        let filled = percent * Self.width / 100
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        FileHandle.standardError.write(Data("\r\(bar) \(percent) %  \(name)\u{1B}[K".utf8))
    }
}
