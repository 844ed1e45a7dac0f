/// Times as people read them on a recorder.
enum ClockText {
    /// Hours, minutes, seconds and tenths of so many samples of one channel, such as `0:12:34.5`; never rounded up.
    static func text(_ frames: Int64, rate: Int) -> String {
        let tenths = frames * 10 / Int64(max(1, rate))
        return "\(text(seconds: tenths / 10)).\(tenths % 10)"
    }

    /// The same in whole seconds.
    static func text(seconds: Int64) -> String {
        let (minutes, rest) = (seconds / 60 % 60, seconds % 60)
        return "\(seconds / 3_600):\(minutes < 10 ? "0" : "")\(minutes):\(rest < 10 ? "0" : "")\(rest)"
    }
}
