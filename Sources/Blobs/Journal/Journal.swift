import Core
import Dispatch
import Glibc
import NIOCore
import Synchronization

/// Makes a small recording that comes alone durable by one write to the disk instead of three in a row.
///
/// Content, name and row of an upload each need a sync of their own, one after the other; many uploads share them, a
/// lone one waits for all three. It waits for the journal instead: two files whose blocks exist already, so that a write
/// changes nothing but data. Blob and row follow without waiting. When a file of the journal is full, what it holds is
/// synced in its proper place, and then it is used again. A start repeats what was not.
///
/// One recording at a time: where several come together, they share syncs, and writing their bytes twice would cost more.
public final class Journal: Sendable {
    private struct Segment {
        let file: OpenFile
        var end: Int64 = 0
        var blobs: [SHA256Hash] = []
        /// Whether what it holds is being synced in its proper place.
        var isRetiring = false
    }

    private enum Condition {
        /// Nobody began it: it may be read, not written.
        case closed
        /// Its files are made when the first recording comes that wants it.
        case unmade
        case making
        case ready
        /// A write failed: nobody trusts the files any more. The next start reads what is good of them.
        case broken
    }

    private struct State {
        var condition = Condition.closed
        var segments: [Segment] = []
        var active = 0
        var isTaken = false
        var next: UInt64 = 1
    }

    /// A place in the journal that one recording has until ``release()``.
    struct Place: Sendable {
        let file: OpenFile
        let offset: Int64
        let number: UInt64
        fileprivate let segment: Int
    }

    /// Called when what a file of the journal holds is to go to its proper place: syncs the blobs and every row that was
    /// committed, and calls the last argument with whether that went well.
    typealias Retire = @Sendable (_ blobs: [SHA256Hash], _ done: @escaping @Sendable (Bool) -> Void) -> Void

    private let folder: String
    private let state = Mutex(State())
    private let retire: Mutex<Retire?> = Mutex(nil)
    private static let segmentBytes: Int64 = 8 << 20
    private static let names = ["journal-0", "journal-1"]

    init(folder: DataFolder) {
        self.folder = folder.path(.journal)
    }

    /// What stands in the journal, oldest first. Blocks.
    func entries() throws(FileError) -> [JournalEntry] {
        var entries: [JournalEntry] = []
        for name in Self.names where Files.exists("\(folder)/\(name)") {
            let file = try OpenFile.reading("\(folder)/\(name)")
            var offset: Int64 = 0
            var last: UInt64 = 0
            // Behind the newest entry stand older ones, from before the file was used again.
            while let (entry, next) = try JournalEntry.read(file, at: offset), entry.number > last {
                entries.append(entry)
                (offset, last) = (next, entry.number)
            }
        }
        return entries.sorted { $0.number < $1.number }
    }

    /// From now on, recordings may be written to it.
    /// - Parameter last: every entry up to this number is in its proper place.
    func open(after last: UInt64, retire: @escaping Retire) {
        self.retire.withLock { $0 = retire }
        state.withLock { state in
            state.next = last + 1
            if state.condition == .closed { state.condition = .unmade }
        }
    }

    /// A place for an entry of the length; nil when somebody else has one, or there is none right now.
    func reserve(_ length: Int) -> Place? {
        let (place, full, mustMake) = state.withLock { state -> (Place?, Int?, Bool) in
            if state.condition == .unmade {
                state.condition = .making
                return (nil, nil, true)
            }
            guard state.condition == .ready, !state.isTaken else { return (nil, nil, false) }
            var full: Int?
            if state.segments[state.active].end + Int64(length) > Self.segmentBytes {
                let other = 1 - state.active
                guard !state.segments[other].isRetiring else { return (nil, nil, false) }
                full = state.active
                state.segments[state.active].isRetiring = true
                state.active = other
            }
            state.isTaken = true
            let segment = state.segments[state.active]
            defer { state.next += 1 }
            return (
                Place(file: segment.file, offset: segment.end, number: state.next, segment: state.active), full, false
            )
        }
        if mustMake { DispatchQueue(label: "voicenote.journal.make").async { self.make() } }
        if let full { retire(full) }
        return place
    }

    /// The entry is on disk. Blocks neither.
    func written(_ place: Place, length: Int, of blob: SHA256Hash) {
        state.withLock { state in
            state.segments[place.segment].end += Int64(length)
            state.segments[place.segment].blobs.append(blob)
        }
    }

    /// The place's recording is recorded, or will not be.
    func release() {
        state.withLock { $0.isTaken = false }
    }

    /// A write failed. What was written before stays good.
    func giveUp() {
        state.withLock { state in
            state.condition = .broken
            state.isTaken = false
        }
    }

    private func retire(_ index: Int) {
        let blobs = state.withLock { $0.segments[index].blobs }
        guard let retire = retire.withLock({ $0 }) else { return }
        retire(blobs) { isDone in
            // Otherwise the segment keeps what it holds, and the next start repeats it.
            guard isDone else { return self.giveUp() }
            self.state.withLock { $0.segments[index] = Segment(file: $0.segments[index].file) }
        }
    }

    /// Makes the files, of blocks that are written already: then a write changes no metadata.
    private func make() {
        do {
            let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: JournalEntry.block)
            defer { zeros.deallocate() }
            zeros.initializeMemory(as: UInt8.self, repeating: 0)
            let files = try Self.names.map { (name) throws(FileError) in
                let path = "\(folder)/\(name)"
                try Files.remove(path)
                let file = try OpenFile.creating(path)
                for offset in stride(from: 0, to: Self.segmentBytes, by: zeros.count) {
                    try file.write(UnsafeRawBufferPointer(zeros), at: offset)
                }
                try file.sync()
                file.setDirect(true)
                return file
            }
            try OpenFile.folder(folder).sync()
            state.withLock { state in
                state.segments = files.map { Segment(file: $0) }
                state.condition = .ready
            }
        } catch {
            // A full disk, say. Everything works without a journal.
            state.withLock { $0.condition = .broken }
        }
    }
}
