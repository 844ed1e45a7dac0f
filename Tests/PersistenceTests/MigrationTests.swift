import Core
import Testing

@testable import Persistence

@Suite struct MigrationTests {
    private struct Step: Migration {
        let number: Int
        let name = "step"
        var statements: [String] = []

        func up(_ dialect: any Dialect) -> [String] { statements }
        func down(_ dialect: any Dialect) -> [String] { [] }
    }

    private struct NoSpace: Error {}

    /// Every statement that the schema consists of.
    private static func schema(_ database: SQLiteDatabase) async throws -> [String] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT name || ': ' || COALESCE(sql, '') AS text FROM sqlite_master
                WHERE name NOT LIKE 'schema_migrations%' AND name NOT LIKE 'sqlite_%' ORDER BY name
                """
            ).map { try $0.text("text") }
        }
    }

    @Test("the steps are numbered without gaps")
    func numbers() {
        #expect(Migrator.migrations.map(\.number) == Array(1...Migrator.migrations.count))
        #expect(Set(Migrator.migrations.map(\.name)).count == Migrator.migrations.count)
    }

    @Test("every step can be undone down to any version and applied again", arguments: 0...Migrator.migrations.count)
    func downAndUp(version: Int) async throws {
        let fixture = try await Fixture(migrated: false)
        let migrator = Migrator(fixture.database)
        #expect(try await migrator.version() == 0)
        var schemas = [try await Self.schema(fixture.database)]
        for count in 1...Migrator.migrations.count {
            try await Migrator(fixture.database, migrations: Array(Migrator.migrations.prefix(count))).migrate()
            schemas.append(try await Self.schema(fixture.database))
        }
        #expect(schemas[0].isEmpty)
        try await migrator.revert(to: version)
        #expect(try await migrator.version() == version)
        #expect(try await Self.schema(fixture.database) == schemas[version])
        #expect(try await migrator.migrate() == Array(version..<Migrator.migrations.count).map { $0 + 1 })
        #expect(try await Self.schema(fixture.database) == schemas.last)
        #expect(try await migrator.migrate() == [])
    }

    @Test("a step can be undone and applied with rows in every table")
    func withRows() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        try await fixture.database.write { connection in
            let note = Sample.note(of: account.id, blob: 1, title: "a", tags: ["b"])
            try connection.insert(note)
            try connection.jobs.enqueue(kind: "process", subject: "x", mostAttempts: 3, at: .now())
        }
        let migrator = Migrator(fixture.database)
        for version in (0..<Migrator.migrations.count).reversed() {
            try await migrator.revert(to: version)
            #expect(try await fixture.database.integrityProblems() == [])
        }
        try await migrator.migrate()
        #expect(try await fixture.database.read { try $0.accounts.count() } == 0)
    }

    @Test("a database of a newer program is refused and left alone")
    func newer() async throws {
        let fixture = try await Fixture()
        let before = try await Self.schema(fixture.database)
        let old = Migrator(fixture.database, migrations: Array(Migrator.migrations.prefix(2)))
        let error = PersistenceError.newerSchema(found: Migrator.migrations.count, known: 2)
        await #expect(throws: error) { try await old.migrate() }
        await #expect(throws: PersistenceError.cannotMigrate(to: 1)) { try await old.revert(to: 1) }
        #expect(try await Self.schema(fixture.database) == before)
    }

    @Test(
        "one cannot go back to before the beginning or ahead of the present",
        arguments: [-1, Migrator.migrations.count + 1, 100])
    func impossible(version: Int) async throws {
        let fixture = try await Fixture()
        await #expect(throws: PersistenceError.cannotMigrate(to: version)) {
            try await Migrator(fixture.database).revert(to: version)
        }
    }

    @Test("what is to happen before the first change happens once, and only if a database with data is changed")
    func beforeFirst() async throws {
        let fixture = try await Fixture(migrated: false)
        let called = Counter()
        try await Migrator(fixture.database, migrations: Array(Migrator.migrations.prefix(1))).migrate {
            await called.increase()
        }
        #expect(await called.value == 0, "a new database has nothing to lose")
        let account = try await fixture.account()
        let copy = fixture.folder + "/copy.sqlite"
        try await Migrator(fixture.database).migrate {
            await called.increase()
            try await fixture.database.backup(to: copy)
        }
        #expect(await called.value == 1)
        try await Migrator(fixture.database).migrate { await called.increase() }
        #expect(await called.value == 1, "nothing was to be done")
        let old = try SQLiteDatabase(path: copy)
        #expect(try await Migrator(old).version() == 1)
        #expect(try await old.read { try $0.accounts.find(account.id) } == account)
        try await old.close()
    }

    @Test("without its backup a migration does not begin")
    func failedBackup() async throws {
        let fixture = try await Fixture(migrated: false)
        try await Migrator(fixture.database, migrations: Array(Migrator.migrations.prefix(1))).migrate()
        await #expect(throws: NoSpace.self) { try await Migrator(fixture.database).migrate { throw NoSpace() } }
        #expect(try await Migrator(fixture.database).version() == 1)
    }

    @Test("a step that fails leaves nothing of itself, and can be repeated")
    func failedStep() async throws {
        let fixture = try await Fixture(migrated: false)
        let good = Step(number: 1, statements: ["CREATE TABLE a (n BIGINT)"])
        let bad = Step(number: 2, statements: ["CREATE TABLE b (n BIGINT)", "INSERT INTO nowhere VALUES (1)"])
        await #expect(throws: (any Error).self) {
            try await Migrator(fixture.database, migrations: [good, bad]).migrate()
        }
        #expect(try await Self.schema(fixture.database) == ["a: CREATE TABLE a (n BIGINT)"])
        let mended = Step(number: 2, statements: ["CREATE TABLE b (n BIGINT)"])
        #expect(try await Migrator(fixture.database, migrations: [good, mended]).migrate() == [2])
    }
}

private actor Counter {
    private(set) var value = 0

    func increase() { value += 1 }
}
