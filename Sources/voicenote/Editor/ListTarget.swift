import Core
import Foundation

/// The file that the list of an edit is written to, in the form that the ending of its name says.
struct ListTarget: Hashable, Sendable {
    enum Form: String, Hashable, Sendable {
        case json
        /// OpenTimelineIO.
        case otio
        /// Labels for Audacity.
        case labels = "txt"
    }

    let path: String
    let form: Form

    /// - Throws: ``EditTextError`` for an ending that is not known.
    init(_ path: String) throws(EditTextError) {
        guard let ending = path.split(separator: ".").last, path.contains("."),
            let form = Form(rawValue: ending.lowercased())
        else {
            throw EditTextError("--list \(path): the name ends with .json, .otio, or .txt for labels of Audacity.")
        }
        self.path = path
        self.form = form
    }

    /// A source by its recording's id, for whoever reads the JSON.
    private struct Sheet: Encodable {
        /// Samples.
        let length: Int64
        let list: EditList
        let names: [String: String]
    }

    /// The list in this form.
    /// - Parameters:
    ///   - names: what the sources are called.
    ///   - files: their paths, where they are files here.
    func text(
        of list: EditList, title: String, names: [Recording.ID: String], files: [Recording.ID: String]
    ) throws -> String {
        switch form {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let texts = names.merging(files) { $1 }.map { ($0.key.description, $0.value) }
            let sheet = Sheet(length: list.length, list: list, names: Dictionary(texts) { $1 })
            return String(decoding: try encoder.encode(sheet), as: UTF8.self) + "\n"
        case .otio:
            var text = try EditExchange.openTimelineIO(list, title: title, names: names)
            for (recording, path) in files {
                // An address of a file holds nothing that JSON would write otherwise.
                text = text.replacing(
                    "voicenote:recording/\(recording)", with: URL(fileURLWithPath: path).absoluteString)
            }
            return text + "\n"
        case .labels: return EditExchange.audacityLabels(list)
        }
    }
}
