extension SettingKey {
    /// The key that chooses the profile. It is read first, because the profile gives the other keys their defaults.
    public static let environment = SettingKey(
        "environment", "development, testing or production: chooses the defaults",
        write: { settings, text throws(InvalidValue) in
            guard let profile = Profile(rawValue: text) else {
                throw InvalidValue("must be development, testing or production")
            }
            settings = Settings(profile: profile)
        },
        read: { $0.profile.rawValue })

    /// Every other key.
    public static let all: [SettingKey] =
        [
            .text("server.host", "address to listen on", \.server.host),
            .integer("server.port", "port to listen on; 0 takes a free one", 0...65_535, \.server.port),
            .duration(
                "server.headerTimeoutSeconds", "a request's header must be complete within", 1...600,
                \.server.headerTimeout),
            .duration(
                "server.idleTimeoutSeconds", "a silent connection is closed after", 1...3600, \.server.idleTimeout),
            .integer(
                "server.minimumBodyRate", "bytes a second that an upload must bring on average", 0...1_000_000,
                \.server.minimumBodyRate),
            SettingKey(
                "server.allowedOrigins", "origins of other pages that may call the API, separated by commas",
                write: { settings, text throws(InvalidValue) in settings.server.allowedOrigins = try origins(text) },
                read: { $0.server.allowedOrigins.joined(separator: ",") }),
            .text("data.folder", "where everything is kept", \.data.folder),
            .flag(
                "data.backupBeforeMigration", "copy the database before a migration", \.data.backupBeforeMigration),
            .megabytes("limits.largestFileMB", "largest recording", 1...100_000, \.limits.largestFile),
            .megabytes("limits.minimumFreeMB", "disk space that must stay free", 0...1_000_000, \.limits.minimumFree),
            .flag("limits.diskCheck", "refuse uploads before the disk is full", \.limits.diskCheck),
            .duration(
                "uploads.liveQuietSeconds", "a silent live recording is completed by the server after", 1...604_800,
                \.uploads.liveQuiet),
            .duration(
                "uploads.expirySeconds", "any other silent upload is deleted after", 1...31_536_000, \.uploads.expiry),
            .integer("uploads.mostPerAccount", "open uploads of one account", 1...100_000, \.uploads.mostPerAccount),
            .megabytes(
                "uploads.accountMB", "open uploads of one account together", 1...100_000_000, \.uploads.accountBytes),
            .megabytes("uploads.totalMB", "all open uploads together", 1...1_000_000_000, \.uploads.totalBytes),
            SettingKey(
                "accounts.registration", "open: anybody may register; closed: nobody after the owner",
                write: { settings, text throws(InvalidValue) in
                    guard text == "open" || text == "closed" else { throw InvalidValue("must be open or closed") }
                    settings.accounts.registrationOpen = text == "open"
                },
                read: { $0.accounts.registrationOpen ? "open" : "closed" }),
            .duration(
                "accounts.accessSeconds", "life of an access token", 60...86_400, \.accounts.accessLifetime),
            .duration(
                "accounts.refreshSeconds", "life of a refresh token", 3600...31_536_000, \.accounts.refreshLifetime),
            .flag("accounts.secureCookies", "cookies over HTTPS only", \.accounts.secureCookies),
            .flag("audio.listenCopy", "make a compressed copy for listening", \.audio.listenCopy),
            .integer("audio.workers", "media worker processes", 1...64, \.audio.workers),
            .integer("audio.opusComplexity", "effort of the Opus encoder", 0...10, \.audio.opusComplexity),
            .duration(
                "trash.retentionDays", "how long a note stays in the trash", 1...36_500, \.trash.retention, in: .days),
            SettingKey(
                "log.level", "trace, debug, info, notice, warning, error or critical",
                write: { settings, text throws(InvalidValue) in
                    let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
                    guard levels.contains(text) else {
                        throw InvalidValue("must be one of \(levels.joined(separator: ", "))")
                    }
                    settings.log.level = text
                },
                read: { $0.log.level }),
        ] + storage

