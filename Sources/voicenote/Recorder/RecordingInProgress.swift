import Audio
import Core

/// What is known of a recording while it is being made, and after its process died. Kept beside its sound.
struct RecordingInProgress: Codable, Sendable, Equatable {
    typealias ID = Identifier<RecordingInProgress>

    /// Where a server receives it meanwhile.
    struct Upload: Codable, Sendable, Equatable {
        let server: String
        let path: String
    }

    /// More marks than this are not noted.
    static let mostMarks = 1_000
    /// A note's text has no more.
    private static let mostCharacters = 100_000

    let id: ID
    let title: String
    let tags: [String]
    let folder: String?
    let text: String
    let preset: RecordingPreset
    let format: RecordingFormat
    /// The name of the microphone.
    let device: String
    let startedAt: Timestamp
    /// In samples of one channel from the beginning.
    var marks: [Int64] = []
    /// Whether its file was ended properly.
    var isComplete = false
    var upload: Upload?
    /// Where it was to go.
    var destination: Destination?

    /// A place that somebody chose when the recording began.
    enum Destination: Codable, Sendable, Equatable {
        /// The server's address.
        case server(String)
        case dataFolder
        /// The file's path.
        case file(String)
    }

    /// The place in words.
    var place: String {
        switch destination {
        case .server(let address): address
        case .file(let path): path
        case .dataFolder: "the data folder"
        case nil: "its place"
        }
    }

    init(
        _ plan: RecordingPlan, device: String, for destination: Destination? = nil, at time: Timestamp = .now()
    ) {
        self.destination = destination
        id = ID(at: time)
        title = plan.title
        tags = plan.tags
        folder = plan.folder
        text = plan.text
        preset = plan.preset
        format = plan.format
        self.device = device
        startedAt = time
    }

    /// The name of the file with its sound.
    var soundName: String { "\(id).\(format.codec.fileExtension)" }

    /// The name of the file with this.
    var recordName: String { "\(id)\(Self.recordEnding)" }
    static let recordEnding = ".json"

    /// What an upload says of it.
    var draft: NoteDraft {
        NoteDraft(
            title: title, tags: tags, folder: folder,
            fileName: "\(title.replacing("/", with: "-")).\(format.codec.fileExtension)",
            mimeType: format.codec.mediaType)
    }

    /// The note's text: what was given, and a line for each mark.
    var noteText: String {
        let lines = marks.enumerated().map { number, place in
            "\(ClockText.text(place, rate: format.rate)) mark \(number + 1)"
        }
        let whole = ([text] + lines).filter { !$0.isEmpty }.joined(separator: "\n")
        return String(whole.prefix(Self.mostCharacters))
    }
}
