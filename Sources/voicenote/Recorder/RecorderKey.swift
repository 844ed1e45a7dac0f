/// What a person asks for by a key, or another program by a signal.
enum RecorderKey: Sendable, Hashable {
    case space
    case enter
    case mark
    /// `q`, Ctrl-C, Ctrl-D, or a signal to end.
    case quit

    /// The key of a byte from the terminal; nil for one that means nothing.
    init?(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: " "): self = .space
        case UInt8(ascii: "\r"), UInt8(ascii: "\n"): self = .enter
        case UInt8(ascii: "m"), UInt8(ascii: "M"): self = .mark
        case UInt8(ascii: "q"), UInt8(ascii: "Q"), 3, 4: self = .quit
        default: return nil
        }
    }
}
