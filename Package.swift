// swift-tools-version: 6.2
import PackageDescription

/// Every room of the house is built with the same rules: Swift 6, honest imports, no warnings.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    // Named points at which a test can have the process killed; a release has none.
    .define("FAILURE_POINTS", .when(configuration: .debug)),
]

/// A room and the rooms below it. A target imports only what stands in its `uses`; nothing points upwards.
func room(
    _ name: String, uses dependencies: [Target.Dependency], resources: [Resource]? = nil,
    also extra: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings + extra)
}

func tests(_ name: String, of dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: settings)
}

extension Target.Dependency {
    static let argumentParser: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient: Self = .product(name: "AsyncHTTPClient", package: "async-http-client")
    static let coreMetrics: Self = .product(name: "CoreMetrics", package: "swift-metrics")
    static let configuration: Self = .product(name: "Configuration", package: "swift-configuration")
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let grdb: Self = .product(name: "GRDB", package: "GRDB.swift")
    static let httpTypes: Self = .product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore: Self = .product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdTesting: Self = .product(name: "HummingbirdTesting", package: "hummingbird")
    static let jwtKit: Self = .product(name: "JWTKit", package: "jwt-kit")
    static let lifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioEmbedded: Self = .product(name: "NIOEmbedded", package: "swift-nio")
    static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioHTTPTypes: Self = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioHTTPTypesHTTP1: Self = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let systemPackage: Self = .product(name: "SystemPackage", package: "swift-system")
    static let unixSignals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let yams: Self = .product(name: "Yams", package: "Yams")
}

let package = Package(
    name: "voicenote",
    products: [.executable(name: "voicenote", targets: ["voicenote"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // C libraries of the system: a header and a module map each.
        .systemLibrary(name: "CLibAV", pkgConfig: "libavformat", providers: [.apt(["libavformat-dev"])]),
        .systemLibrary(name: "CEBUR128", pkgConfig: "libebur128", providers: [.apt(["libebur128-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        // libavfilter is loaded when it is needed, by the media worker alone; only its headers are used here.
        .target(name: "CLibAVFilter", linkerSettings: [.linkedLibrary("avutil")]),
        .target(name: "CLinux"),
        .target(name: "CSandbox", linkerSettings: [.linkedLibrary("seccomp")]),

        room("Core", uses: []),
        room("Persistence", uses: ["Core", .grdb, .systemPackage]),
        room("Blobs", uses: ["Core", "CLinux", .asyncHTTPClient, .crypto, .nioCore, .nioHTTP1, .nioPosix]),
        // Loops over samples are a hundred times slower without the optimiser, also in tests.
        room(
            "Audio", uses: ["Core", "CLibAV", "CLibAVFilter", "CSandbox"],
            also: [.unsafeFlags(["-O"], .when(configuration: .debug))]),
        room("Telemetry", uses: [.coreMetrics]),
        room("Jobs", uses: ["Core", "Persistence", .coreMetrics, .logging, .lifecycle]),
        room(
            "Services",
            uses: [
                "Core", "Persistence", "Blobs", "Audio", "Jobs", "CSodium", .crypto, .jwtKit, .lifecycle, .logging,
                .nioCore, .nioPosix,
            ]),
        room(
            "API",
            uses: [
                "Core", "Services", "Telemetry", .coreMetrics, .hummingbird, .hummingbirdCore, .httpTypes, .lifecycle,
                .logging, .nioCore, .nioHTTP1, .nioHTTPTypes, .nioPosix, .crypto,
            ], resources: [.copy("Page")]),
        .executableTarget(
            name: "voicenote",
            dependencies: [
                "API", "Services", "Jobs", "Audio", "Blobs", "Persistence", "Core", "Telemetry", "CLinux",
                .argumentParser,
                .asyncHTTPClient, .configuration, .coreMetrics, .crypto, .hummingbird, .lifecycle, .logging, .nioCore,
                .nioHTTP1,
                .nioPosix, .systemPackage, .unixSignals, .yams,
            ],
            swiftSettings: settings),

        // What several test targets need.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        tests("CoreTests", of: ["Core"]),
        tests("PersistenceTests", of: ["Persistence", "Core", .grdb]),
        tests("BlobsTests", of: ["Blobs", "Core", .crypto, .nioCore, .nioHTTP1, .nioPosix]),
        tests("AudioTests", of: ["Audio", "Core", "CLibAV", "CEBUR128"]),
        tests("TelemetryTests", of: ["Telemetry", .coreMetrics]),
        tests("JobsTests", of: ["Jobs", "Persistence", "Core", .logging]),
        tests(
            "ServicesTests",
            of: [
                "Services", "Persistence", "Blobs", "Audio", "Jobs", "Core", .lifecycle, .logging, .nioCore, .nioPosix,
            ]),
        tests(
            "APITests",
            of: [
                "API", "Services", "Jobs", "Audio", "Blobs", "Persistence", "Core", "Telemetry", .hummingbird,
                .hummingbirdTesting, .httpTypes, .logging, .nioCore, .nioEmbedded, .nioHTTP1, .nioHTTPTypes,
                .nioHTTPTypesHTTP1, .nioPosix,
            ]),
        tests("VoiceNoteTests", of: ["voicenote", "Audio", "Core", "Services", .argumentParser]),
    ]
)
