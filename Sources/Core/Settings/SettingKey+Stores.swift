extension SettingKey {
    /// Keys of replication and of what follows from it.
    static let storage: [SettingKey] = [
        names(
            "replication.stores", "stores that recordings go to, separated by commas; empty: all", \.replication.stores),
        names(
            "replication.listenStores",
            "stores that listen copies go to; empty: those of the recordings; none: nowhere",
            \.replication.listenStores),
        .integer(
            "replication.copies", "verified copies elsewhere before a local one may go", 1...10, \.replication.copies),
        .integer("replication.attempts", "how often a transfer is tried", 1...20, \.replication.attempts),
        SettingKey(
            "playback.remote", "recordings that are not here: redirect players to a store, or fetch them back",
            write: { settings, text throws(InvalidValue) in
                guard text == "redirect" || text == "fetch" else { throw InvalidValue("must be redirect or fetch") }
                settings.playback.redirects = text == "redirect"
            },
            read: { $0.playback.redirects ? "redirect" : "fetch" }),
        .duration("playback.urlSeconds", "life of a store's signed URL", 60...604_800, \.playback.urlLifetime),
        .flag("reclaim.localCopies", "remove local copies that are verified elsewhere", \.reclaim.localCopies),
        .duration(
            "reclaim.localHours", "how long a local copy stays after it was last played", 0...87_600,
            \.reclaim.localAge, in: .hours),
        .integer("reclaim.mostDeletes", "deletions in one run", 1...10_000_000, \.reclaim.mostDeletes),
        .duration(
            "reclaim.quarantineHours", "how long a removed local copy can be taken back", 0...8760,
            \.reclaim.quarantine, in: .hours),
        .duration("reclaim.intervalSeconds", "from one run to the next", 1...604_800, \.reclaim.interval),
        .megabytes("scrub.dailyMB", "re-read of each store a day", 0...100_000_000, \.scrub.dailyBytes),
        .duration("scrub.days", "the time within which each replica is re-read", 1...3650, \.scrub.period, in: .days),
    ]

    /// The longest name of a store.
    private static let longestName = 32

    /// Whether a store may have the name: it becomes part of a variable's.
    public static func isStoreName(_ name: String) -> Bool {
        name.utf8.count <= longestName && name.first?.isLetter == true && name != "local"
            && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    }

    /// The keys of the store with the name.
    public static func store(_ name: String) -> [SettingKey] {
        StoreKey.all.map { key in
            SettingKey(
                "stores.\(name).\(key.name)", key.about, secret: key.isSecret,
                write: { settings, text throws(InvalidValue) in
                    var store = settings.stores[name] ?? Settings.Store(name: name)
                    try key.write(&store, text)
                    settings.stores[name] = store
                },
                read: { settings in settings.stores[name].map(key.read) ?? "" })
        }
    }

    private static func names(
        _ name: String, _ about: String, _ path: any WritableKeyPath<Settings, [String]?> & Sendable
    ) -> SettingKey {
        SettingKey(
            name, about,
            write: { settings, text throws(InvalidValue) in
                let names = text.split(separator: ",").map { String($0.trimmingBlanks) }
                guard names.allSatisfy(isStoreName), Set(names).count == names.count else {
                    throw InvalidValue("must be names of stores, separated by commas")
                }
                settings[keyPath: path] = names == ["none"] ? [] : names.isEmpty ? nil : names
            },
            read: { settings in settings[keyPath: path].map { $0.isEmpty ? "none" : $0.joined(separator: ",") } ?? "" })
    }
}

/// A key of a store.
struct StoreKey: Sendable {
    let name: String
    let about: String
    var isSecret = false
    let write: @Sendable (inout Settings.Store, String) throws(InvalidValue) -> Void
    let read: @Sendable (Settings.Store) -> String

