public import Core
import Foundation
import Logging
import Persistence

extension Notes {
    /// How long an answer is kept for a request that comes again.
    static let answerLifetime = Duration.seconds(86_400)
    /// So many notes change in one transaction, and whoever else writes waits for it.
    private static let notesInTransaction = 100
    private static let answersInTransaction = 200

    /// Does one thing with many notes; what cannot be done with one of them is said for that one and hinders no other.
    ///
    /// A request whose answer was lost can be sent again under the same key: within a day it gets the same answer, and
    /// nothing is done a second time. The same key with another request is a ``Core/VoiceNoteError/Code/conflict``. Of two
    /// at the same time, one waits for the other. The answer is stored when everything is done: if the server dies before
    /// that, the repeated request does everything again, which changes nothing about the notes that were done.
    public func batch(_ request: BatchRequest, key: String?, of account: Account.ID) async throws -> BatchResult {
        guard let key else { return try await carryOut(request, of: account) }
        try Self.check(key)
        let digest = try request.digest()
        return try await turns.withTurn(BatchTurns.Key(account: account, text: key)) {
            if let known = try await answer(under: key, to: digest, of: account) { return known }
            let result = try await carryOut(request, of: account)
            try await keep(result, under: key, to: digest, of: account)
            return result
        }
    }

    /// Forgets the answers that nobody gets any more. How many it was.
    func forgetAnswers(at now: Timestamp = .now()) async throws -> Int {
        var count = 0
        while !Task.isCancelled {
            let forgotten = try await database.write(.relaxed) { connection in
                try connection.answers.expire(before: now - Self.answerLifetime, limit: Self.answersInTransaction)
            }
            count += forgotten
            if forgotten < Self.answersInTransaction { break }
        }
        return count
    }

    // MARK: Keys

    private static func check(_ key: String) throws {
        guard (1...200).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw VoiceNoteError(
                .validationFailed, "Please correct: Idempotency-Key.",
                fields: [FieldError(field: "Idempotency-Key", message: "From 1 to 200 characters of ASCII.")])
        }
    }

    private func answer(under key: String, to request: String, of account: Account.ID) async throws -> BatchResult? {
        let since = Timestamp.now() - Self.answerLifetime
        guard let known = try await database.read({ try $0.answers.find(key, of: account, since: since) }) else {
            return nil
        }
        guard known.request == request else {
            throw VoiceNoteError(
                .conflict, "This Idempotency-Key came with another request before; take a new key for a new request.")
        }
        return try JSONDecoder().decode(BatchResult.self, from: Data(known.answer.utf8))
    }

    private func keep(
        _ result: BatchResult, under key: String, to request: String, of account: Account.ID
    ) async throws {
        let answer = String(decoding: try JSONEncoder().encode(result), as: UTF8.self)
        let now = Timestamp.now()
        _ = try await database.write { connection in
            try connection.answers.insert(
                key, of: account, request: request, answer: answer, at: now,
                replacingBefore: now - Self.answerLifetime)
        }
    }

    // MARK: Actions

    /// What became of one note.
    private struct Outcome: Sendable {
        let id: String
        /// The note, where it is another than before.
        var changed: Note?
        var error: (any Error)?
    }

    private func carryOut(_ request: BatchRequest, of account: Account.ID) async throws -> BatchResult {
        let ids = request.notes.ids
        var items: [BatchResult.Item] = []
        guard let change = request.action.change else {
            for id in ids { items.append(item(for: try await replicate(id, of: account), of: account)) }
            return BatchResult(items: items)
        }
        for start in stride(from: 0, to: ids.count, by: Self.notesInTransaction) {
            let some = ids[start..<min(start + Self.notesInTransaction, ids.count)]
            let outcomes = try await database.write { connection in
                try some.map { try Self.attempt(change, on: $0, of: account, connection) }
            }
            items += outcomes.map { item(for: $0, of: account) }
        }
        return BatchResult(items: items)
    }

    /// - Throws: what is wrong with the database, not with the note.
    private static func attempt(
        _ change: (inout Note) -> Void, on id: String, of account: Account.ID, _ connection: any SQLConnection
    ) throws -> Outcome {
        do {
            let (note, isChanged) = try Self.change(try noteID(id), of: account, on: connection, change)
            return Outcome(id: id, changed: isChanged ? note : nil)
        } catch let error where isOfOneNote(error) {
            // Found out before anything was written, so that the transaction holds nothing of this note.
            return Outcome(id: id, error: error)
        }
    }

    private func replicate(_ id: String, of account: Account.ID) async throws -> Outcome {
        do {
            let note = try await find(try Self.noteID(id), of: account)
            guard let replication else { throw VoiceNoteError(.conflict, "No store is configured.") }
            try await replication.replicate(note)
            return Outcome(id: id)
        } catch let error where Self.isOfOneNote(error) {
            return Outcome(id: id, error: error)
        }
    }

    private static func noteID(_ text: String) throws -> Note.ID {
        guard let id = Note.ID(text) else { throw VoiceNoteError.notFound("note") }
        return id
    }

    /// Whether the others can still go well: what the rules say of this note, or a row of it that cannot be read.
    private static func isOfOneNote(_ error: any Error) -> Bool {
        switch error {
        case is VoiceNoteError, is DecodingError, PersistenceError.wrongType, PersistenceError.missingColumn: true
        default: false
        }
    }

    /// What the request is told of the note; who listens is told if it changed.
    private func item(for outcome: Outcome, of account: Account.ID) -> BatchResult.Item {
        if let note = outcome.changed { events.publish(.changed(note), to: account) }
        switch outcome.error {
        case nil:
            return BatchResult.Item(id: outcome.id)
        case let error as VoiceNoteError:
            return BatchResult.Item(id: outcome.id, code: error.code, detail: error.detail)
        case let error?:
            logger.error(
                "a note of a batch failed",
                metadata: ["note": "\(outcome.id)", "error": "\(error)"])
            return BatchResult.Item(
                id: outcome.id, code: .internalError, detail: "Something went wrong here; the server's log says more.")
        }
    }
}
