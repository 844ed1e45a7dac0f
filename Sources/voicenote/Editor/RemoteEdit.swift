import Core

/// Edits a note of a server through its API: every change is a version there, and the recording stays as it came.
struct RemoteEdit: Sendable {
    let client: APIClient
    let note: String
    let request: EditRequest

    private var api: EditsAPI { EditsAPI(client: client, note: note) }

    /// Makes the change, and writes what was asked for.
    func run() async throws -> EditReport {
        let outputs = try request.outputs(besides: [])
        do {
            return try await edit(outputs)
        } catch let error as APIClient.Unreachable {
            outputs.export?.discard()
            throw CommandFailure(error.description)
        } catch {
            outputs.export?.discard()
            throw error
        }
    }

    private func edit(_ outputs: EditOutputs) async throws -> EditReport {
        let details = try await api.details()
        var state = try await api.page(limit: 1).edit
        let joined = try await joinedNotes()
        var names = [details.recording.id: details.title]
        for note in joined.values { names[note.source.recording] = note.title }
        if request.isDryRun {
            let draft = try await draft(state, details, joined)
            var report = EditReport(title: details.title, list: draft.list, names: names)
            report.note = note
            report.isDryRun = true
            return report
        }
        state = try await changed(state, details, joined)
        var report = EditReport(title: details.title, list: state.list, names: names)
        report.note = note
        report.head = state.head
        report.versionCount = state.count
        if request.showsVersions { report.versions = try await allVersions() }
        if let target = request.list, let pending = outputs.list {
            try pending.write(try target.text(of: state.list, title: details.title, names: names, files: [:]))
            try pending.commit()
            report.listFile = target.path
        }
        if let target = request.export, let pending = outputs.export {
            report.export = try await RemoteExport(api: api, target: target, file: pending)
                .run(version: state.head?.id ?? "head")
        }
        return report
    }

    // MARK: Changes

    /// What is heard once the request is carried out.
    private func changed(
        _ state: EditBodies.State, _ details: EditBodies.NoteDetails, _ joined: [String: JoinedNote]
    ) async throws -> EditBodies.State {
        var change = EditBodies.Change(base: state.head?.id, name: request.name)
        switch request.history {
        case .undo: change.action = "undo"
        case .redo: change.action = "redo"
        case .restore(let version):
            return try await named(try await api.restore(try await self.version(version), base: change.base))
        case nil:
            guard !request.steps.isEmpty else { return try await named(state) }
            change.operations = try await draft(state, details, joined).operations
            return try await api.change(change, steps: request.steps)
        }
        change.name = nil
        return try await named(try await api.change(change, steps: []))
    }

    /// Names the version that is heard, where a name was asked for.
    private func named(_ state: EditBodies.State) async throws -> EditBodies.State {
        guard let name = request.name else { return state }
        guard let head = state.head else {
            throw CommandFailure("This note was never edited: there is no version to name.")
        }
        return EditBodies.State(
            head: try await api.rename(head.id, to: name), list: state.list, count: state.count)
    }

    /// The operations in samples, and what they leave as far as that can be known here.
    private func draft(
        _ state: EditBodies.State, _ details: EditBodies.NoteDetails, _ joined: [String: JoinedNote]
    ) async throws -> EditDraft {
        var silences: [Recording.ID: [Range<Int64>]] = [:]
        if request.steps.contains(where: \.removesSilence) {
            let rate = state.list.sampleRate
            for (id, source) in [(note, state.list.source(details.recording.id))]
                + joined.map({ ($0.key, try? $0.value.source(at: rate)) })
            {
                guard let source else { continue }
                let map = try await EditsAPI(client: client, note: id).silence()
                silences[source.recording] = map.ranges(at: rate, length: source.length)
            }
        }
        var draft = EditDraft(state.list, silences: silences)
        for step in request.steps {
            guard case .join(let name) = step.action else {
                try draft.apply(step)
                continue
            }
            try draft.apply(step, joining: try joined[name]?.source(at: state.list.sampleRate))
        }
        return draft
    }

    // MARK: Other notes

    /// A note whose recording is joined.
    private struct JoinedNote: Sendable {
        let title: String
        /// Its length is at its own rate.
        let source: EditSource
        let sampleRate: Int

        func source(at rate: Int) throws -> EditSource {
            do {
                return try EditSource(
                    recording: source.recording, frames: source.length, sourceRate: sampleRate, sampleRate: rate)
            } catch {
                throw CommandFailure("\(title): \(error.message)")
            }
        }
    }

    private func joinedNotes() async throws -> [String: JoinedNote] {
        var found: [String: JoinedNote] = [:]
        for step in request.steps {
            guard case .join(let name) = step.action, found[name] == nil else { continue }
            guard Note.ID(name) != nil else {
                throw CommandFailure(
                    "\(step.text): to a note, another note is joined by its id; send a file with \"voicenote add\" "
                        + "first.")
            }
            let other = EditsAPI(client: client, note: name)
            let details = try await other.details()
            let list = try await other.page(limit: 1).edit.list
            guard let source = list.source(details.recording.id) else {
                throw CommandFailure("\(step.text): the length of this note's recording is not known.")
            }
            found[name] = JoinedNote(title: details.title, source: source, sampleRate: list.sampleRate)
        }
        return found
    }

    // MARK: Versions

    /// The id of a version by its id or its number.
    private func version(_ text: String) async throws -> String {
        if let id = EditVersion.ID(text) { return id.description }
        guard let number = Int(text), (1..<Int(Int32.max)).contains(number) else {
            throw CommandFailure("--restore \(text): write a version's number or id, as --versions shows them.")
        }
        let page = try await api.page(before: number + 1, limit: 1)
        guard let version = page.versions.first, version.number == number else {
            throw CommandFailure("There is no version \(number); --versions shows what there is.")
        }
        return version.id
    }

    private func allVersions() async throws -> [EditReport.Version] {
        var versions: [EditReport.Version] = []
        var before: Int?
        repeat {
            let page = try await api.page(before: before, limit: 100)
            versions += page.versions
            before = page.next
        } while before != nil
        return versions
    }
}

extension EditStep {
    fileprivate var removesSilence: Bool {
        if case .removeSilence = action { true } else { false }
    }
}
