import Audio

/// One recording from its first sample to its end: listens to the person and to the microphone.
struct RecordingSession {
    /// A microphone that delivers nothing for so long is gone.
    private static let silence = Duration.seconds(10)
    private static let tick = Duration.milliseconds(50)

    let recorder: Recorder
    let device: CaptureDevice
    let format: RecordingFormat
    /// Bytes at which it will end by itself; nil for never.
    let mostBytes: Int64?
    let desk: RecorderDesk
    /// How the server stands; nil without one.
    let server: () -> String?

    /// Records until somebody ends it, a limit is reached, or the microphone goes away; how it stands then, with its
    /// end.
    /// - Throws: ``CommandFailure`` when the microphone cannot be opened.
    func run() async throws -> RecorderStatus {
        recorder.start()
        desk.say("Waiting for \(device.description).")
        let capture = try await begin()
        await attend(capture)
        await capture.stop()
        await recorder.ended()
        return recorder.status
    }

    private func begin() async throws -> Capture {
        do throws(CaptureError) {
            return try await Capture.start(
                device, format.capture, take: { [recorder] in recorder.take($0) },
                ended: { [recorder] error in
                    if let error { recorder.end(.deviceLost(error)) }
                })
        } catch {
            recorder.end(.stopped)
            await recorder.ended()
            throw CommandFailure(error.description)
        }
    }

    /// Said when the first sound has come, so that nobody speaks to a microphone that does not listen yet.
    private var hint: String {
        desk.hasKeys
            ? "Recording. Space pauses, m sets a mark, Enter ends."
            : "Recording. End it with Ctrl-C, or with the signal SIGTERM."
    }

    private func show(_ status: RecorderStatus) {
        desk.show(
            line: RecorderLine.text(status, format, server: server()),
            plain: RecorderLine.plain(status, format, server: server()))
    }

    private func attend(_ capture: Capture) async {
        var isEnding = false
        var isWarned = false
        var isHearing = false
        let opened = SuspendingClock.now
        while recorder.status.end == nil {
            let status = recorder.status
            if let mostBytes, !isWarned, status.bytes >= mostBytes / 5 * 4 {
                isWarned = true
                desk.say("Of \(StorageWork.bytes(mostBytes)) that it may get, 80 % are recorded.")
            }
            if status.isHearing {
                if !isHearing { desk.say(hint) }
                isHearing = true
                show(status)
            }
            for key in desk.keys() where !isEnding {
                switch key {
                case .space: recorder.togglePause()
                case .mark: recorder.mark()
                case .enter, .quit:
                    isEnding = true
                    await capture.stop()
                    recorder.end(.stopped)
                }
            }
            if SuspendingClock.now - max(opened, recorder.heardAt) > Self.silence, !isEnding {
                isEnding = true
                recorder.end(.deviceSilent(device.name))
            }
            try? await Task.sleep(for: Self.tick)
        }
    }
}
