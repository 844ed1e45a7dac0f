import ArgumentParser
import Audio
import Core
import Foundation
import NIOPosix

/// `voicenote record`
struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Record from a microphone.",
        usage: """
            voicenote record [--preset voice|interview|music] [--device NAME] [--title TITLE]
            voicenote record --output FILE
            voicenote record --monitor
            voicenote record --list-devices
            voicenote record --recover [ID …] | --discard [ID …]
            """,
        discussion: """
            With a token, the recording goes to the server while it is being made; when the server is away, it is kept \
            and brought there later. Without one it goes into the data folder, for which no server may run there. \
            Whatever happens, at most the last second is lost: "voicenote record --recover" brings what a killed \
            process or a dead machine left behind to its place.

            Keys: space pauses and goes on, m sets a mark, Enter, q or Ctrl-C ends.

            Presets: voice is Opus with one channel and 32 kbit/s, interview is FLAC with two channels and 16 bits, \
            music is FLAC with two channels and 24 bits, custom is WAV unless --codec says otherwise; all at 48 kHz.
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var options: SettingsOptions

    @Option(help: "A microphone: its name, or a part of it that no other has.") var device: String?
    @Option(help: "pulse (also for PipeWire) or alsa.", transform: RecordChoice.backend) var backend: CaptureBackend?
    @Flag(help: "Say what can be recorded from.") var listDevices = false
    @Flag(help: "Show levels before anything is recorded.") var monitor = false

    @Option(help: "voice, interview, music or custom.", transform: RecordChoice.preset) var preset: RecordingPreset?
    @Option(help: "Samples a second.") var rate: Int?
    @Option(help: "Channels.") var channels: Int?
    @Option(help: "wav, flac or opus.", transform: RecordChoice.codec) var codec: RecordingCodec?
    @Option(help: "Bits a second for opus, such as 32k.", transform: RecordChoice.bitRate) var bitrate: Int?
    @Option(help: "End after this time, such as 90m or 1:30:00.", transform: RecordChoice.time)
    var limitTime: Duration?
    @Option(help: "End before the file gets larger, such as 500MB.", transform: RecordChoice.size)
    var limitSize: Int64?

    @Option(help: "A title; without one it is the time.") var title: String?
    @Option(name: .customLong("tag"), help: "A tag. Can be repeated.") var tags: [String] = []
    @Option(help: "A folder for the note.") var folder: String?
    @Option(help: "A text for the note.") var text: String?
    @Option(help: "The e-mail address of the account that gets the note, in the data folder.") var account: String?
    @Option(help: "Only make this file; it must not be there yet.", completion: .file()) var output: String?

    @Flag(help: "Bring what was left behind to its place.") var recover = false
    @Flag(help: "Delete what was left behind.") var discard = false
    @Flag(help: "Do not ask before deleting.") var yes = false
    @Argument(help: "With --recover or --discard: the beginnings of ids; without any, all are meant.")
    var ids: [String] = []

    func validate() throws {
        guard [listDevices, recover, discard].count(where: \.self) <= 1 else {
            throw ValidationError("Give one of --list-devices, --recover and --discard.")
        }
        guard ids.isEmpty || recover || discard else {
            throw ValidationError("Ids go with --recover or --discard; a title goes with --title.")
        }
        guard output == nil || (account == nil && client.server == nil && client.token == nil) else {
            throw ValidationError("--output makes a file only: leave --account, --server and --token out.")
        }
        guard account == nil || (client.server == nil && client.token == nil) else {
            throw ValidationError("--account is of the data folder: leave --server and --token out.")
        }
        guard !yes || discard else { throw ValidationError("--yes goes with --discard.") }
        guard output == nil || !discard else { throw ValidationError("--discard makes no file: leave --output out.") }
        _ = try plan()
    }

    func run() async throws {
        // A recording goes on when nobody reads what it says.
        signal(SIGPIPE, SIG_IGN)
        if listDevices { return try await RecordChoice.showDevices(backend) }
        let settings = try await options.load()
        let leftOvers = LeftOverWork(settings: settings, ids: ids)
        if discard { return try await leftOvers.discard(isConfirmed: yes) }
        if recover { return try await bringBack(leftOvers, settings) }
        try await leftOvers.offer()
        try await record(settings)
    }

    private func record(_ settings: Settings) async throws {
        let plan = try plan()
        let microphone: CaptureDevice
        do {
            microphone = try await NIOThreadPool.singleton.runIfActive { [device, backend] in
                try CaptureDevices.choose(device, in: backend)
            }
        } catch {
            throw CommandFailure("\(error)")
        }
        let desk = await RecorderDesk.open()
        defer { desk.close() }
        if monitor {
            let levels = LevelMonitor(device: microphone, format: plan.format, desk: desk, mostTime: plan.mostTime)
            guard try await levels.run() else { return }
        }
        let run = RecordingRun(plan: plan, settings: settings, device: microphone, desk: desk)
        if let output {
            try await run.toFile(output)
        } else if wantsServer {
            try await client.withClient { try await run.toServer($0) }
        } else {
            try await run.toDataFolder(account: account)
        }
    }

    private func bringBack(_ leftOvers: LeftOverWork, _ settings: Settings) async throws {
        if let output {
            try await leftOvers.recover(most: 1) { try await LeftOverDelivery.write($0, to: output) }
        } else if wantsServer {
            let isChosen = client.server != nil
            try await client.withClient { client in
                try await leftOvers.recover { try await LeftOverDelivery.send($0, to: client, isChosen: isChosen) }
            }
        } else {
            try await leftOvers.recover {
                try await LeftOverDelivery.store($0, settings: settings, account: account, isChosen: account != nil)
            }
        }
    }

    /// Whether a server is to receive it: somebody named one, or has its token.
    private var wantsServer: Bool {
        let environment = ProcessInfo.processInfo.environment
        let names = ["VOICENOTE_CLIENT_SERVER", "VOICENOTE_CLIENT_TOKEN"]
        let isInEnvironment = names.contains { environment[$0]?.isEmpty == false }
        return account == nil && (client.server != nil || client.token != nil || isInEnvironment)
    }

    /// What is to be recorded.
    /// - Throws: `ValidationError` with all that is wrong with it.
    func plan(at time: Date = Date()) throws -> RecordingPlan {
        do {
            let format = try format()
            return try RecordingPlan(
                title: title ?? RecordChoice.title(at: time), tags: tags.flatMap(NoteRules.splitTags), folder: folder,
                text: text ?? "", preset: preset ?? .voice, format: format, mostTime: limitTime, mostBytes: limitSize)
        } catch {
            throw ValidationError(FailureText.text(error))
        }
    }

    private func format() throws -> RecordingFormat {
        let ending = output.map { URL(fileURLWithPath: $0).pathExtension } ?? ""
        let named = RecordingCodec(fileExtension: ending)
        guard ending.isEmpty || named != nil || codec != nil else {
            throw InvalidValue("A recording is a file that ends in .wav, .flac, .opus or .ogg, not in .\(ending).")
        }
        if let codec, let named, codec != named {
            throw InvalidValue("A file that ends in .\(ending) holds no \(codec.rawValue); change one of the two.")
        }
        return try (preset ?? .voice).format(
            codec: codec ?? named, rate: rate, channels: channels, bitRate: bitrate)
    }
}
