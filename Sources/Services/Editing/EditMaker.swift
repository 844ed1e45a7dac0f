import Core
import Persistence

/// Makes one change of a note's edit in a transaction.
struct EditMaker {
    let connection: any SQLConnection
    let note: Note
    let account: Account.ID

    func make(_ change: Edits.Change, from base: EditVersion.ID?, name: String?) throws -> Edits.State {
        let position = try connection.edits.position(of: note.id)
        guard position?.head == base else { throw try conflict(change, from: base, now: position) }
        switch change {
        case .undo, .redo: try step(change, position)
        case .operations, .list, .restore:
            // The first change makes the whole recording the first version, so that it can be undone.
            let head = try position.map { try Edits.version($0.head, of: note.id, connection) } ?? first()
            let list = try list(of: change, on: head.list)
            try add(list, parent: head, name: name, summary: summary(of: change), position)
        }
        return try Edits.state(of: note, connection)
    }

    private func step(_ change: Edits.Change, _ position: EditPosition?) throws {
        guard var position else {
            throw EditError(.nothingToUndo, "The note was never edited; there is nothing to undo or redo.")
        }
        if change == .undo {
            try position.undo(to: try Edits.version(position.head, of: note.id, connection).parent)
        } else {
            try position.redo()
        }
        try connection.edits.setPosition(position, of: note.id)
    }

    private func first() throws -> EditVersion {
        let version = EditVersion(
            id: EditVersion.ID(), note: note.id, number: 1, parent: nil, list: try Edits.whole(note),
            summary: "The recording", createdAt: .now(), author: account)
        try connection.edits.insert(version)
        return version
    }

    private func add(
        _ list: EditList, parent: EditVersion, name: String?, summary: String, _ position: EditPosition?
    ) throws {
        let count = try connection.edits.count(of: note.id)
        guard count < EditPosition.maximumVersions else {
            throw EditError(
                .tooManyVersions,
                "An edit has at most \(EditPosition.maximumVersions) versions. Export it, and go on with the export.")
        }
        let version = EditVersion(
            id: EditVersion.ID(), note: note.id, number: count + 1, parent: parent.id, list: list, name: name,
            summary: summary, createdAt: .now(), author: account)
        try connection.edits.insert(version)
        var position = position ?? EditPosition(head: parent.id)
        position.advance(to: version.id)
        try connection.edits.setPosition(position, of: note.id)
    }

    /// What the change makes of a list.
    private func list(of change: Edits.Change, on list: EditList) throws -> EditList {
        switch change {
        case .undo, .redo: return list
        case .restore(let id): return try Edits.version(id, of: note.id, connection).list
        case .list(let wanted):
            try checkSources(of: wanted)
            return wanted
        case .operations(let operations):
            var result = list
            for (index, operation) in operations.enumerated() {
                do {
                    result = try apply(operation, to: result)
                } catch let error as EditError {
                    let field = "operations.\(index)" + (error.field.map { ".\($0)" } ?? "")
                    throw EditError(error.reason, error.message, field: field)
                }
            }
            return result
        }
    }

    private func apply(_ operation: EditOperation, to list: EditList) throws -> EditList {
        switch operation {
        case .join(let recording, _, _, _):
            let joined = try list.adding(source: source(recording, at: list.sampleRate))
            return try joined.applying(operation, silences: [:])
        case .removeSilence: return try list.applying(operation, silences: silences(of: list))
        default: return try list.applying(operation, silences: [:])
        }
    }

    /// Where each source of the list is silent.
    private func silences(of list: EditList) throws -> [Recording.ID: [Range<Int64>]] {
        var found: [Recording.ID: [Range<Int64>]] = [:]
        for source in list.sources {
            guard let map = try connection.recordings.silence(of: source.recording) else { continue }
            found[source.recording] = map.ranges(at: list.sampleRate, length: source.length)
        }
        return found
    }

    /// A recording of the same account as a source.
    private func source(_ recording: Recording.ID, at sampleRate: Int) throws -> EditSource {
        // Another's recording is as good as none.
        guard let note = try connection.notes.find(recording: recording), note.account == account else {
            throw EditError(.source, "There is no such recording.", field: "recording")
        }
        guard let report = note.recording.report else {
            throw EditError(
                .source, "This recording is not analysed yet, or cannot be read.", field: "recording")
        }
        return try EditSource(
            recording: recording, frames: report.totalSamples, sourceRate: report.sampleRate, sampleRate: sampleRate)
    }

    /// A list from outside may name what it likes.
    private func checkSources(of list: EditList) throws {
        guard let report = note.recording.report, list.sampleRate == report.sampleRate else {
            throw EditError(
                .sampleRate, "The edit has the rate of its note's recording.", field: "list.sampleRate")
        }
        for (index, source) in list.sources.enumerated() {
            let known: EditSource
            do {
                known = try self.source(source.recording, at: list.sampleRate)
            } catch let error as EditError {
                throw EditError(error.reason, error.message, field: "list.sources.\(index)")
            }
            guard known == source else {
                throw EditError(
                    .source, "This source has \(known.length) samples at the rate of the edit.",
                    field: "list.sources.\(index).length")
            }
        }
    }

    /// What whoever comes too late is told.
    private func conflict(
        _ change: Edits.Change, from base: EditVersion.ID?, now position: EditPosition?
    ) throws -> EditConflict {
        let head = try position.map { try Edits.version($0.head, of: note.id, connection) }
        let old: EditList?
        if let base {
            old = try connection.edits.find(base, of: note.id)?.list
        } else {
            old = try Edits.whole(note)
        }
        return EditConflict(head: head, yours: old.flatMap { try? list(of: change, on: $0) })
    }

    private func summary(of change: Edits.Change) -> String {
        switch change {
        case .operations(let operations):
            let names = operations.prefix(5).map(\.name.rawValue).joined(separator: ", ")
            return operations.count > 5 ? "\(names) and \(operations.count - 5) more" : names
        case .list: return "list"
        case .undo: return "undo"
        case .redo: return "redo"
        case .restore(let id):
            let number = (try? connection.edits.find(id, of: note.id))?.number ?? 0
            return "restore \(number)"
        }
    }
}
