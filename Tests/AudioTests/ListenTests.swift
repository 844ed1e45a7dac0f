import Testing

@testable import Audio
@testable import Core

@Suite struct ListenTests {
    @Test(
        "the listen copy lasts exactly as long as its source",
        arguments: [
            "note.wav", "speech.wav", "speech-stereo.wav", "speech-51.wav", "note-44k.wav", "note-22k.wav",
            "note-u8.wav", "note-float.wav", "note-96k.wav", "note.mp3", "note.m4a", "note.webm", "speech.amr",
        ])
    func duration(file: String) throws {
        let processed = try Tools.process(Fixtures.path(file))
        let channels = min(2, processed.report.channels)
        let folder = try TemporaryFolder()
        let listen = try folder.write(processed.listen, as: "listen.ogg")
        let samples = try Tools.decoded(listen).count / channels
        let expected = Double(processed.report.totalSamples) * 48_000 / Double(processed.report.sampleRate)
        #expect(abs(Double(samples) - expected) <= 48, "\(samples) samples for \(expected)")
        let again = try Tools.report(listen)
        #expect(again.container == "ogg")
        #expect(again.codec == "opus")
        #expect(again.channels == channels)
        #expect(again.warnings.isEmpty)
        #expect(processed.report.listenBytes == Int64(processed.listen.count))
    }

    // The bit rate is variable: pauses take less.
    @Test(
        "it has 24 kbit/s in mono and 48 in stereo",
        arguments: [("speech.wav", 24_000.0), ("speech-stereo.wav", 48_000)])
    func bitRate(file: String, expected: Double) throws {
        let processed = try Tools.process(Fixtures.path(file), options: MediaOptions())
        let rate = Double(processed.listen.count) * 8_000 / Double(processed.report.durationMs)
        #expect((expected * 0.6...expected * 1.25).contains(rate), "\(rate)")
    }

    @Test("the same input gives the same bytes", arguments: ["note.wav", "note.mp3", "speech-51.wav"])
    func deterministic(file: String) throws {
        let path = try Fixtures.path(file)
        let first = try Tools.process(path)
        let second = try Tools.process(path)
        #expect(first.listen == second.listen)
        #expect(first.waveform == second.waveform)
        #expect(first.report == second.report)
    }

    @Test("it can be sought: a page ends at least every second, and the rest plays")
    func seekable() throws {
        let processed = try Tools.process(Fixtures.path("speech.wav"))
        let positions = try Self.pagePositions(processed.listen)
        #expect(positions.count > 60)
        for (earlier, later) in zip(positions, positions.dropFirst()) {
            #expect(later - earlier <= 48_000 + 960)
            #expect(later >= earlier)
        }
        let folder = try TemporaryFolder()
        let listen = try folder.write(processed.listen, as: "listen.ogg")
        let rest = try Tools.decoded(listen, before: ["-ss", "60"]).count
        #expect(abs(Double(rest) / 48_000 - 11.507) < 0.1)
    }

    @Test(
        "what is heard is what was said: the copy has its source's loudness",
        arguments: ["note.wav", "speech-stereo.wav"])
    func loudness(file: String) throws {
        let processed = try Tools.process(Fixtures.path(file), options: MediaOptions())
        let folder = try TemporaryFolder()
        let copy = try Tools.report(folder.write(processed.listen, as: "listen.ogg"))
        let source = try #require(processed.report.loudness.integratedLUFS)
        #expect(abs(try #require(copy.loudness.integratedLUFS) - source) < 1)
    }

    /// The positions at which Ogg pages end, in samples at 48 kHz (RFC 3533).
    static func pagePositions(_ bytes: [UInt8]) throws -> [Int64] {
        var positions: [Int64] = []
        var offset = 0
        while offset < bytes.count {
            try #require(bytes[offset...].starts(with: "OggS".utf8))
            let position = bytes[offset + 6..<offset + 14].reversed().reduce(0) { $0 << 8 | Int64($1) }
            let segments = Int(bytes[offset + 26])
            let size = bytes[offset + 27..<offset + 27 + segments].reduce(0) { $0 + Int($1) }
            offset += 27 + segments + size
            if position > 0 { positions.append(position) }
        }
        return positions
    }
}
