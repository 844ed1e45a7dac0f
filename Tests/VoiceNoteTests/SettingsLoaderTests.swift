import Core
import Foundation
import Testing

@testable import voicenote

/// Where settings come from, and which source wins: defaults < voicenote.yaml < .env < environment < flags.
@Suite struct SettingsLoaderTests {
    /// A folder with the files of one test.
    private final class Files {
        let folder = NSTemporaryDirectory() + "voicenote-settings-" + UUID().uuidString

        init(yaml: String? = nil, dotenv: String? = nil) throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try yaml?.write(toFile: folder + "/settings.yaml", atomically: true, encoding: .utf8)
            try dotenv?.write(toFile: folder + "/dotenv", atomically: true, encoding: .utf8)
            hasYAML = yaml != nil
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        private let hasYAML: Bool

        func load(_ variables: [String: String] = [:], flags: [String] = []) async throws -> Settings {
            try await SettingsLoader(
                file: hasYAML ? folder + "/settings.yaml" : nil, dotenv: folder + "/dotenv", flags: flags,
                variables: variables
            ).load()
        }
    }

    /// The message of the failure that loading ends with.
    private static func failure(
        yaml: String? = nil, dotenv: String? = nil, _ variables: [String: String] = [:], flags: [String] = []
    ) async throws -> String {
        let files = try Files(yaml: yaml, dotenv: dotenv)
        do {
            _ = try await files.load(variables, flags: flags)
        } catch let error as CommandFailure {
            return error.description
        } catch {
            Issue.record("a raw error: \(error)")
        }
        return ""
    }

    /// A value for each key that is the default of no profile.
    private static let samples = [
        "server.host": "0.0.0.0", "server.port": "1", "server.headerTimeoutSeconds": "2",
        "server.idleTimeoutSeconds": "3", "server.minimumBodyRate": "4", "data.folder": "/elsewhere",
        "data.backupBeforeMigration": "true", "limits.largestFileMB": "5", "limits.minimumFreeMB": "6",
        "limits.diskCheck": "false", "accounts.registration": "closed", "accounts.accessSeconds": "61",
        "accounts.refreshSeconds": "3601", "accounts.secureCookies": "true", "audio.listenCopy": "true",
        "audio.workers": "7", "audio.opusComplexity": "8", "trash.retentionDays": "9",
        "server.allowedOrigins": "https://a.example", "uploads.liveQuietSeconds": "30", "uploads.expirySeconds": "40",
        "replication.stores": "none", "replication.listenStores": "none", "replication.copies": "2",
        "replication.attempts": "4", "playback.remote": "fetch", "playback.urlSeconds": "61",
        "reclaim.localCopies": "false", "reclaim.localHours": "5", "reclaim.mostDeletes": "6",
        "reclaim.quarantineHours": "7", "reclaim.intervalSeconds": "8", "scrub.dailyMB": "9", "scrub.days": "10",
        "uploads.mostPerAccount": "50",
        "uploads.accountMB": "60", "uploads.totalMB": "70", "log.level": "error",
    ]

    @Test("without any source the settings are those of development")
    func defaults() async throws {
        #expect(try await Files().load() == Settings(profile: .development))
        #expect(try await Files(yaml: "", dotenv: "").load() == Settings(profile: .development))
        #expect(try await Files(yaml: "# server:\n#   port: 1\n").load() == Settings(profile: .development))
    }

    @Test("each source wins over those before it")
    func layers() async throws {
        let yaml = "server:\n  port: 1001\n"
        let dotenv = "VOICENOTE_SERVER_PORT=1002\n"
        let variables = ["VOICENOTE_SERVER_PORT": "1003"]
        func port(_ files: Files, _ variables: [String: String] = [:], flags: [String] = []) async throws -> Int {
            try await files.load(variables, flags: flags).server.port
        }
        #expect(try await port(Files()) == 8080)
        #expect(try await port(Files(yaml: yaml)) == 1001)
        #expect(try await port(Files(yaml: yaml, dotenv: dotenv)) == 1002)
        #expect(try await port(Files(yaml: yaml, dotenv: dotenv), variables) == 1003)
        #expect(try await port(Files(yaml: yaml, dotenv: dotenv), variables, flags: ["server.port=1004"]) == 1004)
        #expect(try await port(Files(yaml: yaml), flags: ["server.port=1", "server.port=2"]) == 2, "the last flag")
    }

