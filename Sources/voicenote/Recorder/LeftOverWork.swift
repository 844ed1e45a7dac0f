import Core
import Foundation
import NIOPosix

/// What is done about recordings whose process died before they were in their place.
struct LeftOverWork {
    /// A file that is no larger has a head and no sound; the longest head, of Ogg, has 97 bytes.
    private static let emptyBytes: Int64 = 100

    let settings: Settings
    /// Ids, or their beginnings, of those that are meant; all of them without any.
    let ids: [String]

    /// Where they are looked for: where every kind of recording is kept meanwhile.
    private var folders: [RecordingFolder] {
        get throws { try [.data(settings), .state()] }
    }

    /// Those that are meant, and what is wrong with others.
    func find() async throws -> (found: [RecordingOnDisk], problems: [String]) {
        let places = try folders
        let (all, problems) = try await NIOThreadPool.singleton.runIfActive {
            let lists = places.map { $0.leftOvers() }
            return (lists.flatMap { $0.found }, lists.flatMap { $0.problems })
        }
        guard !ids.isEmpty else { return (all, problems) }
        var meant: [RecordingOnDisk] = []
        for id in ids {
            let one = try Self.one(id, of: all)
            if !meant.contains(where: { $0 === one }) { meant.append(one) }
        }
        return (meant, problems)
    }

    /// The one recording whose id begins so.
    private static func one(_ beginning: String, of all: [RecordingOnDisk]) throws -> RecordingOnDisk {
        let key = beginning.lowercased()
        let fits = key.isEmpty ? [] : all.filter { $0.record.id.description.hasPrefix(key) }
        guard let first = fits.first else {
            throw CommandFailure("No recording was left behind whose id begins with \"\(beginning)\".")
        }
        // The ids of one day begin alike.
        guard fits.count == 1 else {
            throw CommandFailure(
                "The ids of \(fits.count) recordings begin with \"\(beginning)\"; give more of the one that is meant.")
        }
        return first
    }

    /// Tells of those that there are, and what can be done.
    func offer() async throws {
        let (found, problems) = try await find()
        for problem in problems { StandardError.say(problem) }
        guard !found.isEmpty else { return }
        let count = found.count == 1 ? "A recording was" : "\(found.count) recordings were"
        StandardError.say("\(count) left behind by a process that ended before it was done:")
        for recording in found { StandardError.say("    \(Self.line(recording))") }
        StandardError.say("voicenote record --recover brings them to their place, --discard deletes them.")
    }

    /// Brings each to its place.
    /// - Parameters:
    ///   - most: how many that place can take.
    ///   - deliver: brings one; where it is then.
    /// - Throws: ``CommandFailure`` when one of them stays.
    func recover(most: Int = .max, _ deliver: (RecordingOnDisk) async throws -> String) async throws {
        // Only once: those that are found are locked, until nobody holds them any more.
        let (found, problems) = try await find()
        guard found.count <= most else {
            throw CommandFailure("\(found.count) recordings were left behind; name the one that is meant by its id.")
        }
        for problem in problems { StandardError.say(problem) }
        var failures = problems.count
        for recording in found {
            do {
                guard try recording.size() > Self.emptyBytes else {
                    print("empty  \(Self.line(recording))")
                    try await Self.remove(recording)
                    continue
                }
                let place = try await deliver(recording)
                try await Self.remove(recording)
                print("recovered  \(place)  \(recording.record.title)")
            } catch {
                StandardError.say("failed  \(Self.line(recording)): \(FailureText.text(error))")
                failures += 1
            }
            fflush(nil)
        }
        if found.isEmpty, failures == 0 { print("No recording was left behind.") }
        guard failures == 0 else {
            throw CommandFailure(
                failures == 1 ? "It stays where it is." : "\(failures) recordings stay where they are.")
        }
    }

    /// Deletes each, once somebody said that they mean it.
    func discard(isConfirmed: Bool) async throws {
        let (found, problems) = try await find()
        for problem in problems { StandardError.say(problem) }
        guard !found.isEmpty else {
            guard problems.isEmpty else { throw CommandFailure("What cannot be read is not deleted.") }
            return print("No recording was left behind.")
        }
        for recording in found { print(Self.line(recording)) }
        fflush(nil)
        if !isConfirmed {
            StandardError.write("Delete \(found.count == 1 ? "it" : "these \(found.count)") for good? Type yes: ")
            let answer = try await NIOThreadPool.singleton.runIfActive { readLine() }
            guard answer?.trimmingCharacters(in: .whitespaces).lowercased() == "yes" else {
                throw CommandFailure("Nothing was deleted.")
            }
        }
        for recording in found { try await Self.remove(recording) }
        print(found.count == 1 ? "1 recording was deleted." : "\(found.count) recordings were deleted.")
    }

    private static func remove(_ recording: RecordingOnDisk) async throws {
        try await NIOThreadPool.singleton.runIfActive { try recording.remove() }
    }

    /// What a person recognises it by.
    private static func line(_ recording: RecordingOnDisk) -> String {
        let record = recording.record
        let size = (try? recording.size()).map(StorageWork.bytes) ?? "unreadable"
        let time = record.startedAt.description.prefix(16).replacing("T", with: " ")
        return "\(record.id)  \(time) UTC  \(size)  \(record.title)"
    }
}
