extension EditList {
    /// The list after the operation. This list stays as it is.
    ///
    /// Segments that an operation divides stay divided; see ``coalesced()``.
    /// - Parameters:
    ///   - operation: what to do; ``EditOperation`` says how it treats fades and crossfades.
    ///   - silences: for each source where it is silent, in samples at the rate of the edit, in order and without
    ///     overlap. Only ``EditOperation/removeSilence(threshold:minimum:keep:)`` needs it.
    /// - Throws: ``EditError`` where the operation is not possible, and where nothing would be left.
    public func applying(
        _ operation: EditOperation, silences: [Recording.ID: [Range<Int64>]] = [:]
    ) throws(EditError) -> EditList {
        switch operation {
        case .trim(let start, let end): try trimmed(to: range(start, end))
        case .cut(let start, let end): try removing([range(start, end)])
        case .split(let position): try split(at: position)
        case .join(let recording, let start, let end, let position):
            try inserting(part(of: recording, from: start, to: end), at: position ?? length)
        case .move(let start, let end, let position): try moving(range(start, end), to: position)
        case .insertSilence(let position, let length): try inserting(silence(length), at: position)
        case .gain(let start, let end, let decibels): try amplifying(range(start, end), by: decibels)
        case .fadeIn(let length): try fading(0, in: length, out: nil, fields: ("length", "length"))
        case .fadeOut(let length): try fading(segments.count - 1, in: nil, out: length, fields: ("length", "length"))
        case .fade(let segment, let fadeIn, let fadeOut):
            try fading(segment, in: fadeIn, out: fadeOut, fields: ("in", "out"))
        case .crossfade(let position, let length): try crossfading(at: position, length: length)
        case .normalize(let loudness): try normalizing(to: loudness)
        case .noiseReduction(let strength): try reducingNoise(by: strength)
        case .removeSilence(let threshold, let minimum, let keep):
            try removingSilence(threshold: threshold, silences, minimum: minimum, keep: keep)
        }
    }

    private func normalizing(to loudness: LoudnessTarget?) throws(EditError) -> EditList {
        try loudness?.validate()
        var settings = settings
        settings.normalize = loudness
        return try with(settings: settings)
    }

    private func reducingNoise(by strength: Double) throws(EditError) -> EditList {
        guard EditSettings.strengths.contains(strength) else {
            throw EditError(
                .settings, "The strength of the noise reduction goes from 0, which is off, to 1.", field: "strength")
        }
        var settings = settings
        settings.noiseReduction = strength
        return try with(settings: settings)
    }

    /// The range of the edit, checked.
    private func range(_ start: Int64, _ end: Int64) throws(EditError) -> Range<Int64> {
        guard start >= 0, start < length else {
            throw EditError(.range, "A range of this edit starts at 0 to \(length - 1).", field: "start")
        }
        guard end > start, end <= length else {
            throw EditError(.range, "This range ends behind its start, at \(length) at the latest.", field: "end")
        }
        return start..<end
    }
}
