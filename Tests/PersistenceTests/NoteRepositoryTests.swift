import Core
import Foundation
import TestSupport
import Testing

@testable import Persistence

@Suite struct NoteRepositoryTests {
    @Test("a note comes back as it was written, for its account only")
    func find() async throws {
        let fixture = try await Fixture()
        let ada = try await fixture.account()
        let bob = try await fixture.account()
        let note = Sample.note(
            of: ada.id, blob: 1, title: "T", text: "a\nb", tags: ["x", "É y"], folder: "F", archived: true,
            pinned: true,
            trashedAt: Timestamp(milliseconds: 3))
        try await fixture.database.write { try $0.insert(note) }
        let found = try await fixture.database.read { connection in
            (
                try connection.notes.find(note.id, of: ada.id), try connection.notes.find(note.id, of: bob.id),
                try connection.notes.find(note.id), try connection.notes.find(recording: note.recording.id),
                try connection.notes.find(Note.ID(), of: ada.id)
            )
        }
        #expect(found.0 == note)
        #expect(found.1 == nil)
        #expect(found.2 == note)
        #expect(found.3 == note)
        #expect(found.4 == nil)
    }

    @Test(
        "tags come back one by one, also where one begins with a combining mark",
        arguments: [[], ["a"], ["a", "\u{301}b"], ["x y", "É", "中"], ["\u{301}"]])
    func tags(tags: [String]) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1, tags: tags)
        try await fixture.database.write { try $0.insert(note) }
        #expect(try await fixture.database.read { try $0.notes.find(note.id)?.tags } == tags)
    }

    @Test("an update of another version changes nothing")
    func version() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1, title: "old", tags: ["one"])
        var changed = note
        changed.title = "new"
        changed.tags = ["two", "three"]
        changed.folder = "F"
        changed.state = .failed
        changed.reason = "why"
        changed.urlEpoch = 4
        changed.pinned = true
        let edited = changed
        let results = try await fixture.database.write { connection in
            try connection.insert(note)
            var later = note
            later.version = 2
            let stale = try connection.notes.update(edited, from: later)
            let before = try connection.notes.find(note.id)
            let fresh = try connection.notes.update(edited, from: note)
            let again = try connection.notes.update(edited, from: note)
            return (stale, before, fresh, again, try connection.notes.find(note.id))
        }
        #expect(!results.0)
        #expect(results.1 == note)
        #expect(results.2)
        #expect(!results.3)
        changed.version = 2
        #expect(results.4 == changed)
        #expect(try await titles(fixture, account, NoteQuery(tag: "one")) == [])
        #expect(try await titles(fixture, account, NoteQuery(tag: "TWO")) == ["new"])
        #expect(try await titles(fixture, account, NoteQuery(search: "old")) == [])
        #expect(try await titles(fixture, account, NoteQuery(search: "three")) == ["new"])
    }

    @Test("a deleted note leaves no tag and no search entry behind")
    func delete() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1, title: "gone", tags: ["x"])
        let left = try await fixture.database.write { connection in
            try connection.insert(note)
            try connection.notes.delete(note.id)
            try connection.recordings.delete(note.recording.id)
            return try ["notes", "note_tags", "recordings"].map {
                try connection.number("SELECT COUNT(*) FROM \($0)")
            }
        }
        #expect(left == [0, 0, 0])
        _ = try await fixture.database.write {
            try $0.execute("INSERT INTO note_search (note_search, rank) VALUES ('integrity-check', 1)")
        }
    }

    @Test(
        "paging through a thousand notes gives each of them once, pinned first, then newest first",
        arguments: [1, 7, 50, 500])
    func paging(limit: Int) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let other = try await fixture.account()
        var generator = SeededGenerator(seed: UInt64(limit))
        var notes: [Note] = []
        for number in 0..<1000 {
            let time = Timestamp(milliseconds: Int64.random(in: 1...400, using: &generator))
            notes.append(
                Sample.note(
                    of: account.id, blob: number, at: time, pinned: Int.random(in: 0..<10, using: &generator) == 0))
        }
        let expected = notes.sorted { ($0.pinned ? 1 : 0, $0.id) > ($1.pinned ? 1 : 0, $1.id) }.map(\.id)
        let all = notes
        try await fixture.database.write { connection in
            for note in all { try connection.insert(note) }
            for number in 0..<50 { try connection.insert(Sample.note(of: other.id, blob: number, pinned: true)) }
        }
        var query = NoteQuery(limit: limit)
        var seen: [Note.ID] = []
        repeat {
            let now = query
            let page = try await fixture.database.read { try $0.notes.list(now, of: account.id) }
            #expect(page.items.count <= limit && !page.items.isEmpty)
            seen += page.items.map(\.id)
            query.after = page.next
        } while query.after != nil && seen.count <= notes.count
        #expect(seen == expected)
    }

    @Test("the list is read along its index, without sorting", arguments: [false, true])
    func plan(trashed: Bool) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1)
        for after in [nil, NoteCursor(after: note)] {
            let plan = try await fixture.database.write { connection in
                try connection.insert(Sample.note(of: account.id, blob: 1))
                let spy = Spy(connection: connection)
                _ = try NoteRepository(connection: spy).list(NoteQuery(after: after, trashed: trashed), of: account.id)
                let (sql, arguments) = try #require(spy.log.statements.first)
                return try connection.query("EXPLAIN QUERY PLAN " + sql, arguments).map { try $0.text("detail") }
            }
            let index = trashed ? "notes_trash" : "notes_list"
            #expect(plan.contains { $0.contains("SEARCH n USING INDEX \(index)") }, "\(plan)")
            #expect(!plan.contains { $0.contains("TEMP B-TREE") || $0.hasPrefix("SCAN") }, "\(plan)")
        }
    }

    @Test("every filter gives what a look at each note gives")
    func filters() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let other = try await fixture.account()
        var generator = SeededGenerator(seed: 99)
        let words = ["café", "Kaffee", "münchen", "notes", "note", "meeting", "Über", "1984", "x"]
        func sentence() -> String {
            (0..<Int.random(in: 0...4, using: &generator)).map { _ in words.randomElement(using: &generator) ?? "" }
                .joined(separator: [" ", ", ", "-", "\n"].randomElement(using: &generator) ?? " ")
        }
        var notes: [Note] = []
        for number in 0..<300 {
            notes.append(
                Sample.note(
                    of: number.isMultiple(of: 5) ? other.id : account.id, blob: number,
                    at: Timestamp(milliseconds: Int64.random(in: 1...50, using: &generator)),
                    title: sentence().split(separator: "\n").joined(), text: sentence(),
                    tags: ["Work", "home", "Été"].filter { _ in Bool.random(using: &generator) },
                    folder: [nil, "A", "B"].randomElement(using: &generator) ?? nil,
                    archived: Bool.random(using: &generator), pinned: Bool.random(using: &generator),
                    trashedAt: Int.random(in: 0..<4, using: &generator) == 0 ? .now() : nil))
        }
        let all = notes
        try await fixture.database.write { connection in for note in all { try connection.insert(note) } }
        for _ in 0..<300 {
            let query = NoteQuery(
                limit: 500, folder: [nil, nil, "A", "C"].randomElement(using: &generator) ?? nil,
                tag: [nil, nil, "work", "été", "none"].randomElement(using: &generator) ?? nil,
                archived: Bool.random(using: &generator), trashed: Bool.random(using: &generator),
                from: Bool.random(using: &generator) ? Timestamp(milliseconds: 20) : nil,
                to: Bool.random(using: &generator) ? Timestamp(milliseconds: 40) : nil,
                search: [nil, "cafe", "CAFÉ", "not", "munchen note", "uber", "198", "x café", "note not", "ote"]
                    .randomElement(using: &generator) ?? nil)
            let expected = all.filter { $0.account == account.id && Self.matches($0, query) }
                .sorted { ($0.pinned ? 1 : 0, $0.id) > ($1.pinned ? 1 : 0, $1.id) }.map(\.id)
            let found = try await fixture.database.read { try $0.notes.list(query, of: account.id) }
            #expect(found.items.map(\.id) == expected, "\(query)")
        }
    }

    @Test(
        "search finds words in title, tags and text, without case or accents, the last one by its beginning",
        arguments: [
            ("creme", true), ("CRÈME", true), ("brul", true), ("brulee creme", true), ("crème brûlée", true),
            ("dess", true),
            ("garden dessert", true), ("cre brulee", false), ("rulee", false), ("missing", false),
            ("brûlée missing", false),
            ("kitchen-garden", true), ("2026", true), ("中文", true), ("cre\u{300}me", true),
        ])
    func search(search: String, isFound: Bool) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(
            of: account.id, blob: 1, title: "Crème brûlée", text: "from the kitchen, garden 2026 中文", tags: ["Dessert"])
        try await fixture.database.write { try $0.insert(note) }
        #expect(try await titles(fixture, account, NoteQuery(search: search)).isEmpty != isFound)
    }

    @Test(
        "what would be search syntax or SQL is only text",
        arguments: [
            "\"", "\"\"", "'", "a\"b", "' OR 1=1 --", "x\"; DROP TABLE notes; --", "title:secret", "NOT secret", "AND",
            "OR",
            "NEAR(a b, 2)", "^secret", "{title}: a", "*", "secret*", "-secret", "(secret", "secret)", "+", "\u{0}",
            "$1",
            "\u{1E900}", "½", "1\u{FE0F}\u{20E3}", "a\u{200D}b", String(repeating: "a ", count: 300), "\\", "%", "_",
        ])
    func harmless(search: String) async throws {
        let fixture = try await Fixture()
        let ada = try await fixture.account()
        let bob = try await fixture.account()
        try await fixture.database.write { connection in
            try connection.insert(Sample.note(of: ada.id, blob: 1, title: "mine"))
            try connection.insert(Sample.note(of: bob.id, blob: 2, title: "secret", text: "a b or and x near title"))
        }
        #expect(try await titles(fixture, ada, NoteQuery(search: search)) == [])
        #expect(try await titles(fixture, ada, NoteQuery(folder: search)) == [])
        #expect(try await titles(fixture, ada, NoteQuery(tag: search)) == [])
        #expect(try await titles(fixture, ada, NoteQuery(search: "mine")) == ["mine"])
    }

    @Test("the search index follows every change without growing")
    func indexBounded() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        var note = Sample.note(of: account.id, blob: 1, title: "0")
        let first = note
        try await fixture.database.write { try $0.insert(first) }
        for number in 1...200 {
            let before = note
            note.title = "word\(number)"
            let changed = note
            #expect(try await fixture.database.write { try $0.notes.update(changed, from: before) })
            note.version += 1
        }
        #expect(try await titles(fixture, account, NoteQuery(search: "word")) == ["word200"])
        #expect(try await titles(fixture, account, NoteQuery(search: "word19")) == [])
        // Fails unless the index holds exactly the words that the notes have.
        _ = try await fixture.database.write {
            try $0.execute("INSERT INTO note_search (note_search, rank) VALUES ('integrity-check', 1)")
        }
    }

    @Test("what was in the trash for too long is found, oldest first, whoever it belongs to")
    func trashed() async throws {
        let fixture = try await Fixture()
        let ada = try await fixture.account()
        let bob = try await fixture.account()
        try await fixture.database.write { connection in
            for (number, owner) in [(30, ada), (10, bob), (20, ada), (40, bob)] {
                try connection.insert(
                    Sample.note(
                        of: owner.id, blob: number, title: "\(number)",
                        trashedAt: Timestamp(milliseconds: Int64(number))))
            }
            try connection.insert(Sample.note(of: ada.id, blob: 5, title: "kept"))
        }
        func found(before: Int64, limit: Int) async throws -> [String] {
            try await fixture.database.read {
                try $0.notes.trashed(before: Timestamp(milliseconds: before), limit: limit).map(\.title)
            }
        }
        #expect(try await found(before: 40, limit: 100) == ["10", "20", "30"])
        #expect(try await found(before: 1000, limit: 2) == ["10", "20"])
        #expect(try await found(before: 10, limit: 100) == [])
    }

    @Test("tags and folders are counted for the account, outside the trash")
    func counts() async throws {
        let fixture = try await Fixture()
        let ada = try await fixture.account()
        let bob = try await fixture.account()
        try await fixture.database.write { connection in
            try connection.insert(Sample.note(of: ada.id, blob: 1, tags: ["Work", "b"], folder: "Z"))
            try connection.insert(Sample.note(of: ada.id, blob: 2, tags: ["work"], folder: "A", archived: true))
            try connection.insert(Sample.note(of: ada.id, blob: 3, tags: ["work"], folder: "Z", trashedAt: .now()))
            try connection.insert(Sample.note(of: bob.id, blob: 4, tags: ["bob's"], folder: "bob's"))
        }
        let (tags, folders) = try await fixture.database.read {
            (try $0.notes.tagCounts(of: ada.id), try $0.notes.folderCounts(of: ada.id))
        }
        #expect(tags.map(\.name) == ["Work", "b"])
        #expect(tags.map(\.count) == [2, 1])
        #expect(folders.map(\.name) == ["A", "Z"])
        #expect(folders.map(\.count) == [1, 1])
    }

    private func titles(_ fixture: Fixture, _ account: Account, _ query: NoteQuery) async throws -> [String] {
        try await fixture.database.read { try $0.notes.list(query, of: account.id).items.map(\.title) }
    }

    /// The filter, as slow and plain as possible.
    private static func matches(_ note: Note, _ query: NoteQuery) -> Bool {
        func fold(_ text: String) -> [String] {
            text.decomposed.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        }
        if query.trashed ? note.trashedAt == nil : note.trashedAt != nil || note.archived != query.archived {
            return false
        }
        if let folder = query.folder, note.folder != folder { return false }
        if let tag = query.tag, !note.tags.contains(where: { $0.lowercased() == tag.lowercased() }) { return false }
        if let from = query.from, note.createdAt < from { return false }
        if let to = query.to, note.createdAt >= to { return false }
        guard let search = query.search else { return true }
        let tokens = fold(note.title) + note.tags.flatMap(fold) + fold(note.text)
        let words = fold(search)
        return words.dropLast().allSatisfy(tokens.contains)
            && words.suffix(1).allSatisfy { word in tokens.contains { $0.hasPrefix(word) } }
    }
}

extension String {
    /// Without its accents.
    fileprivate var decomposed: String {
        String(
            String.UnicodeScalarView(
                decomposedStringWithCanonicalMapping.unicodeScalars.filter {
                    $0.properties.generalCategory != .nonspacingMark
                }))
    }
}

/// A connection that keeps what was asked of it.
private struct Spy: SQLConnection {
    final class Log { var statements: [(String, [SQLValue])] = [] }

    let connection: any SQLConnection
    let log = Log()

    var dialect: any Dialect { connection.dialect }

    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int { try connection.execute(sql, arguments) }

    func query(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow] {
        log.statements.append((sql, arguments))
        return try connection.query(sql, arguments)
    }
}
