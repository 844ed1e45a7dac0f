import Audio
public import Core

extension EditHearing {
    /// The peaks of a stretch of the edit.
    /// - Parameters:
    ///   - start: samples of the edit; nil for its beginning.
    ///   - end: behind the last sample; nil for the end.
    ///   - pixels: at most so many, 1 to ``mostPixels``.
    public func waveform(
        _ choice: Edits.Choice, of note: Note.ID, account: Account.ID, from start: Int64?, to end: Int64?, pixels: Int
    ) async throws -> EditWaveform {
        let hearing = try await edits.hearing(choice, of: note, account: account)
        let list = hearing.list
        let start = start ?? 0
        let end = end ?? list.length
        try Self.check(start, end, pixels, list.length)
        let pixelLength = max(1, Int((end - start + Int64(pixels) - 1) / Int64(pixels)))
        let drawn =
            pixelLength < WaveformZoom.base.samplesPerPixel
            ? try await drawSamples(list, start..<end, pixelLength)
            : try await drawPeaks(list, start..<end, pixelLength, account)
        return EditWaveform(sampleRate: list.sampleRate, samplesPerPixel: pixelLength, peaks: drawn)
    }

    private static func check(_ start: Int64, _ end: Int64, _ pixels: Int, _ length: Int64) throws {
        var validation = Validation()
        if !(0..<length).contains(start) {
            validation.fail("start", "A sample of the edit, from 0 to \(length - 1).")
        }
        if end <= start || end > length { validation.fail("end", "Behind start, and at most \(length).") }
        if !(1...mostPixels).contains(pixels) { validation.fail("pixels", "From 1 to \(mostPixels).") }
        try validation.finish()
    }

    /// From the waveforms of the recordings, at the zoom that comes nearest.
    private func drawPeaks(
        _ list: EditList, _ range: Range<Int64>, _ pixelLength: Int, _ account: Account.ID
    ) async throws -> [WaveformPeak] {
        let timeline = EditTimeline(list)
        let used = Set(timeline.pieces(in: range).compactMap(\.source))
        let notes = try await sources.notes(of: list)
        var peaks: [Recording.ID: WaveformPeaks] = [:]
        for recording in used {
            guard let note = notes[recording] else { continue }
            let report = note.recording.report
            let rate = report?.sampleRate ?? list.sampleRate
            let zoom = PeaksCache.zoom(
                samplesPerPixel: pixelLength * rate / list.sampleRate, samples: report?.totalSamples ?? 0,
                recordings: used.count)
            let (reading, sha256) = try await playback.waveform(note.id, of: account)
            peaks[recording] = try await self.peaks.value(sha256, zoom) { try await reading.dat(zoom) }
        }
        return try timeline.waveform(pixelLength: pixelLength, range: range) { peaks[$0] }
    }

    /// From the samples themselves: the stored waveforms are not as fine.
    private func drawSamples(
        _ list: EditList, _ range: Range<Int64>, _ pixelLength: Int
    ) async throws -> [WaveformPeak] {
        // As they are: the loudness and the noise reduction do not show at the other zooms either.
        let plain = try EditList(sampleRate: list.sampleRate, sources: list.sources, segments: list.segments)
        let found = try await find(plain)
        let layout = WAVLayout(plain, channels: found.channels(of: plain))
        let head = Int64(layout.header.count)
        let frame = Int64(layout.bytesPerFrame)
        let bytes = (head + range.lowerBound * frame)..<(head + range.upperBound * frame)
        do {
            let samples = try await workers.preview(
                PreviewRequest(list: plain, layout: layout, bytes: bytes, indexes: found.indexes),
                sources: found.paths)
            return EditWaveform.peaks(
                ofPCM16: samples, samplesPerPixel: pixelLength, channels: Int(frame) / 2)
        } catch let error as MediaError {
            throw VoiceNoteError(error)
        }
    }
}
