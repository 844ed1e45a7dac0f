extension SilenceMap {
    /// The silent stretches as ranges of samples, in order and without overlap.
    ///
    /// The map is in whole milliseconds, rounded down. So that nothing audible counts as silent, each range begins with
    /// the next millisecond; one that reaches the beginning or the end of the recording to the millisecond reaches it.
    /// - Parameters:
    ///   - sampleRate: samples a second of the edit, one of ``EditList/sampleRates``.
    ///   - length: the recording's length in samples at that rate, at most ``EditList/maximumLength``.
    public func ranges(at sampleRate: Int, length: Int64) -> [Range<Int64>] {
        guard EditList.sampleRates.contains(sampleRate), (1...EditList.maximumLength).contains(length) else {
            return []
        }
        let lastMs = length.rescaled(from: sampleRate, to: 1_000, .down) ?? 0
        var ranges: [Range<Int64>] = []
        for item in items where item.startMs <= lastMs && item.endMs > 0 {
            // Both are within the recording by now, so that they fit at any rate.
            let start =
                item.startMs <= 0 ? 0 : (item.startMs + 1).rescaled(from: 1_000, to: sampleRate, .up) ?? length
            let end = item.endMs >= lastMs ? length : item.endMs.rescaled(from: 1_000, to: sampleRate, .down) ?? length
            if start < end, start >= ranges.last?.upperBound ?? 0 { ranges.append(start..<end) }
        }
        return ranges
    }

    /// Takes ranges of samples for its stretches: the way back from ``ranges(at:length:)``. Each is rounded inwards to whole
    /// milliseconds, so that nothing audible counts as silent; those that are shorter than ``minimumMs`` then are left out.
    /// - Parameters:
    ///   - ranges: from 0 on, in order and without overlap.
    ///   - sampleRate: samples a second of the ranges.
    public mutating func setItems(_ ranges: [Range<Int64>], at sampleRate: Int) {
        items = ranges.compactMap { range in
            guard let start = range.lowerBound.rescaled(from: sampleRate, to: 1_000, .up),
                let end = range.upperBound.rescaled(from: sampleRate, to: 1_000, .down),
                end - start >= Int64(minimumMs)
            else { return nil }
            return Item(startMs: start, endMs: end)
        }
    }
}
