// swift-tools-version: 6.2
import PackageDescription

/// Swift 6 mode with complete concurrency checking; a warning is an error.
///
/// `PLANTED` puts faults into the program `simulate`, and into nothing else: see `make build`.
let strict: [SwiftSetting] = [
    .define("PLANTED", .when(traits: ["Planted"])),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// For targets on the hot path, whose exclusive accesses the compiler has proved or one thread
/// confines: the checks at run time cost them a tenth.
let hot: [SwiftSetting] =
    strict + [
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
    ]

/// Targets in the order of their imports: each knows only targets above it.
let package = Package(
    name: "ClinicSync",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "clinicd", targets: ["clinicd"]),
        .executable(name: "hubd", targets: ["hubd"]),
        .executable(name: "syncctl", targets: ["syncctl"]),
        .executable(name: "district", targets: ["DistrictProgram"]),
        .executable(name: "simulate", targets: ["simulate"]),
    ],
    traits: [
        .trait(
            name: "Planted",
            description: "Faults to choose from, to prove that the simulator notices each.")
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev", "libssl-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CFile"),

        .target(name: "Causality", swiftSettings: strict),
        .target(
            name: "Records",
            dependencies: [
                "Causality", "CZstd", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: hot),
        .target(
            name: "Replica",
            dependencies: [
                "Records", "Causality",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: hot),
        .target(
            name: "Sync", dependencies: ["Replica", "Records", "Causality"], swiftSettings: strict),
        .target(
            name: "Hub", dependencies: ["Sync", "Replica", "Records", "Causality"],
            swiftSettings: strict),
        .target(
            name: "Hospital", dependencies: ["Replica", "Records", "Causality"],
            swiftSettings: strict),
        .target(
            name: "FHIR", dependencies: ["Hospital", "Replica", "Records", "Causality"],
            swiftSettings: strict),
        .target(name: "HTTPSClient", dependencies: ["CCurl"], swiftSettings: strict),
        .target(
            name: "Trust",
            dependencies: [
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "Settings",
            dependencies: [
                "CFile",
                .product(name: "Yams", package: "Yams"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "HubServer",
            dependencies: [
                "Trust",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "ClinicServer",
            dependencies: [
                "FHIR", "Hospital", "Sync", "Replica", "Records", "Causality", "Trust",
                "HTTPSClient", "Settings", "ControlServer",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "ControlServer",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .target(
            name: "HubDaemon",
            dependencies: [
                "Hub", "Sync", "Replica", "Records", "Causality", "HubServer", "ControlServer",
                "Trust", "Settings", "FHIR", "Hospital",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "clinicd",
            dependencies: [
                "ClinicServer", "ControlServer", "Settings", "Sync", "Trust",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "hubd",
            dependencies: [
                "HubDaemon", "Settings",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "syncctl",
            dependencies: [
                "HTTPSClient", "Settings",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        .systemLibrary(name: "CSession", path: "Simulations/CSession"),
        .target(
            name: "Workload",
            dependencies: [
                "CSession", "Causality", .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            path: "Simulations/Workload", swiftSettings: strict),
        .target(
            name: "Generator", dependencies: ["Causality"], path: "Simulations/Generator",
            swiftSettings: strict),
        .target(
            name: "LinkProxy",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Simulations/LinkProxy", swiftSettings: strict),
        .target(
            name: "CDisk", dependencies: [.product(name: "GRDBSQLite", package: "GRDB.swift")],
            path: "Simulations/CDisk",
            cSettings: [
                .treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra"),
            ]),
        .target(
            name: "Disk", dependencies: ["CDisk"], path: "Simulations/Disk", swiftSettings: strict),

        .target(
            name: "District", dependencies: ["FHIR", "Generator", "HTTPSClient"],
            path: "Simulations/District/Library", swiftSettings: strict),
        .executableTarget(
            name: "DistrictProgram",
            dependencies: [
                "District", "FHIR", "Generator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Simulations/District/Program", swiftSettings: strict),

        .target(
            name: "Exhaustive", dependencies: ["Hub", "Sync", "Replica", "Records", "Causality"],
            path: "Simulations/Exhaustive", swiftSettings: strict),
        .target(
            name: "Simulator",
            dependencies: ["Disk", "Hub", "Sync", "Replica", "Records", "Causality"],
            path: "Simulations/Simulator", swiftSettings: strict),
        .target(
            name: "Reporting", dependencies: ["Simulator"], path: "Simulations/Reporting",
            swiftSettings: strict),
        .executableTarget(
            name: "simulate",
            dependencies: [
                "Simulator", "Reporting",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Simulations/Simulate", swiftSettings: strict),

        .executableTarget(
            name: "bench",
            dependencies: [
                "Workload", "Simulator", "LinkProxy", "Hub", "HubServer", "HTTPSClient", "Trust",
                "Sync",
                "Replica", "Records", "Causality",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Simulations/Bench", swiftSettings: strict),

        .testTarget(name: "CausalityTests", dependencies: ["Causality"], swiftSettings: strict),
        .testTarget(
            name: "RecordsTests", dependencies: ["Records", "Causality"], swiftSettings: strict),
        .testTarget(
            name: "ReplicaTests",
            dependencies: [
                "Replica", "Records", "Causality",
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["Settings", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(
            name: "ControlServerTests",
            dependencies: [
                "ControlServer", "HTTPSClient",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FHIRTests", dependencies: ["FHIR", "Hospital", "Records", "Causality"],
            swiftSettings: strict),
        .testTarget(
            name: "SyncTests", dependencies: ["Hub", "Sync", "Replica", "Records", "Causality"],
            swiftSettings: strict),
        .testTarget(
            name: "ExhaustiveTests", dependencies: ["Exhaustive"], swiftSettings: strict),
        .testTarget(
            name: "SimulatorTests", dependencies: ["Simulator", "Reporting"], swiftSettings: strict),
        .testTarget(
            name: "DiskTests",
            dependencies: [
                "Disk", "Hub", "Sync", "Replica", "Records", "Causality",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ProcessTests",
            dependencies: [
                "District", "Generator", "LinkProxy", "FHIR", "Causality",
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HubDaemonTests",
            dependencies: [
                "HubDaemon", "Hub", "Sync", "Replica", "Records", "Causality", "Hospital", "Trust",
                "Settings", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ClinicServerTests",
            dependencies: [
                "ClinicServer", "Hospital", "Hub", "Sync", "Replica", "Records", "Causality",
                "FHIR",
                "Trust", "Settings",
            ],
            swiftSettings: strict),
        .testTarget(name: "TrustTests", dependencies: ["Trust"], swiftSettings: strict),
        .testTarget(
            name: "HTTPSTests",
            dependencies: [
                "HubServer", "HTTPSClient", "Trust",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
    ]
)
