import Audio
import Core
import Foundation
import NIOPosix

/// Records once, and brings the recording to its place.
struct RecordingRun {
    let plan: RecordingPlan
    let settings: Settings
    let device: CaptureDevice
    let desk: RecorderDesk

    /// Records to a file and nothing else.
    func toFile(_ path: String) async throws {
        let delivery = FileDelivery(path: path)
        try await Self.blocking { try delivery.check() }
        let recording = try await make(in: .state(), for: .file(path))
        let status = try await record(recording, largest: nil, mendsHead: true)
        try await conclude(recording, status) { try await Self.blocking { try delivery.deliver(recording) } }
    }

    /// Records into the data folder.
    func toDataFolder(account: String?) async throws {
        let delivery = DataFolderDelivery(settings: settings, email: account)
        try await delivery.checkAccount()
        if try await Self.blocking({ try delivery.isServed() }) {
            desk.say(
                "A server is at work on \(settings.data.folder): the recording is kept on disk. To send it to the "
                    + "server meanwhile, give a token (VOICENOTE_CLIENT_TOKEN).")
        }
        let recording = try await make(in: try .data(settings), for: .dataFolder)
        let status = try await record(recording, largest: settings.limits.largestFile, mendsHead: true)
        try await conclude(recording, status) { try await delivery.deliver(recording) }
    }

    /// Records, and sends it to a server meanwhile.
    func toServer(_ client: APIClient) async throws {
        let delivery = ServerDelivery(client: client)
        let largest = await delivery.largestFile()
        let recording = try await make(in: .state(), for: .server(client.base.absoluteString))
        let upload = LiveUpload(client, recording)
        do {
            try await upload.begin()
        } catch {
            await Self.discard(recording)
            throw error
        }
        if upload.state == .away {
            desk.say("\(client.base) does not answer; the recording is kept here, and sent when it does.")
        }
        let recorder = recorder(recording, largest: largest, mendsHead: false)
        let sending = Task {
            await upload.follow {
                let status = recorder.status
                return LiveUpload.Amount(durable: status.durableBytes, isFinal: status.end != nil && status.frames > 0)
            }
        }
        let status: RecorderStatus
        do {
            status = try await session(recorder, largest: largest, server: { "\(upload.state)" }).run()
        } catch {
            upload.giveUp()
            _ = await sending.value
            await upload.abandon()
            await Self.discard(recording)
            throw error
        }
        if status.frames == 0 { upload.giveUp() }
        let outcome = await awaited(sending, upload)
        if status.frames == 0 { await upload.abandon() }
        try await conclude(recording, status) {
            switch outcome {
            case .complete(let created): return try await delivery.settle(created, recording)
            case .kept(let reason): throw CommandFailure(reason)
            }
        }
    }

    /// Waits until the server has everything; whoever asks to quit once more need not.
    private func awaited(_ sending: Task<LiveUpload.Outcome, Never>, _ upload: LiveUpload) async -> LiveUpload.Outcome {
        while !upload.hasEnded {
            desk.show(line: "sending  \(upload.state)", plain: "sending  \(upload.state)")
            if desk.keys().contains(where: { [.quit, .enter].contains($0) }) {
                upload.giveUp()
                sending.cancel()
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return await sending.value
    }

    // The recording itself

    private func make(
        in folder: RecordingFolder, for destination: RecordingInProgress.Destination
    ) async throws -> RecordingOnDisk {
        try await Self.blocking { [plan, settings, device] in
            try folder.prepare()
            // Half a minute must fit, or the recording would end before anybody has said anything.
            if let low = Self.low(folder, settings.limits, needing: Int64(plan.format.bytesPerSecond) * 30) {
                throw CommandFailure(low.sentence ?? "The disk is full.")
            }
            return try RecordingOnDisk.create(
                RecordingInProgress(plan, device: device.name, for: destination), in: folder.path)
        }
    }

    private func recorder(_ recording: RecordingOnDisk, largest: Int64?, mendsHead: Bool) -> Recorder {
        let (folder, limits) = (RecordingFolder(path: recording.folder), settings.limits)
        return Recorder(recording, limits: plan.limits(largest: largest), mendsHead: mendsHead) {
            Self.low(folder, limits, needing: 0)
        }
    }

    private func session(
        _ recorder: Recorder, largest: Int64?, server: @escaping () -> String?
    ) -> RecordingSession {
        RecordingSession(
            recorder: recorder, device: device, format: plan.format, mostBytes: plan.limits(largest: largest).bytes,
            desk: desk, server: server)
    }

    private func record(
        _ recording: RecordingOnDisk, largest: Int64?, mendsHead: Bool
    ) async throws -> RecorderStatus {
        do {
            let recorder = recorder(recording, largest: largest, mendsHead: mendsHead)
            return try await session(recorder, largest: largest, server: { nil }).run()
        } catch {
            await Self.discard(recording)
            throw error
        }
    }

    /// Brings the recording to its place, and says what became of it.
    private func conclude(
        _ recording: RecordingOnDisk, _ status: RecorderStatus, _ deliver: () async throws -> String
    ) async throws {
        let reason = status.end?.sentence
        guard status.frames > 0 else {
            await Self.discard(recording)
            throw CommandFailure("Nothing was recorded. \(reason ?? "")")
        }
        let place: String
        do {
            place = try await deliver()
        } catch {
            throw CommandFailure(
                "\(reason.map { "\($0) " } ?? "")\(FailureText.text(error)) The recording is kept in "
                    + "\(recording.soundPath); to bring it to \(recording.record.place): voicenote record --recover")
        }
        await Self.discard(recording)
        let record = recording.record
        desk.report("recorded  \(place)  \(ClockText.text(status.frames, rate: record.format.rate))  \(record.title)")
        guard let reason else { return }
        if status.end?.isFailure == true {
            throw CommandFailure("\(reason) What was recorded until then is kept: \(place)")
        }
        desk.say(reason)
    }

    /// Why there is too little space; nil when there is enough.
    private static func low(
        _ folder: RecordingFolder, _ limits: Settings.Limits, needing bytes: Int64
    ) -> RecordingEnd? {
        guard limits.diskCheck, let free = try? folder.freeBytes() else { return nil }
        guard free - bytes < limits.minimumFree else { return nil }
        return .spaceLow(free)
    }

    /// Removes the recording from among those in progress.
    private static func discard(_ recording: RecordingOnDisk) async {
        try? await blocking { try recording.remove() }
    }

    private static func blocking<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
