import Audio

/// The writing side of a recorder: samples to the disk, at most half a second late. Used from the recorder's thread.
final class Tape {
    private static let syncEvery = Duration.milliseconds(400)
    private static let lookEvery = Duration.seconds(1)

    private let recording: RecordingOnDisk
    private let format: RecordingFormat
    private let limits: RecordingLimits
    private let mendsHead: Bool
    private let space: () -> RecordingEnd?
    private let writer: RecordingWriter
    private var meter: LevelMeter
    private var nextSync: ContinuousClock.Instant
    private var nextLook: ContinuousClock.Instant
    private(set) var status = RecorderStatus()

    /// - Parameters:
    ///   - mendsHead: whether the head of the file is put right at the end; not where a server gets its bytes.
    ///   - space: why the recording has to end for want of space, asked every second.
    init(
        _ recording: RecordingOnDisk, limits: RecordingLimits, mendsHead: Bool, space: @escaping () -> RecordingEnd?
    ) throws(MediaError) {
        self.recording = recording
        self.limits = limits
        self.mendsHead = mendsHead
        self.space = space
        format = recording.record.format
        writer = try RecordingWriter(format, descriptor: recording.descriptor)
        meter = LevelMeter(rate: format.rate, channels: format.channels)
        nextSync = .now + Self.syncEvery
        nextLook = .now + Self.lookEvery
        try writer.sync()
    }

    func take(_ block: CaptureBlock) {
        guard status.end == nil else { return }
        status.isHearing = true
        meter.add(block.samples)
        status.levels = meter.levels
        guard !status.isPaused else { return }
        let room = limits.frames.map { $0 - writer.frames } ?? .max
        let count = min(Int64(block.samples.count / format.channels), room)
        do throws(MediaError) {
            try writer.append(block.samples.prefix(Int(count) * format.channels))
        } catch {
            return fail(error)
        }
        refresh()
        if count == room { return end(.timeLimit) }
        // Here too: after a pause of the disk, much comes at once.
        if isAtMostBytes { end(limits.isLargest ? .largest : .sizeLimit) }
    }

    private var isAtMostBytes: Bool { limits.bytes.map { writer.bytes + reserve >= $0 } ?? false }

    func togglePause() {
        status.isPaused.toggle()
    }

    /// Notes this moment.
    func mark() {
        guard status.marks < RecordingInProgress.mostMarks else { return }
        status.marks += 1
        let place = writer.frames
        // If the record cannot be written, the sound is what counts; its own writing tells of a full disk.
        try? recording.update { $0.marks.append(place) }
    }

    /// Does what time has come for: puts on disk what came, and looks at the limits.
    func look() {
        guard status.end == nil else { return }
        let now = ContinuousClock.now
        if now >= nextSync {
            nextSync = now + Self.syncEvery
            do throws(MediaError) {
                try writer.sync()
            } catch {
                return fail(error)
            }
            refresh()
        }
        if isAtMostBytes { return end(limits.isLargest ? .largest : .sizeLimit) }
        guard now >= nextLook else { return }
        nextLook = now + Self.lookEvery
        if let low = space() { end(low) }
    }

    /// Ends the file.
    func end(_ reason: RecordingEnd) {
        guard status.end == nil else { return }
        do throws(MediaError) {
            try writer.finish()
            if mendsHead { try writer.mendHead() }
        } catch {
            return fail(error)
        }
        try? recording.update { $0.isComplete = true }
        refresh()
        status.end = reason
    }

    /// What the encoder holds back, and what comes until the limit is looked at again.
    private var reserve: Int64 { Int64(format.bytesPerSecond / 2 + 16_384) }

    /// What did not get to the disk is cut off, so that the file ends where everybody knows it to end.
    private func fail(_ error: MediaError) {
        recording.cut(to: writer.durable.bytes)
        refresh()
        (status.bytes, status.frames) = (status.durableBytes, status.durableFrames)
        status.end = .writeFailed(error)
    }

    private func refresh() {
        status.frames = writer.frames
        status.bytes = writer.bytes
        status.durableBytes = writer.durable.bytes
        status.durableFrames = writer.durable.frames
    }
}
