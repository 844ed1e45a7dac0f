import Core
import Logging
import Persistence

extension EventHub {
    /// Tells who listens what a note looks like now; false when there is no such note any more. What cannot be read is
    /// logged: news is a courtesy, which must not undo the work that it tells of.
    @discardableResult
    func publishChange(
        in database: any SQLDatabase, _ logger: Logger,
        of find: @escaping @Sendable (any SQLConnection) throws -> Note?
    ) async -> Bool {
        do {
            guard let note = try await database.read(find) else { return false }
            publish(.changed(note), to: note.account)
        } catch {
            logger.error("an event was not published", metadata: ["error": "\(error)"])
        }
        return true
    }
}
