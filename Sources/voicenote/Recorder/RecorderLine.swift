import Audio

/// The words that say how a recording goes.
enum RecorderLine {
    private static let barWidth = 20
    /// What the left end of the bar stands for, in dB relative to full scale.
    private static let barFloor = -60.0

    /// One line for a terminal.
    static func text(_ status: RecorderStatus, _ format: RecordingFormat, server: String?) -> String {
        let sign = status.isPaused ? "❚❚" : "●"
        var parts = [
            "\(sign) \(ClockText.text(status.frames, rate: format.rate))", StorageWork.bytes(status.bytes),
            "[\(bar(status.levels))]", levels(status.levels),
            "saved \(ClockText.text(seconds: status.durableFrames / Int64(format.rate)))",
        ]
        if status.marks > 0 { parts.append(status.marks == 1 ? "1 mark" : "\(status.marks) marks") }
        if let server { parts.append(server) }
        return parts.joined(separator: "  ")
    }

    /// The same without what moves, for a file or another program.
    static func plain(_ status: RecorderStatus, _ format: RecordingFormat, server: String?) -> String {
        var parts = [
            "\(status.isPaused ? "paused" : "recording")  \(ClockText.text(status.frames, rate: format.rate))",
            StorageWork.bytes(status.bytes), levels(status.levels),
            "saved \(ClockText.text(seconds: status.durableFrames / Int64(format.rate)))",
        ]
        if let server { parts.append(server) }
        return parts.joined(separator: "  ")
    }

    /// Levels in numbers.
    static func levels(_ levels: Levels) -> String {
        let clips = levels.clips > 0 ? "  CLIPPED \(levels.clips)x" : ""
        return "\(decibels(levels.rmsDBFS)) dB  peak \(decibels(levels.peakDBFS)) dB\(clips)"
    }

    /// Levels as a bar: what is filled is the mean, the stroke is the peak.
    static func bar(_ levels: Levels) -> String {
        let (filled, peak) = (cells(levels.rmsDBFS), cells(levels.peakDBFS))
        return (0..<barWidth).map { cell -> String in
            if cell + 1 == peak, peak > filled { return "|" }
            return cell < filled ? "█" : "░"
        }.joined()
    }

    private static func cells(_ decibels: Double) -> Int {
        let share = (decibels - barFloor) / -barFloor
        return max(0, min(barWidth, Int((share * Double(barWidth)).rounded())))
    }

    private static func decibels(_ value: Double) -> String {
        value <= Levels.floor ? "-∞" : String(Int(value.rounded()))
    }
}
