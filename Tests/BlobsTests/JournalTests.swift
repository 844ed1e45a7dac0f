import Core
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Blobs

/// Small recordings that come alone go by way of the journal.
@Suite struct JournalTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
    }

    private func open(after last: UInt64 = 0, _ settled: Settled = Settled()) async throws {
        fixture.store.openJournal(after: last) {
            settled.note()
            return true
        }
        // The first recording that wants it has its files made, and takes the ordinary way.
        #expect(try await commit([0]) == nil)
        try await eventually { try await commit([0, 1]) != nil || fixture.store.isPresent(sha256([0, 1])) }
    }

    /// The number of the entry, or nil where the file did not go by way of the journal; then it is in no place at all.
    private func commit(_ bytes: [UInt8], record: [UInt8] = Array("record".utf8)) async throws -> UInt64? {
        var incoming = fixture.store.receive()
        for start in stride(from: 0, to: bytes.count, by: 50_000) {
            try await incoming.append(ByteBuffer(bytes: bytes[start..<min(start + 50_000, bytes.count)]))
        }
        let path = incoming.path
        let number: UInt64? = try await fixture.store.commitByJournal(&incoming, expecting: nil) { _ in
            ((), record: record)
        } then: { _, _, number, done in
            done(.success(number))
        }
        fixture.store.discard(path)
        return number
    }

    private func entries() async throws -> [JournalEntry] {
        // As the next process sees them.
        try await LocalStore(folder: fixture.folder, threads: .singleton).journalEntries()
    }

    @Test("what went by way of the journal stands in it, with its record, and in its place")
    func entry() async throws {
        try await open()
        let bytes = Array(Noise.bytes[..<100_001])
        let number = try #require(try await commit(bytes, record: Array("what to do".utf8)))
        let entry = try #require(try await entries().last)
        #expect(entry.number == number)
        #expect(entry.record == Array("what to do".utf8))
        #expect(entry.content == bytes)
        #expect(entry.sha256 == sha256(bytes))
        #expect(try fixture.content(of: fixture.folder.blob(sha256(bytes))) == bytes)
    }

    @Test("entries come in the order of their numbers, which grow over restarts")
    func order() async throws {
        try await open(after: 1000)
        for index in 0..<5 { _ = try await commit(Array(Noise.bytes[index..<index + 5000])) }
        let numbers = try await entries().map(\.number)
        #expect(numbers == numbers.sorted() && numbers.count >= 5)
        #expect(numbers.allSatisfy { $0 > 1000 })
    }

    @Test("an entry that a power cut tore is none, and those before it stay", arguments: [30, 66, 4096, 90_000])
    func torn(at offset: UInt64) async throws {
        try await open()
        let first = try #require(try await commit(Array(Noise.bytes[..<5000])))
        let before = try await entries().count
        _ = try #require(try await commit(Array(Noise.bytes[..<100_000])))
        #expect(try await entries().count == before + 1)
        let file = try #require(FileHandle(forUpdatingAtPath: fixture.folder.path(.journal) + "/journal-0"))
        // Entries so far: [0, 1] in two blocks, 5000 bytes in three.
        try file.seek(toOffset: 5 * 4096 + offset)
        let byte = try #require(try file.read(upToCount: 1)).first.map { $0 ^ 1 }
        try file.seek(toOffset: 5 * 4096 + offset)
        try file.write(contentsOf: [try #require(byte)])
        try file.close()
        #expect(try await entries().map(\.number).last == first)
    }

    @Test("large and empty files, a second one beside it, and content that is there already take the ordinary way")
    func others() async throws {
        try await open()
        #expect(try await commit([]) == nil)
        #expect(try await commit(Array(Noise.bytes[..<(JournalEntry.largestContent + 1)])) == nil)
        #expect(try await commit(Array(Noise.bytes[..<JournalEntry.largestContent])) != nil)
        #expect(try await commit(Array(Noise.bytes[..<JournalEntry.largestContent])) == nil)
        #expect(try await besideAnother { try await commit([7, 7]) } == nil)
        #expect(try await commit([7, 7]) != nil)
    }

    @Test("when a file of it is full, what it holds is settled and the file used again; nothing is in it twice")
    func full() async throws {
        let settled = Settled()
        try await open(settled)
        var numbers: [UInt64] = []
        var rounds = 0
        while settled.count < 3, rounds < 500 {
            rounds += 1
            let bytes = Array(Noise.bytes[rounds..<rounds + 250_000])
            if let number = try await commit(bytes) { numbers.append(number) }
        }
        #expect(settled.count >= 3)
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        let standing = try await entries().map(\.number)
        #expect(standing.suffix(3) == numbers.suffix(3))
        #expect(standing == standing.sorted())
    }

    @Test("when settling fails, the journal keeps what it holds, and nothing new goes into it")
    func failure() async throws {
        fixture.store.openJournal(after: 0) { false }
        #expect(try await commit([0]) == nil)
        var numbers: [UInt64] = []
        for round in 0..<200 {
            if let number = try await commit(Array(Noise.bytes[round..<round + 200_000])) { numbers.append(number) }
            if numbers.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        }
        #expect(numbers.count > 20 && numbers.count < 90)
        #expect(try await entries().map(\.number) == numbers)
        #expect(try await commit([9, 9, 9]) == nil)
    }

    private func besideAnother(_ body: () async throws -> UInt64?) async throws -> UInt64? {
        var other = fixture.store.receive()
        try await other.append(ByteBuffer(bytes: [1]))
        let number = try await body()
        await fixture.store.abort(&other)
        return number
    }

    private func eventually(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<1000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("did not become true")
    }

    /// How often what the journal held was settled.
    final class Settled: Sendable {
        private let settled = Mutex(0)

        func note() { settled.withLock { $0 += 1 } }
        var count: Int { settled.withLock { $0 } }
    }
}
