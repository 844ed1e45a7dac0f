import Core

extension EditStep {
    /// The operation in samples.
    /// - Parameters:
    ///   - scope: what the operation before left.
    ///   - recording: what a `--join` means.
    /// - Throws: ``EditTextError`` for a position outside, without the text of the option.
    func operation(in scope: EditScope, joining recording: Recording.ID?) throws(EditTextError) -> EditOperation {
        switch action {
        case .trim(let span):
            let range = try span.range(in: scope)
            return .trim(start: range.lowerBound, end: range.upperBound)
        case .cut(let span):
            let range = try span.range(in: scope)
            return .cut(start: range.lowerBound, end: range.upperBound)
        case .split(let point): return .split(at: try point.position(in: scope))
        case .join(let name):
            guard let recording else { throw EditTextError("\(name) is not known.") }
            return .join(recording: recording)
        case .insertSilence(let point, let length):
            return .insertSilence(at: try point.position(in: scope), length: length.samples(at: scope.rate))
        case .move(let span, let target):
            let range = try span.range(in: scope)
            return .move(start: range.lowerBound, end: range.upperBound, to: try target.position(in: scope))
        case .gain(let span, let decibels):
            let range = try span.range(in: scope)
            return .gain(start: range.lowerBound, end: range.upperBound, decibels: decibels)
        case .fadeIn(let length): return .fadeIn(length: length.samples(at: scope.rate))
        case .fadeOut(let length): return .fadeOut(length: length.samples(at: scope.rate))
        case .removeSilence(let minimum, let keep):
            return .removeSilence(minimum: minimum.samples(at: scope.rate), keep: keep.samples(at: scope.rate))
        case .noiseReduction(let strength): return .noiseReduction(strength: strength)
        case .normalize(let target): return .normalize(target)
        }
    }
}