    @Test("a source that says nothing about a key leaves it to the one before")
    func merged() async throws {
        let files = try Files(
            yaml: "server:\n  host: ::1\n  port: 1\naudio:\n  workers: 2\n", dotenv: "VOICENOTE_SERVER_PORT=3\n")
        let settings = try await files.load(["VOICENOTE_LOG_LEVEL": "error"], flags: ["trash.retentionDays=4"])
        #expect(settings.server.host == "::1")
        #expect(settings.server.port == 3)
        #expect(settings.audio.workers == 2)
        #expect(settings.log.level == "error")
        #expect(settings.trash.retention == .seconds(4 * 86_400))
        #expect(settings.limits == Settings(profile: .development).limits)
    }

    @Test("every key can be set in every source")
    func everyKey() async throws {
        #expect(Set(Self.samples.keys) == Set(SettingKey.all.map(\.name)))
        var expected = Settings(profile: .development)
        for key in SettingKey.all { try key.set(try #require(Self.samples[key.name]), in: &expected) }
        let names = Self.samples.keys.sorted()
        var yaml = ""
        for group in Set(names.map { $0.prefix { $0 != "." } }).sorted() {
            yaml += "\(group):\n"
            for name in names where name.hasPrefix(group + ".") {
                yaml += "  \(name.dropFirst(group.count + 1)): \(Self.samples[name] ?? "")\n"
            }
        }
        #expect(try await Files(yaml: yaml).load() == expected)
        let variables = Dictionary(
            uniqueKeysWithValues: SettingKey.all.map { ($0.variable, Self.samples[$0.name] ?? "") })
        #expect(try await Files().load(variables) == expected)
        let dotenv = variables.map { "\($0)=\($1)\n" }.joined()
        #expect(try await Files(dotenv: "# all of them\n\n" + dotenv).load() == expected)
        #expect(try await Files().load(flags: names.map { "\($0)=\(Self.samples[$0] ?? "")" }) == expected)
    }

    @Test(
        "the profile is chosen in any source, and gives the other keys their defaults only", arguments: Profile.allCases
    )
    func profile(profile: Profile) async throws {
        var expected = Settings(profile: profile)
        #expect(try await Files(yaml: "environment: \(profile.rawValue)").load() == expected)
        #expect(try await Files(dotenv: "VOICENOTE_ENVIRONMENT=\(profile.rawValue)").load() == expected)
        #expect(try await Files().load(["VOICENOTE_ENVIRONMENT": profile.rawValue]) == expected)
        #expect(try await Files().load(flags: ["environment=\(profile.rawValue)"]) == expected)
        expected.limits.largestFile = 7_000_000
        let files = try Files(yaml: "limits:\n  largestFileMB: 7\n")
        #expect(try await files.load(flags: ["environment=\(profile.rawValue)"]) == expected)
    }

    @Test("an unknown key stops the start in every source, with the nearest known one")
    func unknown() async throws {
        let messages = [
            try await Self.failure(yaml: "server:\n  prot: 1\n"),
            try await Self.failure(flags: ["server.prot=1"]),
        ]
        for message in messages {
            #expect(message.contains("server.prot") && message.contains("did you mean server.port?"))
        }
        let variables = [
            try await Self.failure(dotenv: "VOICENOTE_SERVER_PROT=1\n"),
            try await Self.failure(["VOICENOTE_SERVER_PROT": "1"]),
        ]
        for message in variables {
            #expect(message.contains("VOICENOTE_SERVER_PROT"))
            #expect(message.contains("did you mean VOICENOTE_SERVER_PORT?"))
        }
        #expect(try await Self.failure(["VOICENOTE_QQQQQQQQQQQQ": "1"]).contains("voicenote doctor"))
        #expect(!messages.joined().contains("\n"), "one line")
    }

    @Test("a line of a shell in .env is refused, not passed over")
    func exported() async throws {
        let message = try await Self.failure(dotenv: "export VOICENOTE_SERVER_PORT=1\n")
        #expect(message.contains("export") && message.contains("VOICENOTE_SERVER_PORT"))
    }

    @Test(
        "an unknown key is found wherever it stands",
        arguments: [
            "port: 1", "server: 5", "server:\n  port:\n    number: 1\n",
            "a: {b: {c: {d: {e: {f: {g: {h: {i: {j: 1}}}}}}}}}",
            "1: 2", "? [a, b]\n: c", "server: &x\n  port: 1\nother: *x\n",
        ])
    func unknownShapes(yaml: String) async throws {
        #expect(try await Self.failure(yaml: yaml).hasPrefix("Unknown setting "))
    }

    @Test("variables of other programs and of this program's client are left alone")
    func others() async throws {
        let variables = [
            "PATH": "/bin", "VOICENOTE_CLIENT_SERVER": "http://x", "VOICENOTE_CLIENT_TOKEN": "t", "SERVER_PORT": "9",
        ]
        #expect(try await Files(dotenv: "OTHER=1\nPORT=2\n").load(variables) == Settings(profile: .development))
    }

    @Test("a bad value stops the start in every source, and the message says key, rule and value")
    func badValue() async throws {
        let messages = [
            try await Self.failure(yaml: "server:\n  port: eighty\n"),
            try await Self.failure(dotenv: "VOICENOTE_SERVER_PORT=eighty\n"),
            try await Self.failure(["VOICENOTE_SERVER_PORT": "eighty"]),
            try await Self.failure(flags: ["server.port=eighty"]),
        ]
        for message in messages {
            #expect(message.contains("server.port") && message.contains("65535") && message.contains("eighty"))
            #expect(!message.contains("\n"))
        }
    }

    @Test(
        "a bad value is not hidden by a good one before it",
        arguments: ["server.port=", "server.port=-1", "environment=prod"])
    func badFlag(flag: String) async throws {
        #expect(try await !Self.failure(yaml: "server:\n  port: 1\n", flags: [flag]).isEmpty)
    }

    @Test(
        "a list or a mapping where one value belongs is a mistake, not nothing",
        arguments: [
            "server:\n  port: [1, 2]\n", "server:\n  port: []\n", "server:\n  port: {}\n",
            "environment: [production]\n",
        ])
    func list(yaml: String) async throws {
        #expect(try await !Self.failure(yaml: yaml).isEmpty)
    }

    @Test(
        "a file that is no YAML, or no mapping, is a mistake with the file's name",
        arguments: [
            "server: [", "\tserver: 1", "- a\n- b\n", "just text", "a: b: c", "server:\n  port: 1\n server: 2",
        ])
    func malformed(yaml: String) async throws {
        let message = try await Self.failure(yaml: yaml)
        #expect(message.contains("settings.yaml"))
        #expect(!message.contains("\n"))
    }

    @Test("a file that was named must be there; the default one need not")
    func missing() async throws {
        let loader = SettingsLoader(file: "/nowhere/voicenote.yaml", dotenv: "/nowhere/.env", variables: [:])
        await #expect {
            _ = try await loader.load()
        } throws: { ($0 as? CommandFailure)?.description.contains("/nowhere/voicenote.yaml") == true }
    }

    @Test("a flag is KEY=VALUE; the value may hold an equals sign")
    func flags() async throws {
        #expect(try await Self.failure(flags: ["server.port"]).contains("KEY=VALUE"))
        #expect(try await Files().load(flags: ["data.folder=/a=b"]).data.folder == "/a=b")
        #expect(try await Files().load(flags: ["server.port= 90 "]).server.port == 90)
    }
}
