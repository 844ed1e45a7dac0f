import Glibc

/// The terminal that keys come from, while somebody records: each key counts at once, and none is shown. Used from one
/// task.
///
/// Ctrl-C stays a signal, because that ends the program whatever else it does. Stopping the program by Ctrl-Z would
/// make a hole in the recording, and quitting it by Ctrl-\ would leave the terminal as it is: both mean nothing
/// meanwhile.
final class Terminal {
    private var before = termios()
    private var isChanged = false

    /// Nil where nobody types: standard input is no terminal, or belongs to another program just now.
    init?() {
        guard isatty(STDIN_FILENO) == 1, tcgetpgrp(STDIN_FILENO) == getpgrp() else { return nil }
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
        var now = before
        now.c_lflag &= ~tcflag_t(ICANON | ECHO)
        // Ctrl-S would hold up what is shown, and with it whoever shows it.
        now.c_iflag &= ~tcflag_t(IXON)
        withUnsafeMutableBytes(of: &now.c_cc) { slots in
            // Reading never waits.
            slots[Int(VMIN)] = 0
            slots[Int(VTIME)] = 0
            // Zero is no key at all (_POSIX_VDISABLE).
            slots[Int(VSUSP)] = 0
            slots[Int(VQUIT)] = 0
        }
        guard tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0 else { return nil }
        isChanged = true
    }

    deinit { restore() }

    /// Makes the terminal what it was. A second call does nothing.
    func restore() {
        guard isChanged else { return }
        isChanged = false
        _ = tcsetattr(STDIN_FILENO, TCSANOW, &before)
    }

    /// What was typed since the last call. Never waits.
    func keys() -> [RecorderKey] {
        guard isChanged else { return [] }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = bytes.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
        return bytes.prefix(max(0, count)).compactMap { RecorderKey($0) }
    }
}
