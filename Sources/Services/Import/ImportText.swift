import Core
import Foundation

/// Texts of a source, made fit for a note and for a terminal.
enum ImportText {
    /// The text without what a terminal would obey.
    static func printable(_ text: String) -> String {
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : String($0) }
            .joined()
    }

    /// As much of the text as the rule allows, in one line; nil when nothing of it is left.
    static func cleaned(_ text: String, by rule: TextRule) -> String? {
        let line = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        let trimmed = line.trimmingCharacters(in: .whitespacesAndNewlines).precomposedStringWithCanonicalMapping
        let cut = trimmed.prefix(rule.characters.upperBound).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let clean = try? rule.apply(cut), !clean.isEmpty else { return nil }
        return clean
    }
}

extension ImportItem {
    /// What the note is to be called and where it is to be, and what is not as the source had it.
    func draft(digest: SHA256Hash) -> (draft: NoteDraft, remarks: [ImportFinding]) {
        var remarks: [ImportFinding] = []
        var tags = tags.compactMap { ImportText.cleaned($0, by: NoteRules.tag) }
        if let known = expected.sha256, known != digest { tags.append(Self.mismatchTag) }
        let cleanTitle = title.flatMap { ImportText.cleaned($0, by: NoteRules.title) }
        let cleanFolder = folder.flatMap { ImportText.cleaned($0, by: NoteRules.folder) }
        let draft = NoteDraft(
            title: cleanTitle ?? "", tags: tags, folder: cleanFolder, fileName: fileName,
            // Analysis finds out what it is; nobody else is believed.
            mimeType: "application/octet-stream", announced: digest)
        for (what, before, after) in [("title", title, cleanTitle), ("folder", folder, cleanFolder)] {
            guard let before, !before.isEmpty, before != after else { continue }
            let shown = after.map { "became \"\($0)\"" } ?? "was not usable"
            remarks.append(ImportFinding(.remark, name, "Its \(what) \(shown)."))
        }
        return (draft, remarks)
    }

    /// Marks notes whose content is not what the source noted, so that they can be found again.
    static let mismatchTag = "checksum mismatch"
}
