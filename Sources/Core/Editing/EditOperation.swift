/// One change to an edit. Positions are samples of the edit as it is before the change, at its rate.
///
/// A boundary is a place at which an operation divides what is heard. Where it falls strictly inside a fade or a
/// crossfade, ``split(at:)`` and ``gain(start:end:decibels:)`` are refused, because they must not change how the fade
/// sounds. All others do this:
/// - Inside a fade, each part keeps as much of the length of the fade as lies in it, and fades from or to nothing
///   over it.
/// - Inside a crossfade, the crossfade is turned off: the earlier segment ends at the boundary, and the later one
///   begins there. Nothing else moves. Of two boundaries in one crossfade, the first one decides, so that the later
///   segment is heard between them.
public enum EditOperation: Sendable, Hashable {
    /// Keeps the range only.
    case trim(start: Int64, end: Int64)
    /// Removes the range; what follows moves up.
    case cut(start: Int64, end: Int64)
    /// Makes two segments of one, and changes nothing that is heard. At a joint, there is nothing to do.
    case split(at: Int64)
    /// Inserts a range of one of the list's sources: from its start, to its end and behind everything, where nothing
    /// else is said. `start` and `end` are positions in the source.
    case join(recording: Recording.ID, start: Int64? = nil, end: Int64? = nil, at: Int64? = nil)
    /// Takes the range out and inserts it at `to`, a position before the move that does not lie inside the range.
    case move(start: Int64, end: Int64, to: Int64)
    /// Inserts so many samples of silence.
    case insertSilence(at: Int64, length: Int64)
    /// Adds to the gain of the range, in dB.
    case gain(start: Int64, end: Int64, decibels: Double)
    /// Sets the fade at the beginning of the first segment; 0 removes it.
    case fadeIn(length: Int64)
    /// Sets the fade at the end of the last segment; 0 removes it.
    case fadeOut(length: Int64)
    /// Sets the fades of the segment with the index; nil leaves one as it is. One of them must be there.
    case fade(segment: Int, in: Int64?, out: Int64?)
    /// Makes the segment that begins at the joint overlap with the one before by so many samples, which makes the edit
    /// that much shorter. 0 ends the crossfade. The joint of two segments that overlap is where the later one begins.
    case crossfade(at: Int64, length: Int64)
    /// Sets how loud the result is made; nil leaves the loudness as it is.
    case normalize(LoudnessTarget?)
    /// Sets how much noise is taken out, 0 to 1.
    case noiseReduction(strength: Double)
    /// Removes from each segment what is silent for at least `minimum` samples, and leaves `keep` of them at each side.
    /// `threshold` in dBFS says for which level the caller has to find the silence; nil for the one that analysis
    /// used. See ``EditList/silentRanges(_:minimum:keep:)``.
    case removeSilence(threshold: Double? = nil, minimum: Int64, keep: Int64)

    /// The levels below which something may count as silent, in dBFS.
    public static let thresholds = -120.0...0.0
    /// By how much one operation may change a gain, in dB.
    public static let gainChanges = -180.0...180.0

    /// What `op` says in JSON.
    public enum Name: String, Sendable, CaseIterable {
        case trim, cut, split, join, move, insertSilence, gain, fadeIn, fadeOut, fade, crossfade, normalize
        case noiseReduction, removeSilence
    }

    public var name: Name {
        switch self {
        case .trim: .trim
        case .cut: .cut
        case .split: .split
        case .join: .join
        case .move: .move
        case .insertSilence: .insertSilence
        case .gain: .gain
        case .fadeIn: .fadeIn
        case .fadeOut: .fadeOut
        case .fade: .fade
        case .crossfade: .crossfade
        case .normalize: .normalize
        case .noiseReduction: .noiseReduction
        case .removeSilence: .removeSilence
        }
    }
}
