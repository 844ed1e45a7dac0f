import Blobs
import Core
import Foundation
import Persistence
import Testing

@testable import Services

@Suite struct StorageHealthTests {
    private typealias Outcome = StorageHealth.Check.Outcome

    private static func outcome(_ name: String, in checks: [StorageHealth.Check]) -> Outcome? {
        checks.first { $0.name == name }?.outcome
    }

    @Test("a folder that can be written to passes")
    func pass() async throws {
        let fixture = try await Fixture()
        var settings = Settings(profile: .testing)
        settings.limits.minimumFree = 0
        settings.limits.largestFile = 1
        let health = StorageHealth(folder: fixture.folder, settings: settings)
        let checks = health.checkFolder()
        #expect(checks.map(\.name) == ["data folder", "free space", "disk use", "disk speed"])
        #expect(Self.outcome("data folder", in: checks) == .pass)
        #expect(Self.outcome("free space", in: checks) == .pass)
        try await health.requireWritable()
    }

    @Test("a folder that cannot be used fails, and says what to do")
    func unusable() async throws {
        let fixture = try await Fixture()
        let file = fixture.folder.root + "/file"
        try Data().write(to: URL(fileURLWithPath: file))
        let health = StorageHealth(folder: try DataFolder(path: file + "/data"), settings: Settings(profile: .testing))
        let checks = health.checkFolder()
        #expect(checks.map(\.outcome) == [.fail])
        #expect(checks[0].detail.contains("data.folder"))
        await #expect(throws: FileError.self) { try await health.requireWritable() }
    }

    @Test(
        "too little space fails where uploads are refused for it and warns elsewhere; little space warns",
        arguments: [
            (Int64.max / 4, 1, true, .fail), (.max / 4, 1, false, .warn), (0, .max / 4, true, .warn),
            (0, 1, true, .pass),
        ] as [(Int64, Int64, Bool, StorageHealth.Check.Outcome)])
    func space(minimum: Int64, largest: Int64, isChecked: Bool, outcome: StorageHealth.Check.Outcome) async throws {
        let fixture = try await Fixture()
        var settings = Settings(profile: .testing)
        settings.limits.largestFile = largest
        settings.limits.minimumFree = minimum
        settings.limits.diskCheck = isChecked
        let checks = StorageHealth(folder: fixture.folder, settings: settings).checkFolder()
        #expect(Self.outcome("free space", in: checks) == outcome)
    }

    @Test("the database passes with its counts, and warns of jobs that gave up")
    func database() async throws {
        let fixture = try await Fixture()
        let health = StorageHealth(folder: fixture.folder, settings: Settings(profile: .testing))
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Array("abc".utf8), of: account)
        let good = await health.checkDatabase(fixture.database)
        #expect(good.map(\.outcome) == [.pass, .pass, .pass])
        #expect(good[1].detail == "1 blobs with 3 bytes")
        try await fixture.database.write { connection in
            let jobs = try connection.jobs.claim(
                kinds: [Processing.jobKind], owner: "me", limit: 1, now: .now(), leaseUntil: .now() + .seconds(9))
            _ = try connection.jobs.release(jobs[0].id, owner: "me", error: "why", runAt: nil)
        }
        let failed = await health.checkDatabase(fixture.database)
        #expect(Self.outcome("jobs", in: failed) == .warn)
        #expect(try await fixture.job(of: note)?.state == .failed)
    }

    @Test("a database that is closed or damaged fails instead of looking sound (known mistake 8)")
    func damaged() async throws {
        let fixture = try await Fixture()
        for number in 0..<30 { _ = try await fixture.upload(Array("\(number)".utf8), of: try await fixture.account()) }
        let health = StorageHealth(folder: fixture.folder, settings: Settings(profile: .testing))
        let copy = fixture.folder.root + "/copy.sqlite"
        try await fixture.database.backup(to: copy)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
        for index in 8192..<bytes.count { bytes[index] ^= 0x5A }
        try bytes.write(to: URL(fileURLWithPath: copy))
        if let opened = try? SQLiteDatabase(path: copy) {
            #expect(await health.checkDatabase(opened).map(\.outcome) == [.fail])
        }
        try await fixture.database.close()
        #expect(await health.checkDatabase(fixture.database).map(\.outcome) == [.fail])
    }

    @Test("outcomes are ordered from good to bad")
    func order() {
        #expect([Outcome.fail, .pass, .warn].sorted() == [.pass, .warn, .fail])
    }
}