    static let all: [StoreKey] = [
        choice("kind", "s3, cloudinary or folder", \.kind),
        integer("transfers", "transfers at a time", 1...64, \.transfers),
        StoreKey(
            name: "timeoutSeconds", about: "to connect, and between two signs of life, in seconds",
            write: { store, text throws(InvalidValue) in
                store.timeout = .seconds(try SettingKey.whole(text, in: 1...600))
            },
            read: { String(Int64($0.timeout.seconds)) }),
        StoreKey(
            name: "egressMB", about: "downloads a month, in megabytes; 0: no limit",
            write: { store, text throws(InvalidValue) in
                store.egress = Int64(try SettingKey.whole(text, in: 0...1_000_000_000)) * 1_000_000
            },
            read: { String($0.egress / 1_000_000) }),
        integer("requests", "requests a month; 0: no limit", 0...1_000_000_000, \.requests),
        flag("adopt", "take over a place that carries another marker, after a restored or new database", \.adopt),
        flag("redirect", "players may be sent to its signed URLs", \.redirect),
        address("endpoint", "address of the S3 server", \.endpoint),
        text("region", "region of the bucket", \.region),
        text("bucket", "the bucket", \.bucket),
        text("prefix", "in front of every key, such as voicenote/", \.prefix),
        text("accessKey", "id of the access key", \.accessKey),
        text("secretKey", "the secret access key", secret: true, \.secretKey),
        text("sessionToken", "token of temporary credentials", secret: true, \.sessionToken),
        StoreKey(
            name: "style", about: "path or virtual: where the bucket's name stands",
            write: { store, text throws(InvalidValue) in
                guard text == "path" || text == "virtual" else { throw InvalidValue("must be path or virtual") }
                store.virtualHosts = text == "virtual"
            },
            read: { $0.virtualHosts ? "virtual" : "path" }),
        StoreKey(
            name: "partMB", about: "a part of a large upload, in megabytes",
            write: { store, text throws(InvalidValue) in
                store.part = Int64(try SettingKey.whole(text, in: 6...5000)) * 1_000_000
            },
            read: { $0.part.map { String($0 / 1_000_000) } ?? "" }),
        flag("checksums", "send x-amz-checksum-sha256", \.checksums),
        choice("payload", "hashed, chunked or unsigned: how bodies are signed", \.payload),
        text("storageClass", "storage class of new objects", \.storageClass),
        text("cloudName", "the cloud's name", \.cloudName),
        text("apiKey", "the API key", \.apiKey),
        text("apiSecret", "the API secret", secret: true, \.apiSecret),
        address("uploadPrefix", "address of the API", \.uploadPrefix),
        address("delivery", "address that recordings are delivered from", \.delivery),
        text("folder", "folder of the recordings", \.folder),
        text("authTokenKey", "key of delivery tokens, hexadecimal", secret: true, \.authTokenKey),
        StoreKey(
            name: "algorithm", about: "sha1 or sha256: how requests are signed",
            write: { store, text throws(InvalidValue) in
                guard text == "sha1" || text == "sha256" else { throw InvalidValue("must be sha1 or sha256") }
                store.strongSignatures = text == "sha256"
            },
            read: { $0.strongSignatures ? "sha256" : "sha1" }),
        text("path", "the folder", \.path),
    ]

    private static func text(
        _ name: String, _ about: String, secret: Bool = false,
        _ path: any WritableKeyPath<Settings.Store, String> & Sendable
    ) -> StoreKey {
        StoreKey(
            name: name, about: about, isSecret: secret,
            write: { store, text throws(InvalidValue) in
                guard text.utf8.count <= 4096, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                    throw InvalidValue("may not hold control characters or more than 4096 bytes")
                }
                store[keyPath: path] = text
            },
            read: { $0[keyPath: path] })
    }

    private static func address(
        _ name: String, _ about: String, _ path: any WritableKeyPath<Settings.Store, String> & Sendable
    ) -> StoreKey {
        StoreKey(
            name: name, about: about,
            write: { store, text throws(InvalidValue) in
                let host = ["http://", "https://"].lazy.compactMap {
                    text.hasPrefix($0) ? text.dropFirst($0.count) : nil
                }
                .first
                guard let host, !host.isEmpty, text.utf8.count <= 1024,
                    host.utf8.allSatisfy({ (0x21...0x7E).contains($0) && ![0x3F, 0x23, 0x40].contains($0) })
                else { throw InvalidValue("must be an address such as https://s3.example.org") }
                store[keyPath: path] = text.hasSuffix("/") ? String(text.dropLast()) : text
            },
            read: { $0[keyPath: path] })
    }

    private static func integer(
        _ name: String, _ about: String, _ range: ClosedRange<Int>,
        _ path: any WritableKeyPath<Settings.Store, Int> & Sendable
    ) -> StoreKey {
        StoreKey(
            name: name, about: about,
            write: { store, text throws(InvalidValue) in
                store[keyPath: path] = try SettingKey.whole(text, in: range)
            },
            read: { String($0[keyPath: path]) })
    }

    private static func flag(
        _ name: String, _ about: String, _ path: any WritableKeyPath<Settings.Store, Bool> & Sendable
    ) -> StoreKey {
        StoreKey(
            name: name, about: about,
            write: { store, text throws(InvalidValue) in store[keyPath: path] = try SettingKey.truth(text) },
            read: { $0[keyPath: path] ? "true" : "false" })
    }

    private static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ about: String, _ path: any WritableKeyPath<Settings.Store, Choice> & Sendable
    ) -> StoreKey where Choice.RawValue == String {
        StoreKey(
            name: name, about: about,
            write: { store, text throws(InvalidValue) in
                guard let choice = Choice(rawValue: text) else {
                    throw InvalidValue("must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                store[keyPath: path] = choice
            },
            read: { $0[keyPath: path].rawValue })
    }

    private static func choice(
        _ name: String, _ about: String, _ path: any WritableKeyPath<Settings.Store, Settings.Store.Kind?> & Sendable
    ) -> StoreKey {
        StoreKey(
            name: name, about: about,
            write: { store, text throws(InvalidValue) in
                guard let kind = Settings.Store.Kind(rawValue: text) else {
                    throw InvalidValue("must be s3, cloudinary or folder")
                }
                store[keyPath: path] = kind
            },
            read: { $0[keyPath: path]?.rawValue ?? "" })
    }
}