    /// Origins as browsers send them (RFC 6454, section 6.2): scheme, host and port, nothing behind.
    private static func origins(_ text: String) throws(InvalidValue) -> [String] {
        var origins: [String] = []
        for part in text.split(separator: ",") {
            let origin = String(part.trimmingBlanks)
            let host = ["http://", "https://"].lazy.compactMap { scheme in
                origin.hasPrefix(scheme) ? origin.dropFirst(scheme.count) : nil
            }.first
            guard let host, !host.isEmpty, origin.utf8.count <= 256,
                host.utf8.allSatisfy({ (0x21...0x7E).contains($0) && ![0x2A, 0x2F, 0x3F, 0x23, 0x40].contains($0) })
            else { throw InvalidValue("must be origins such as https://app.example.org, without a path") }
            origins.append(origin)
        }
        guard origins.count <= 100 else { throw InvalidValue("may name at most 100 origins") }
        return origins
    }

    static func whole(_ text: String, in range: ClosedRange<Int>) throws(InvalidValue) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw InvalidValue("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func text(
        _ name: String, _ about: String, _ path: any WritableKeyPath<Settings, String> & Sendable
    ) -> SettingKey {
        SettingKey(
            name, about,
            write: { settings, text throws(InvalidValue) in
                guard !text.isEmpty, text.utf8.count <= 1024, !text.contains("\0") else {
                    throw InvalidValue("may not be empty or longer than 1024 bytes")
                }
                settings[keyPath: path] = text
            },
            read: { $0[keyPath: path] })
    }

    static func integer(
        _ name: String, _ about: String, _ range: ClosedRange<Int>,
        _ path: any WritableKeyPath<Settings, Int> & Sendable
    ) -> SettingKey {
        SettingKey(
            name, about,
            write: { settings, text throws(InvalidValue) in settings[keyPath: path] = try whole(text, in: range) },
            read: { String($0[keyPath: path]) })
    }

    static func megabytes(
        _ name: String, _ about: String, _ range: ClosedRange<Int>,
        _ path: any WritableKeyPath<Settings, Int64> & Sendable
    ) -> SettingKey {
        SettingKey(
            name, "\(about), in megabytes",
            write: { settings, text throws(InvalidValue) in
                settings[keyPath: path] = Int64(try whole(text, in: range)) * 1_000_000
            },
            read: { String($0[keyPath: path] / 1_000_000) })
    }

    /// A time in whole seconds, hours or days; the unit ends the name.
    static func duration(
        _ name: String, _ about: String, _ range: ClosedRange<Int>,
        _ path: any WritableKeyPath<Settings, Duration> & Sendable, in unit: Unit = .seconds
    ) -> SettingKey {
        SettingKey(
            name, "\(about), in \(unit)",
            write: { settings, text throws(InvalidValue) in
                settings[keyPath: path] = .seconds(try whole(text, in: range) * unit.rawValue)
            },
            read: { String(Int64($0[keyPath: path].seconds) / Int64(unit.rawValue)) })
    }

    /// What a time is written in, with its seconds.
    enum Unit: Int {
        case seconds = 1
        case hours = 3600
        case days = 86_400
    }

    static func flag(
        _ name: String, _ about: String, _ path: any WritableKeyPath<Settings, Bool> & Sendable
    ) -> SettingKey {
        SettingKey(
            name, about,
            write: { settings, text throws(InvalidValue) in
                settings[keyPath: path] = try truth(text)
            },
            read: { $0[keyPath: path] ? "true" : "false" })
    }

    static func truth(_ text: String) throws(InvalidValue) -> Bool {
        switch text.lowercased() {
        case "true", "yes", "1", "on": true
        case "false", "no", "0", "off": false
        default: throw InvalidValue("must be true or false")
        }
    }
}
