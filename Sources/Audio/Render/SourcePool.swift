import Core

/// The sources of an edit that are open, and which segment each is read for. Used from one thread.
///
/// A source is opened when it is first heard and goes on with what comes next. It is open twice only while two parts of
/// it are heard at once. What was not used for longest is closed when too much memory is in use.
final class SourcePool {
    /// What open sources may take together, in bytes, unless they are needed at the same time.
    private static let maximumBytes = 48 << 20

    private final class Seat {
        let recording: Recording.ID
        let reader: SourceReader
        /// The segment that it is read for; nil while it is free.
        var segment: Int?
        var lastUse = 0

        init(_ recording: Recording.ID, _ reader: SourceReader) {
            self.recording = recording
            self.reader = reader
        }
    }

    private let descriptors: [Recording.ID: Int32]
    private let points: [Recording.ID: [SeekIndex.Point]]
    private let sampleRate: Int
    private let limits: MediaOptions
    private let tick: () -> Void
    private var seats: [Seat] = []
    private var uses = 0

    init(
        _ descriptors: [Recording.ID: Int32], points: [Recording.ID: [SeekIndex.Point]], sampleRate: Int,
        limits: MediaOptions, tick: @escaping () -> Void
    ) {
        self.descriptors = descriptors
        self.points = points
        self.sampleRate = sampleRate
        self.limits = limits
        self.tick = tick
    }

    /// The reader of the recording for the segment, the same one until `release`.
    /// - Throws: `sourceMissing`, and what opening a recording throws.
    func reader(of recording: Recording.ID, for segment: Int) throws(MediaError) -> SourceReader {
        let seat: Seat
        if let own = seats.first(where: { $0.segment == segment && $0.recording == recording }) {
            seat = own
        } else if let free = seats.first(where: { $0.segment == nil && $0.recording == recording }) {
            seat = free
        } else {
            seat = try open(recording)
        }
        uses += 1
        seat.segment = segment
        seat.lastUse = uses
        return seat.reader
    }

    /// The segment was read to its end.
    func release(_ segment: Int) {
        for seat in seats where seat.segment == segment { seat.segment = nil }
    }

    /// Reading goes on somewhere else.
    func releaseAll() {
        for seat in seats { seat.segment = nil }
    }

    private func open(_ recording: Recording.ID) throws(MediaError) -> Seat {
        guard let descriptor = descriptors[recording] else {
            throw .sourceMissing(recording: "\(recording)")
        }
        let reader = try SourceReader(
            descriptor: descriptor, points: points[recording] ?? [], sampleRate: sampleRate, limits: limits, tick: tick)
        let seat = Seat(recording, reader)
        seats.append(seat)
        shrink(keeping: seat)
        return seat
    }

    private func shrink(keeping fresh: Seat) {
        var total = seats.reduce(0) { $0 + $1.reader.bytes }
        while total > Self.maximumBytes {
            let free = seats.filter { $0.segment == nil && $0 !== fresh }
            guard let oldest = free.min(by: { $0.lastUse < $1.lastUse }) else { return }
            total -= oldest.reader.bytes
            seats.removeAll { $0 === oldest }
        }
    }
}
