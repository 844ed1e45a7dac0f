import CSandbox
import Glibc
import Synchronization

/// What to start as a worker.
struct WorkerCommand: Sendable {
    let executable: String
    let arguments: [String]
}

/// A worker process and the server's end of its socket. `kill` may be called from anywhere; the rest belongs to the
/// thread that started it.
final class WorkerProcess: Sendable {
    let processIdentifier: pid_t
    let channel: WorkerChannel
    /// The process until it was waited for: afterwards its number may be another's.
    private let living: Mutex<pid_t?>

    /// Starts the process with nothing but its end of the socket: no environment of ours, no descriptor of ours.
    init(_ command: WorkerCommand) throws(MediaError) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw .workerUnavailable(reason: String(cString: strerror(errno)))
        }
        let started = Self.spawn(command, socket: ends[1])
        close(ends[1])
        guard case .success(let identifier) = started else {
            close(ends[0])
            guard case .failure(let error) = started else { throw .workerUnavailable(reason: "") }
            throw error
        }
        processIdentifier = identifier
        channel = WorkerChannel(socket: ends[0])
        living = Mutex(identifier)
    }

    deinit {
        _ = end()
        close(channel.socket)
    }

    /// Ends the process without waiting for it.
    func kill() {
        living.withLock { identifier in
            if let identifier { _ = Glibc.kill(identifier, SIGKILL) }
        }
    }

    /// Whether the process has ended by itself, or was killed by others.
    var hasEnded: Bool {
        living.withLock { identifier in
            guard let identifier else { return true }
            var found = siginfo_t()
            // Without taking it away: its number stays its own until it is waited for.
            let result = waitid(P_PID, id_t(identifier), &found, WEXITED | WNOHANG | WNOWAIT)
            return result == 0 && found.si_signo == SIGCHLD
        }
    }

    /// Ends the process if it has not ended, and answers the signal that did it, 0 for none.
    func end() -> Int32 {
        living.withLock { identifier in
            guard let process = identifier else { return 0 }
            _ = Glibc.kill(process, SIGKILL)
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            identifier = nil
            return status & 0x7F
        }
    }

    private static func spawn(_ command: WorkerCommand, socket: Int32) -> Result<pid_t, MediaError> {
        var arguments = ([command.executable] + command.arguments).map { strdup($0) } + [nil]
        // A crash is the server's to report; the backtracer would take seconds and needs what the sandbox denies.
        var environment = [strdup("SWIFT_BACKTRACE=enable=no"), nil]
        defer { for word in arguments + environment { free(word) } }
        var identifier: pid_t = 0
        let result = vn_spawn(command.executable, &arguments, &environment, socket, &identifier)
        guard result == 0 else {
            return .failure(.workerUnavailable(reason: "\(command.executable): \(String(cString: strerror(-result)))"))
        }
        return .success(identifier)
    }
}
