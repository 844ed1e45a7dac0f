import Core
import Foundation

/// Reads the query of the list of notes; everything that is wrong with it is said at once.
enum NoteListQuery {
    static func parse(_ parameters: Query) throws -> NoteQuery {
        var validation = Validation()
        var query = NoteQuery()
        func text(_ name: String) -> String? {
            parameters[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        func truth(_ name: String) -> Bool? {
            switch text(name) {
            case nil: return false
            case "true": return true
            case "false": return false
            default: return nil
            }
        }
        if let limit = text("limit") {
            if let number = Int(limit), NoteQuery.limits.contains(number) {
                query.limit = number
            } else {
                validation.fail(
                    "limit", "A number from \(NoteQuery.limits.lowerBound) to \(NoteQuery.limits.upperBound).")
            }
        }
        if let cursor = text("cursor") {
            query.after = NoteCursor(cursor)
            if query.after == nil { validation.fail("cursor", "Take the nextCursor of the page before as it is.") }
        }
        for (name, path) in [("archived", \NoteQuery.archived), ("trashed", \NoteQuery.trashed)] {
            if let value = truth(name) {
                query[keyPath: path] = value
            } else {
                validation.fail(name, "Either true or false.")
            }
        }
        if let digest = text("sha256") {
            query.sha256 = SHA256Hash(digest)
            if query.sha256 == nil { validation.fail("sha256", "64 hexadecimal digits.") }
        }
        if let sync = text("sync") {
            query.sync = SyncState(rawValue: sync)
            if query.sync == nil { validation.fail("sync", "One of pending, synced, failed and none.") }
        }
        query.store = text("store")
        if let store = query.store, !SettingKey.isStoreName(store) { validation.fail("store", "The name of a store.") }
        for (name, path) in [("from", \NoteQuery.from), ("to", \NoteQuery.to)] {
            guard let value = text(name) else { continue }
            query[keyPath: path] = Timestamp(value)
            if query[keyPath: path] == nil { validation.fail(name, "A time such as 2026-11-21T08:00:00Z.") }
        }
        // As they are stored (TextRule): in NFC.
        query.folder = text("folder")?.precomposedStringWithCanonicalMapping
        query.tag = text("tag")?.precomposedStringWithCanonicalMapping
        query.search = text("q")
        if let search = query.search, search.count > 200 { validation.fail("q", "At most 200 characters.") }
        try validation.finish()
        return query
    }
}
