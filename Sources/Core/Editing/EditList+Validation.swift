extension EditList {
    static let wrongSampleRate = EditError(
        .sampleRate, "The sample rate of an edit is 8000 to 768000 Hz.", field: "sampleRate")
    static let tooLong = EditError(.tooLong, "The edit would be too long. Make two edits of it.")
    static let tooManySources = EditError(
        .tooManySources, "An edit takes from at most \(maximumSources) recordings. Make two edits of it.",
        field: "sources")
    static let tooManySegments = EditError(
        .tooManySegments, "An edit has at most \(maximumSegments) segments. Make two edits of it.", field: "segments")
    static let nothingLeft = EditError(
        .empty, "Nothing would be left of the edit. Choose a range that leaves something.", field: "segments")

    /// Checks every rule. Initialisers do it, so that this never throws for a list that exists.
    public func validate() throws(EditError) {
        _ = try Self.checkedLength(sampleRate: sampleRate, sources: sources, segments: segments, settings: settings)
    }

    /// Checks every rule and gives the length of the list in samples.
    static func checkedLength(
        sampleRate: Int, sources: [EditSource], segments: [EditSegment], settings: EditSettings
    ) throws(EditError) -> Int64 {
        guard sampleRates.contains(sampleRate) else { throw wrongSampleRate }
        do throws(EditError) { try settings.validate() } catch { throw error.within("settings") }
        let lengths = try lengths(of: sources)
        guard !segments.isEmpty else { throw nothingLeft }
        guard segments.count <= maximumSegments else { throw tooManySegments }
        var total: Int64 = 0
        var previous: EditSegment?
        for (index, segment) in segments.enumerated() {
            do throws(EditError) {
                try segment.validate(sources: lengths)
                try segment.validateOverlap(with: previous)
            } catch {
                throw error.within("segments.\(index)")
            }
            // Every length is bounded by now, and so is their number: the sum cannot overflow.
            total += segment.length - segment.overlap
            previous = segment
        }
        guard total <= maximumLength else { throw tooLong }
        return total
    }

    private static func lengths(of sources: [EditSource]) throws(EditError) -> [Recording.ID: Int64] {
        guard sources.count <= maximumSources else { throw tooManySources }
        var lengths: [Recording.ID: Int64] = [:]
        for (index, source) in sources.enumerated() {
            guard (1...maximumLength).contains(source.length) else {
                throw EditError(
                    .source, "A recording in an edit has 1 to \(maximumLength) samples.",
                    field: "sources.\(index).length")
            }
            guard lengths.updateValue(source.length, forKey: source.recording) == nil else {
                throw EditError(
                    .source, "The recording \(source.recording) is a source already; name it once.",
                    field: "sources.\(index).recording")
            }
        }
        return lengths
    }
}

extension EditSegment {
    /// Checks what does not depend on other segments.
    fileprivate func validate(sources: [Recording.ID: Int64]) throws(EditError) {
        var limit = EditList.maximumLength
        if let source {
            guard let length = sources[source] else {
                throw EditError(
                    .source, "The recording \(source) is no source of the edit. Add it first.", field: "source")
            }
            limit = length
        } else if start != 0 {
            throw EditError(.segment, "Silence starts at 0; its length is its end.", field: "start")
        }
        guard start >= 0, start < end else {
            throw EditError(.segment, "A segment starts at 0 or later, and ends behind its start.", field: "start")
        }
        guard end <= limit else {
            throw EditError(.segment, "The segment ends at \(end), but there are \(limit) samples only.", field: "end")
        }
        guard Self.gains.contains(gain) else {
            throw EditError(.gain, "A gain is −120 to 60 dB.", field: "gain")
        }
        try validateFades()
    }

    /// Checks that the fades fit into the segment, whose range is valid.
    private func validateFades() throws(EditError) {
        guard fadeIn >= 0, fadeIn <= length else {
            throw EditError(.fade, "A fade-in of this segment has 0 to \(length) samples.", field: "fadeIn")
        }
        guard fadeOut >= 0, fadeOut <= length - fadeIn else {
            throw EditError(
                .fade, "With its fade-in, a fade-out of this segment has 0 to \(length - fadeIn) samples.",
                field: "fadeOut")
        }
    }

    /// Checks that the crossfade fits into this segment and into what the one before has left of its own.
    fileprivate func validateOverlap(with previous: EditSegment?) throws(EditError) {
        guard let previous else {
            guard overlap == 0 else {
                throw EditError(.overlap, "The first segment has nothing to overlap with.", field: "overlap")
            }
            return
        }
        let most = min(length, previous.length - previous.overlap)
        guard overlap >= 0, overlap <= most else {
            throw EditError(
                .overlap, "This segment and the one before may overlap by 0 to \(most) samples.", field: "overlap")
        }
    }
}
