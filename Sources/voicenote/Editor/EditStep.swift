import Core
import Synchronization

/// One operation as it was asked for on the command line.
struct EditStep: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case trim(EditSpan)
        case cut(EditSpan)
        case split(EditPoint)
        /// A note, or a file.
        case join(String)
        case insertSilence(at: EditPoint, EditLength)
        case move(EditSpan, to: EditPoint)
        case gain(EditSpan, decibels: Double)
        case fadeIn(EditLength)
        case fadeOut(EditLength)
        case removeSilence(minimum: EditLength, keep: EditLength)
        case noiseReduction(Double)
        case normalize(LoudnessTarget?)
    }

    /// Grows from one option to the next: the parser reads them in the order of the command line.
    let number: Int
    /// As it was written, for what is said about it.
    let text: String
    let action: Action

    private static let numbers = Atomic(0)

    private init(_ option: String, _ value: String, _ action: Action) {
        number = Self.numbers.add(1, ordering: .relaxed).newValue
        text = "--\(option) \(value)"
        self.action = action
    }

    /// What `--remove-silence` without a value stands for.
    static let usualSilence = "1s,0.2s"
    /// The shortest silence that analysis finds.
    private static let shortestSilence: Int64 = 500_000_000

    @Sendable static func trim(_ text: String) throws -> EditStep {
        EditStep("trim", text, .trim(try span(text)))
    }

    @Sendable static func cut(_ text: String) throws -> EditStep {
        EditStep("cut", text, .cut(try span(text)))
    }

    @Sendable static func split(_ text: String) throws -> EditStep {
        EditStep("split", text, .split(try point(text)))
    }

    @Sendable static func join(_ text: String) throws -> EditStep {
        guard !text.isEmpty else { throw EditTextError("Name a note or a file.") }
        return EditStep("join", text, .join(text))
    }

    @Sendable static func insertSilence(_ text: String) throws -> EditStep {
        guard let plus = text.lastIndex(of: "+"), let length = EditLength(text[text.index(after: plus)...]),
            let position = EditPoint(text[..<plus]), !length.isZero
        else { throw EditTextError("Write where and how long, such as 1m+2s, or end+500ms.") }
        return EditStep("insert-silence", text, .insertSilence(at: position, length))
    }

    @Sendable static func move(_ text: String) throws -> EditStep {
        guard let mark = text.lastIndex(of: "@"), let range = EditSpan(text[..<mark]),
            let target = EditPoint(text[text.index(after: mark)...])
        else { throw EditTextError("Write what and where to, such as 10s..20s@0s, or ..5s@end.") }
        return EditStep("move", text, .move(range, to: target))
    }

    @Sendable static func gain(_ text: String) throws -> EditStep {
        let mark = text.lastIndex(of: "=")
        let range = mark.map { EditSpan(text[..<$0]) } ?? .whole
        let value = mark.map { text[text.index(after: $0)...] } ?? text[...]
        guard let range, let decibels = EditNumber.decimal(value, unit: "dB") else {
            throw EditTextError("Write decibels such as -3 for everything, or a range with them: 10s..20s=+3.")
        }
        return EditStep("gain", text, .gain(range, decibels: decibels))
    }

    @Sendable static func fadeIn(_ text: String) throws -> EditStep {
        EditStep("fade-in", text, .fadeIn(try length(text)))
    }

    @Sendable static func fadeOut(_ text: String) throws -> EditStep {
        EditStep("fade-out", text, .fadeOut(try length(text)))
    }

    @Sendable static func removeSilence(_ text: String) throws -> EditStep {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let lengths = parts.compactMap { EditLength($0) }
        guard (1...2).contains(parts.count), lengths.count == parts.count, let minimum = lengths.first else {
            throw EditTextError(
                "Write the shortest silence to remove and how much of it stays at each side, such as 1s,0.2s.")
        }
        if case .nanoseconds(let time) = minimum, time < shortestSilence {
            throw EditTextError("Silence is known from 0.5s on; write a longer one.")
        }
        let keep = lengths.count == 2 ? lengths[1] : .nanoseconds(200_000_000)
        return EditStep("remove-silence", text, .removeSilence(minimum: minimum, keep: keep))
    }

    @Sendable static func noiseReduction(_ text: String) throws -> EditStep {
        guard let strength = EditNumber.decimal(text), EditSettings.strengths.contains(strength) else {
            throw EditTextError("Write a strength from 0, which is off, to 1, such as 0.5.")
        }
        return EditStep("noise-reduction", text, .noiseReduction(strength))
    }

    @Sendable static func normalize(_ text: String) throws -> EditStep {
        if text == "off" { return EditStep("normalize", text, .normalize(nil)) }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let target = EditNumber.decimal(parts[0], unit: "LUFS"),
            LoudnessTarget.targets.contains(target)
        else {
            throw EditTextError("Write a loudness from -70 to -5 LUFS, such as -18, with a ceiling: -18,-1.5; or off.")
        }
        guard parts.count == 2 else { return EditStep("normalize", text, .normalize(LoudnessTarget(target: target))) }
        guard let ceiling = EditNumber.decimal(parts[1], unit: "dBTP"), LoudnessTarget.ceilings.contains(ceiling)
        else { throw EditTextError("The ceiling goes from -20 to 0 dBTP, such as -18,-1.5.") }
        return EditStep("normalize", text, .normalize(LoudnessTarget(target: target, ceiling: ceiling)))
    }

    private static func span(_ text: String) throws -> EditSpan {
        guard let span = EditSpan(text) else {
            throw EditTextError("Write a range, \(EditSpan.forms); times are \(EditLength.forms).")
        }
        return span
    }

    private static func point(_ text: String) throws -> EditPoint {
        guard let point = EditPoint(text) else {
            throw EditTextError("Write a time, \(EditLength.forms); -10s is ten seconds before the end.")
        }
        return point
    }

    private static func length(_ text: String) throws -> EditLength {
        guard let length = EditLength(text) else { throw EditTextError("Write a length, \(EditLength.forms).") }
        return length
    }
}
