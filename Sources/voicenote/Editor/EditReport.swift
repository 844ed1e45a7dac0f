import Audio
import Core

/// What became of an edit, for people and for programs.
struct EditReport: Encodable, Sendable {
    /// A version as the server shows it, without its list.
    struct Version: Codable, Hashable, Sendable {
        let id: String
        let number: Int
        let name: String?
        let summary: String
        let createdAt: String
    }

    struct Export: Encodable, Hashable, Sendable {
        let file: String
        let format: String
        let bytes: Int64
        let durationMs: Int64
        let normalization: Normalizing?
    }

    /// How the loudness was brought to its target; the words of the server.
    struct Normalizing: Codable, Hashable, Sendable {
        enum Outcome: String, Codable, Sendable {
            case reached, heldBack, notMeasurable
        }

        let outcome: Outcome
        /// LUFS before; nil where there was nothing to measure.
        let loudness: Double?
        /// In dB.
        let gain: Double
        /// So many LU below the target.
        let missing: Double?

        init(_ normalization: Normalization) {
            loudness = normalization.measured.integratedLUFS
            gain = normalization.decibels
            switch normalization.outcome {
            case .reached:
                outcome = .reached
                missing = nil
            case .heldBackBy(let decibels):
                outcome = .heldBack
                missing = decibels
            case .notMeasurable:
                outcome = .notMeasurable
                missing = nil
            }
        }
    }

    /// The file's name, or the note's title.
    let title: String
    /// The note's id; nil for a file.
    var note: String?
    /// What is heard; nil after a trial run whose outcome only the server would know.
    let list: EditList?
    /// Samples.
    let length: Int64?
    var head: Version?
    /// Versions in all; nil for a file.
    var versionCount: Int?
    /// Newest first, where they were asked for.
    var versions: [Version]?
    var isDryRun = false
    var export: Export?
    /// Where the list was written.
    var listFile: String?
    /// What a person should know although it worked.
    var remarks: [String] = []
    /// What the sources are called.
    let names: [Recording.ID: String]

    init(title: String, list: EditList?, names: [Recording.ID: String]) {
        self.title = title
        self.list = list
        self.names = names
        length = list?.length
    }

    private enum CodingKeys: String, CodingKey {
        case title, note, list, length, head, versionCount, versions, isDryRun, export, listFile, remarks
    }
}
