import Core
import Foundation

extension EditReport {
    /// The lines for a person.
    /// - Parameter showsSegments: whether every segment is a line.
    func lines(showsSegments: Bool) -> [String] {
        var lines = [summary]
        if showsSegments, let list { lines += Self.table(list, names) }
        for version in versions ?? [] { lines.append(Self.line(version, isHead: version.id == head?.id)) }
        if let listFile { lines.append("list: \(listFile)") }
        if let export { lines += [exportLine(export), loudnessLine(export)].compactMap { $0 } }
        return lines
    }

    private var summary: String {
        var text = "\(title): "
        if let list {
            let count = list.segments.count
            text += "\(EditClock.text(list.length, at: list.sampleRate)), \(count) segment\(count == 1 ? "" : "s")"
            text += ", \(list.sampleRate) Hz"
            let settings = list.settings
            if settings.noiseReduction > 0 { text += ", noise reduction \(Self.short(settings.noiseReduction))" }
            if let target = settings.normalize { text += ", to \(Self.short(target.target)) LUFS" }
        } else {
            text += "the server will say how long it becomes"
        }
        if let versionCount {
            text += head.map { ", version \($0.number) of \(versionCount)" } ?? ", never edited"
        }
        return text + (isDryRun ? " (nothing was done)" : "")
    }

    /// A line for each segment: its number, where it is heard, where it comes from, and what is done to it.
    private static func table(_ list: EditList, _ names: [Recording.ID: String]) -> [String] {
        let timeline = EditTimeline(list)
        return list.segments.enumerated().map { index, segment in
            let rate = list.sampleRate
            func time(_ samples: Int64) -> String { EditClock.text(samples, at: rate) }
            let start = timeline.position(of: index) ?? 0
            var text = "\(index + 1)".padding(toLength: 5, withPad: " ", startingAt: 0)
            text += "\(time(start))..\(time(start + segment.length))  "
            if let source = segment.source {
                text += "\(time(segment.start))..\(time(segment.end)) of \(names[source] ?? source.description)"
            } else {
                text += "silence"
            }
            if segment.gain != 0 { text += "  \(signed(segment.gain)) dB" }
            if segment.fadeIn > 0 { text += "  fade-in \(time(segment.fadeIn))" }
            if segment.fadeOut > 0 { text += "  fade-out \(time(segment.fadeOut))" }
            if segment.overlap > 0 { text += "  crossfade \(time(segment.overlap))" }
            return text
        }
    }

    private static func line(_ version: Version, isHead: Bool) -> String {
        let time = version.createdAt.prefix(16).replacing("T", with: " ")
        let name = version.name.map { "  \"\($0)\"" } ?? ""
        return "\(isHead ? "*" : " ") \(version.number)  \(version.id)  \(time)  \(version.summary)\(name)"
    }

    private func exportLine(_ export: Export) -> String {
        let length = EditClock.text(export.durationMs, at: 1000)
        return "\(export.file): \(length), \(Self.size(export.bytes)), \(export.format)"
    }

    private func loudnessLine(_ export: Export) -> String? {
        guard let normalizing = export.normalization, let target = list?.settings.normalize else { return nil }
        let before = normalizing.loudness.map { "\(Self.short($0)) LUFS before, " } ?? ""
        switch normalizing.outcome {
        case .reached:
            return "loudness: \(Self.short(target.target)) LUFS (\(before)\(Self.signed(normalizing.gain)) dB)"
        case .heldBack:
            return "loudness: \(Self.short(normalizing.missing ?? 0)) LU below the target of "
                + "\(Self.short(target.target)) LUFS: peaks are at the ceiling of \(Self.short(target.ceiling)) dBTP "
                + "(\(before)\(Self.signed(normalizing.gain)) dB)"
        case .notMeasurable: return "loudness: unchanged, because there is too little sound to measure"
        }
    }

    /// One digit behind the point, none where it is zero.
    private static func short(_ number: Double) -> String {
        let text = String(format: "%.1f", number)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private static func signed(_ number: Double) -> String { (number >= 0 ? "+" : "") + short(number) }

    private static func size(_ bytes: Int64) -> String {
        bytes < 10_000
            ? "\(bytes) bytes" : bytes < 10_000_000 ? "\(bytes / 1000) kB" : "\(bytes / 1_000_000) MB"
    }
}
