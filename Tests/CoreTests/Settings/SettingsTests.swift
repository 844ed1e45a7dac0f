import Testing

@testable import Core

@Suite struct SettingsTests {
    /// The table in the design: folder, minimum free MB, disk check, largest MB, backup, listen copy, days of trash.
    @Test(
        "the profiles have the numbers of the design",
        arguments: [
            (Profile.development, "recordings_dev", 50, true, 500, false, false, 30),
            (Profile.testing, "recordings_test", 10, false, 100, false, true, 7),
            (Profile.production, "recordings", 500, true, 2000, true, true, 365),
        ] as [(Profile, String, Int64, Bool, Int64, Bool, Bool, Int)])
    func profile(
        profile: Profile, folder: String, free: Int64, check: Bool, largest: Int64, backup: Bool, listen: Bool,
        days: Int
    ) {
        let settings = Settings(profile: profile)
        #expect(settings.profile == profile)
        #expect(settings.data.folder == folder)
        #expect(settings.limits.minimumFree == free * 1_000_000)
        #expect(settings.limits.diskCheck == check)
        #expect(settings.limits.largestFile == largest * 1_000_000)
        #expect(settings.data.backupBeforeMigration == backup)
        #expect(settings.audio.listenCopy == listen)
        #expect(settings.trash.retention == .seconds(days * 86_400))
    }

    @Test("every key takes its own default back", arguments: Profile.allCases)
    func roundTrip(profile: Profile) throws {
        let defaults = Settings(profile: profile)
        for key in SettingKey.all {
            for other in Profile.allCases {
                var settings = Settings(profile: other)
                let text = key.text(in: defaults)
                try key.set(text, in: &settings)
                #expect(key.text(in: settings) == text, "\(key.name)")
            }
        }
    }

    @Test("all keys together make the settings of another profile")
    func complete() throws {
        let production = Settings(profile: .production)
        var settings = Settings(profile: .development)
        settings.server.port = 1
        settings.log.level = "trace"
        for key in [SettingKey.environment] + SettingKey.all { try key.set(key.text(in: production), in: &settings) }
        #expect(settings == production)
    }

    @Test("no key touches another's value")
    func independent() throws {
        let samples = [
            "server.host": "::1", "server.port": "1", "server.headerTimeoutSeconds": "2",
            "server.idleTimeoutSeconds": "3",
            "server.minimumBodyRate": "4", "data.folder": "elsewhere", "data.backupBeforeMigration": "true",
            "limits.largestFileMB": "5", "limits.minimumFreeMB": "6", "limits.diskCheck": "no",
            "accounts.registration": "closed", "accounts.accessSeconds": "61", "accounts.refreshSeconds": "3601",
            "accounts.secureCookies": "on", "audio.listenCopy": "1", "audio.workers": "7", "audio.opusComplexity": "8",
            "trash.retentionDays": "9", "server.allowedOrigins": "https://a.example",
            "uploads.liveQuietSeconds": "30", "uploads.expirySeconds": "40",
            "replication.stores": "none", "replication.listenStores": "none", "replication.copies": "2",
            "replication.attempts": "4", "playback.remote": "fetch", "playback.urlSeconds": "61",
            "reclaim.localCopies": "false", "reclaim.localHours": "5", "reclaim.mostDeletes": "6",
            "reclaim.quarantineHours": "7", "reclaim.intervalSeconds": "8", "scrub.dailyMB": "9", "scrub.days": "10",
            "uploads.mostPerAccount": "50", "uploads.accountMB": "60", "uploads.totalMB": "70", "log.level": "error",
        ]
        #expect(Set(samples.keys) == Set(SettingKey.all.map(\.name)))
        let defaults = Settings(profile: .development)
        for key in SettingKey.all {
            var settings = defaults
            try key.set(try #require(samples[key.name]), in: &settings)
            #expect(settings != defaults, "\(key.name) changes nothing")
            for other in SettingKey.all where other.name != key.name {
                #expect(other.text(in: settings) == other.text(in: defaults), "\(key.name) changes \(other.name)")
            }
        }
    }

    @Test(
        "environment variables spell the names in words",
        arguments: [
            ("server.port", "VOICENOTE_SERVER_PORT"), ("limits.largestFileMB", "VOICENOTE_LIMITS_LARGEST_FILE_MB"),
            ("data.backupBeforeMigration", "VOICENOTE_DATA_BACKUP_BEFORE_MIGRATION"),
            ("server.headerTimeoutSeconds", "VOICENOTE_SERVER_HEADER_TIMEOUT_SECONDS"),
            ("environment", "VOICENOTE_ENVIRONMENT"),
        ])
    func variable(name: String, variable: String) throws {
        let key = try #require(([SettingKey.environment] + SettingKey.all).first { $0.name == name })
        #expect(key.variable == variable)
    }

    @Test("names and variables are unique, and every key says what it is for")
    func unique() {
        let keys = [SettingKey.environment] + SettingKey.all
        #expect(Set(keys.map(\.name)).count == keys.count)
        #expect(Set(keys.map(\.variable)).count == keys.count)
        #expect(keys.allSatisfy { !$0.about.isEmpty })
    }

    @Test(
        "a bad value is refused and changes nothing",
        arguments: [
            ("environment", "staging"), ("environment", ""), ("server.port", "-1"), ("server.port", "65536"),
            ("server.port", "80 "), ("server.port", "http"), ("server.port", "99999999999999999999"),
            ("server.host", ""),
            ("server.host", "a\u{0}b"), ("data.folder", ""), ("server.headerTimeoutSeconds", "0"),
            ("server.idleTimeoutSeconds", "1.5"), ("limits.largestFileMB", "0"), ("limits.minimumFreeMB", "-1"),
            ("limits.diskCheck", "maybe"), ("limits.diskCheck", ""), ("accounts.registration", "yes"),
            ("accounts.accessSeconds", "59"), ("accounts.refreshSeconds", "31536001"), ("audio.workers", "0"),
            ("audio.workers", "65"), ("audio.opusComplexity", "11"), ("trash.retentionDays", "0"),
            ("trash.retentionDays", "36501"), ("log.level", "loud"), ("log.level", "INFO"),
            ("server.allowedOrigins", "*"), ("server.allowedOrigins", "https://a.example/"),
            ("server.allowedOrigins", "a.example"), ("server.allowedOrigins", "https://"),
        ])
    func badValue(name: String, value: String) throws {
        let key = try #require(([SettingKey.environment] + SettingKey.all).first { $0.name == name })
        let before = Settings(profile: .production)
        var settings = before
        #expect(throws: InvalidValue.self) { try key.set(value, in: &settings) }
        #expect(settings == before)
    }

    @Test("truth may be spelled in several ways", arguments: ["true", "TRUE", "yes", "1", "on"])
    func truth(text: String) throws {
        let key = try #require(SettingKey.all.first { $0.name == "accounts.secureCookies" })
        var settings = Settings(profile: .development)
        try key.set(text, in: &settings)
        #expect(settings.accounts.secureCookies)
    }
}
