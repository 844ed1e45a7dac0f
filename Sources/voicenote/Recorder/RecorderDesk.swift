import Glibc

/// What stands between a recorder and a person: keys and signals come in, lines go out. Used from one task.
final class RecorderDesk {
    /// How often lines come where they cannot be overwritten.
    private static let plainEvery = Duration.seconds(10)
    private static let drawEvery = Duration.milliseconds(100)

    private let terminal: Terminal?
    private let canDraw: Bool
    private let signals: StopSignals
    private let listening: Task<Void, Never>
    private var signalsSeen = 0
    private var nextShow = ContinuousClock.now
    private var isDrawn = false

    private init(_ terminal: Terminal?, _ signals: StopSignals, _ listening: Task<Void, Never>) {
        self.terminal = terminal
        self.signals = signals
        self.listening = listening
        canDraw = isatty(STDERR_FILENO) == 1
    }

    /// Begins to listen to keys, where there is a terminal, and to signals.
    static func open() async -> RecorderDesk {
        let signals = StopSignals()
        let hasTerminal = isatty(STDIN_FILENO) == 1
        var before = termios()
        let isKnown = hasTerminal && tcgetattr(STDIN_FILENO, &before) == 0
        let listening = await signals.listen(hasTerminal: hasTerminal) { [before] in
            var settings = before
            if isKnown { _ = tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
            _exit(130)
        }
        // Last, so that a signal cannot end the program and leave the terminal changed.
        return RecorderDesk(Terminal(), signals, listening)
    }

    /// Whether somebody can press keys.
    var hasKeys: Bool { terminal != nil }

    /// Makes the terminal what it was.
    func close() {
        clear()
        terminal?.restore()
        listening.cancel()
    }

    /// What was asked for since the last call; a signal asks to quit.
    func keys() -> [RecorderKey] {
        var keys = terminal?.keys() ?? []
        let count = signals.count
        if count > signalsSeen { keys.append(.quit) }
        signalsSeen = count
        return keys
    }

    /// Shows one of the two, when it is time to: `line` is overwritten by the next one, `plain` stays.
    func show(line: @autoclosure () -> String, plain: @autoclosure () -> String) {
        guard ContinuousClock.now >= nextShow, StandardError.isReady else { return }
        nextShow = .now + (canDraw ? Self.drawEvery : Self.plainEvery)
        guard canDraw else { return StandardError.say(plain()) }
        // A line that is too long is cut off at the edge instead of wrapped.
        StandardError.write("\r\u{1B}[?7l\(line())\u{1B}[K\u{1B}[?7h")
        isDrawn = true
    }

    /// Says something that stays.
    func say(_ text: String) {
        clear()
        StandardError.say(text)
    }

    /// Prints what other programs may read, in its place below what stays.
    func report(_ text: String) {
        clear()
        print(text)
        fflush(nil)
    }

    private func clear() {
        guard isDrawn else { return }
        StandardError.write("\r\u{1B}[K")
        isDrawn = false
    }
}
