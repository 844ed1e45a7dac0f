import ArgumentParser
import Core
import Foundation

/// `voicenote edit`
struct EditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Edit a note of a server, or an audio file; the recording stays as it is.",
        discussion: """
            voicenote edit NOTE --trim 5s..2m30s --remove-silence --normalize=-18 --export out.mp3
            voicenote edit memo.wav --cut 10s..12s --fade-out 2s --export memo-2.flac

            Operations are done in the order of the command line, and positions are in what the one before left. A \
            time is 90, 90s, 1m30s, 1:30, 01:02:03.250, 250ms or 44100samples; -10s is ten seconds before the end, \
            and end is the end. A range is A..B, A.. or ..B. Loudness and noise reduction are of the whole, wherever \
            they stand; of several, the last one counts. Of a note, every call with operations makes one version on \
            the server; of a file nothing is kept but what --export and --list write. Without anything, the edit is \
            shown.
            """)

    @OptionGroup var client: ClientOptions

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Keep only this range.", valueName: "a..b"), transform: EditStep.trim)
    var trim: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Remove this range.", valueName: "a..b"), transform: EditStep.cut)
    var cut: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Make two segments here.", valueName: "time"), transform: EditStep.split)
    var split: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Add the recording of another note at the end; for a file, another file.", valueName: "note|file"),
        transform: EditStep.join)
    var join: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Insert silence, such as 1m+2s.", valueName: "time+length"),
        transform: EditStep.insertSilence)
    var insertSilence: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Move a range to before a place.", valueName: "a..b@time"),
        transform: EditStep.move)
    var move: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Make it louder or softer by dB: 10s..20s=+3.", valueName: "[a..b=]dB"),
        transform: EditStep.gain)
    var gain: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Fade the beginning in.", valueName: "length"),
        transform: EditStep.fadeIn)
    var fadeIn: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Fade the end out.", valueName: "length"), transform: EditStep.fadeOut)
    var fadeOut: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init(
            "Remove silence from so long on, and keep some at each side; without a value \(EditStep.usualSilence).",
            valueName: "minimum[,keep]"),
        transform: EditStep.removeSilence)
    var removeSilence: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Take noise out: 0, which is off, to 1.", valueName: "strength"),
        transform: EditStep.noiseReduction)
    var noiseReduction: [EditStep] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Bring it to a loudness, with a true peak of -1 dBTP at most; or off.", valueName: "LUFS[,dBTP]"),
        transform: EditStep.normalize)
    var normalize: [EditStep] = []

    @Flag(help: "Go back to the version before.") var undo = false
    @Flag(help: "Do again what was undone.") var redo = false
    @Option(help: .init("Go back to a version by its number or id.", valueName: "version")) var restore: String?
    @Flag(help: "List the versions.") var versions = false
    @Option(help: .init("Name the version.", valueName: "text")) var name: String?
    @Option(
        help: .init("Write the result: .wav, .flac, .mp3, .m4a, .opus or .ogg.", valueName: "file"),
        completion: .file())
    var export: String?
    @Option(help: .init("Bits a second of MP3, M4A and Opus, such as 64k.", valueName: "rate")) var bitrate: String?
    @Option(help: .init("Of an MP3, 0 (best) to 9, instead of a bit rate.", valueName: "number")) var quality: Int?
    @Option(help: .init("Of a sample: 16, 24 or 32 (WAV), 16 or 24 (FLAC).", valueName: "number")) var bits: Int?
    @Option(
        help: .init("Write the list: .json, .otio, or .txt for labels of Audacity.", valueName: "file"),
        completion: .file())
    var list: String?
    @Flag(help: "Say what would be done, and do nothing.") var dryRun = false
    @Flag(help: "Replace files of these names.") var force = false
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: .init("A note's id, or an audio file.", valueName: "note|file"), completion: .file())
    var subject: String

    /// What a whole command line asks for, without the name of the program.
    static func request(of arguments: [String]) throws -> EditRequest {
        try parse(Array(EditArguments.spelledOut(arguments).dropFirst())).request()
    }

    func validate() throws {
        do {
            _ = try request()
        } catch let error as EditTextError {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        let (request, client, json) = (try request(), client, json)
        let subject = try EditSubject(subject)
        try await Interruption.handling {
            switch subject {
            case .file(let file):
                Self.show(try await LocalEdit(file: file, request: request).run(), of: request, json: json)
            case .note(let note):
                try await client.withClient { client in
                    let report = try await RemoteEdit(client: client, note: note, request: request).run()
                    Self.show(report, of: request, json: json)
                }
            }
        }
    }

    /// What is asked for, with the operations in the order of the command line.
    func request() throws -> EditRequest {
        var request = EditRequest()
        let steps =
            trim + cut + split + join + insertSilence + move + gain + fadeIn + fadeOut + removeSilence
            + noiseReduction + normalize
        request.steps = steps.sorted { $0.number < $1.number }
        request.history = try history()
        request.name = name
        request.showsVersions = versions
        request.isDryRun = dryRun
        request.replaces = force
        if let export {
            request.export = try ExportTarget(export, bits: bits, bitRate: bitrate, quality: quality)
        } else if bits != nil || bitrate != nil || quality != nil {
            throw EditTextError("--bits, --bitrate and --quality say how --export is written; add that.")
        }
        request.list = try list.map { try ListTarget($0) }
        return request
    }

    private func history() throws -> EditRequest.History? {
        let asked = [undo ? .undo : nil, redo ? .redo : nil, restore.map { EditRequest.History.restore($0) }]
            .compactMap { $0 }
        let hasSteps = ![
            trim, cut, split, join, insertSilence, move, gain, fadeIn, fadeOut, removeSilence, noiseReduction,
            normalize,
        ].allSatisfy(\.isEmpty)
        guard asked.count <= 1, asked.isEmpty || !hasSteps else {
            throw EditTextError("--undo, --redo and --restore come alone; call edit once more for operations.")
        }
        guard asked.isEmpty || !dryRun else { throw EditTextError("--dry-run tries operations only.") }
        return asked.first
    }

    private static func show(_ report: EditReport, of request: EditRequest, json: Bool) {
        for remark in report.remarks { FileHandle.standardError.write(Data("\(remark)\n".utf8)) }
        guard json else {
            let showsSegments = !request.showsVersions && (request.onlyLooks || request.isDryRun)
            report.lines(showsSegments: showsSegments).forEach { print($0) }
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        if let data = try? encoder.encode(report) { print(String(decoding: data, as: UTF8.self)) }
    }
}
