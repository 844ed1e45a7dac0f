/// How far a render is, in its one or two passes. Used from one thread.
final class RenderProgress {
    private let report: (Double) -> Void
    private var part = 0.0...1.0
    private var share = 0.0

    init(_ report: @escaping (Double) -> Void) {
        self.report = report
    }

    /// Begins a pass that is such a part of the whole.
    func begin(_ part: ClosedRange<Double>) {
        self.part = part
        advance(0, of: 1)
    }

    /// So many samples of the pass are done.
    func advance(_ done: Int64, of total: Int64) {
        let fraction = Double(done) / Double(max(1, total))
        share = max(share, part.lowerBound + (part.upperBound - part.lowerBound) * min(1, fraction))
        report(share)
    }

    /// Says that the work goes on, while a source is brought to its place.
    func tick() {
        report(share)
    }
}
