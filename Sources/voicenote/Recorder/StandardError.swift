import Glibc

/// What a person reads while a command is at work. Nothing happens when nobody is there any more: a recording must not
/// end because its terminal did.
enum StandardError {
    /// Whether writing would not wait. A terminal whose other end is stuck makes everybody wait who writes to it: what
    /// can be left out is, so that a recording ends at its limits all the same.
    static var isReady: Bool {
        var wanted = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        return poll(&wanted, 1, 0) != 0
    }

    static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    static func say(_ line: String) { write(line + "\n") }
}
