import Foundation

/// A part of one segment that has to be read and faded to render a range of an edit.
public struct EditPiece: Sendable, Hashable {
    /// The index of the segment in the list.
    public let segment: Int
    /// The recording; nil for silence.
    public let source: Recording.ID?
    /// What to read, in samples of the source at the rate of the edit. Never empty.
    public let sourceRange: Range<Int64>
    /// Where its first sample is heard, in samples of the edit.
    public let position: Int64
    /// How many samples of the segment come before it.
    public let offset: Int64
    /// How loud each sample of the segment is. Sample `i` of the piece is number `offset + i`.
    public let envelope: EditEnvelope

    /// Samples, 1 or more.
    public var length: Int64 { sourceRange.upperBound - sourceRange.lowerBound }
}

/// How loud a segment is from its beginning to its end: its gain, its linear fades, and its crossfades of equal power.
///
/// Fades are taken at the middle of a sample, so that they are the same backwards: a fade of n samples has the
/// amplitudes 0.5/n, 1.5/n … (n − 0.5)/n. The powers of the two sides of a crossfade have the sum 1 at every sample.
public struct EditEnvelope: Sendable, Hashable {
    /// Samples of the segment.
    public let length: Int64
    /// The gain as a factor.
    public let amplification: Double
    public let fadeIn: Int64
    public let fadeOut: Int64
    /// Samples that overlap with the segment before.
    public let crossfadeIn: Int64
    /// Samples that overlap with the segment behind.
    public let crossfadeOut: Int64

    init(length: Int64, gain: Double, fadeIn: Int64, fadeOut: Int64, crossfadeIn: Int64, crossfadeOut: Int64) {
        self.length = length
        amplification = pow(10, gain / 20)
        self.fadeIn = fadeIn
        self.fadeOut = fadeOut
        self.crossfadeIn = crossfadeIn
        self.crossfadeOut = crossfadeOut
    }

    /// The samples that no fade touches: there, the amplitude is ``amplification``. It may be empty.
    public var steady: Range<Int64> {
        let start = max(fadeIn, crossfadeIn)
        return start..<max(start, length - max(fadeOut, crossfadeOut))
    }

    /// What the sample with the number is multiplied by; 0 outside the segment.
    public func amplitude(at offset: Int64) -> Double {
        guard offset >= 0, offset < length else { return 0 }
        let before = Double(offset) + 0.5
        let after = Double(length - offset) - 0.5
        var amplitude = amplification
        if offset < fadeIn { amplitude *= before / Double(fadeIn) }
        if offset >= length - fadeOut { amplitude *= after / Double(fadeOut) }
        if offset < crossfadeIn { amplitude *= sin(.pi / 2 * before / Double(crossfadeIn)) }
        if offset >= length - crossfadeOut { amplitude *= sin(.pi / 2 * after / Double(crossfadeOut)) }
        return amplitude
    }
}
