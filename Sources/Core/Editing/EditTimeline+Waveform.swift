extension EditTimeline {
    /// The most pixels that one waveform may have.
    public static let maximumPixels = 4_194_304

    /// The waveform of a range of the edit, drawn from the waveforms of its sources.
    ///
    /// A pixel is the peak of all source pixels that it touches, times the gain and the fades at the middle of what it
    /// has of a segment, rounded and clamped. In a crossfade it is the peak of both sides. A source without peaks is
    /// drawn as silence. The loudness target and the noise reduction do not show.
    ///
    /// The work is in proportion to the source pixels in the range: give peaks of a zoom near `pixelLength`.
    /// - Parameters:
    ///   - pixelLength: samples of the edit a pixel, 1 to ``EditList/maximumLength``.
    ///   - range: samples of the edit; what lies outside is left out. The first pixel begins at its start, and the last
    ///     one may cover fewer samples.
    ///   - peaks: the waveform of a recording, asked once for each; nil where there is none yet.
    /// - Throws: ``EditError`` for an impossible `pixelLength`, and for more than ``maximumPixels``.
    public func waveform(
        pixelLength: Int, range: Range<Int64>, peaks: (Recording.ID) -> WaveformPeaks?
    ) throws(EditError) -> [WaveformPeak] {
        let range = range.clamped(to: 0..<length)
        let pixelLength = Int64(pixelLength)
        guard (1...EditList.maximumLength).contains(pixelLength) else {
            throw EditError(.range, "A pixel of a waveform covers at least 1 sample.", field: "pixelLength")
        }
        guard !range.isEmpty else { return [] }
        let count = (range.upperBound - range.lowerBound - 1) / pixelLength + 1
        guard count <= Self.maximumPixels else {
            throw EditError(
                .tooManyPixels, "Too many pixels. Choose a coarser zoom or a shorter range.", field: "pixelLength")
        }
        var pixels = [WaveformPeak?](repeating: nil, count: Int(count))
        var known: [Recording.ID: WaveformPeaks?] = [:]
        for piece in pieces(in: range) {
            let source = piece.source.flatMap { recording in
                if let peaks = known[recording] { return peaks }
                let found = peaks(recording)
                known[recording] = .some(found)
                return found
            }
            draw(piece, of: source, from: range.lowerBound, pixelLength, into: &pixels)
        }
        return pixels.map { $0 ?? .silent }
    }

    /// Draws a piece into the pixels, the first of which begins at `origin`.
    private func draw(
        _ piece: EditPiece, of peaks: WaveformPeaks?, from origin: Int64, _ pixelLength: Int64,
        into pixels: inout [WaveformPeak?]
    ) {
        // From where the edit's samples are counted to where the source's are.
        let shift = piece.sourceRange.lowerBound - piece.position
        let end = piece.position + piece.length
        var start = piece.position
        while start < end {
            let pixel = (start - origin) / pixelLength
            let next = min(end, origin + (pixel + 1) * pixelLength)
            let middle = start + (next - start) / 2
            let amplitude = piece.envelope.amplitude(at: piece.offset + middle - piece.position)
            let peak = peaks?.peak(of: (start + shift)..<(next + shift), at: list.sampleRate) ?? .silent
            let drawn = peak.scaled(by: amplitude)
            pixels[Int(pixel)] = pixels[Int(pixel)]?.merged(with: drawn) ?? drawn
            start = next
        }
    }
}
