// swift-tools-version: 6.2
import PackageDescription

// Rooms are listed bottom up: a room may depend only on rooms above its own line
// (docs/architecture.md draws the arrows, Tests/TidyTests keeps them).

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A C library from a Debian package, seen through a module map and one header without logic.
func library(_ name: String, _ pkgConfig: String, _ debianPackage: String) -> Target {
    .systemLibrary(
        name: "CAtelier\(name)", path: "Sources/C\(name)", pkgConfig: pkgConfig, providers: [.apt([debianPackage])])
}

/// A room of the house: `Sources/<Name>`, module `Atelier<Name>`.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: "Atelier\(name)", dependencies: dependencies, path: "Sources/\(name)", swiftSettings: strict,
        // A debug build calls `sqrt` where a release build uses the instruction.
        linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))])
}

func tests(
    of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.init(stringLiteral: "Atelier\(name)")] + dependencies,
        path: "Tests/\(name)Tests", exclude: exclude, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "atelier",
    products: [
        .library(name: "Atelier", targets: ["Atelier"]),
        .executable(name: "atelier", targets: ["AtelierTool"]),
        .executable(name: "atelier-bench", targets: ["AtelierBench"]),
    ],
    targets: [
        library("Zstd", "libzstd", "libzstd-dev"),
        library("XXHash", "libxxhash", "libxxhash-dev"),
        library("SQLite", "sqlite3", "libsqlite3-dev"),
        library("Deflate", "libdeflate", "libdeflate-dev"),
        library("Spng", "spng", "libspng-dev"),
        library("TurboJPEG", "libturbojpeg", "libturbojpeg0-dev"),
        library("Expat", "expat", "libexpat1-dev"),

        .target(name: "CAtelierBLAKE3", path: "Sources/CBLAKE3"),
        .target(name: "CAtelierKernels", path: "Sources/CKernels"),
        // A model as bytes of the program.
        .target(name: "CAtelierSelector", path: "Sources/CSelector", exclude: ["selector.json"]),
        .systemLibrary(name: "CAtelierLinux", path: "Sources/CLinux"),
        // What has to work inside a signal handler and inside `malloc`.
        .target(name: "CAtelierProbe", path: "Sources/CProbe"),
        // The studio's files as bytes of the program.
        .target(name: "CAtelierStudio", path: "Sources/CStudio", exclude: ["files"]),
        // Types only: the library is opened at run time.
        .systemLibrary(name: "CAtelierRsvg", path: "Sources/CRsvg"),
        .systemLibrary(name: "CAtelierWebP", path: "Sources/CWebP"),
        // Types of functions that are looked up when a text is met; nothing is linked.
        .systemLibrary(name: "CAtelierHarfBuzz", path: "Sources/CHarfBuzz"),
        .systemLibrary(name: "CAtelierFontconfig", path: "Sources/CFontconfig"),
        // Types of functions that are looked up when the first request is sent.
        .systemLibrary(name: "CAtelierCurl", path: "Sources/CCurl"),
        // Types of functions that are looked up when something listens.
        .systemLibrary(name: "CAtelierMicroHTTPD", path: "Sources/CMicroHTTPD"),

        room("JSON"),
        room("Telemetry", ["CAtelierProbe"]),
        room("Scheduling", ["AtelierTelemetry"]),
        room(
            "Memo",
            [
                "AtelierScheduling", "AtelierTelemetry", "CAtelierBLAKE3", "CAtelierZstd", "CAtelierXXHash", "CAtelierSQLite",
                "CAtelierLinux",
            ]),

        room("Redis", ["AtelierMemo", "AtelierScheduling"]),
        room("Processors", ["AtelierJSON", "AtelierMemo", "AtelierScheduling", "CAtelierXXHash"]),
        room("HTTP", ["AtelierScheduling", "CAtelierCurl"]),
        room("Serving", ["AtelierMemo", "AtelierScheduling", "CAtelierMicroHTTPD"]),
        room("LanguageModels", ["AtelierHTTP", "AtelierJSON", "AtelierMemo", "AtelierProcessors", "AtelierScheduling"]),

        room("Geometry"),
        room("Pixels", ["AtelierGeometry"]),
        room("ImageCodecs", ["AtelierPixels", "CAtelierSpng", "CAtelierTurboJPEG", "CAtelierDeflate", "CAtelierKernels", "CAtelierWebP"]),
        room("Fonts", ["AtelierGeometry", "CAtelierHarfBuzz", "CAtelierFontconfig"]),
        room("SVG", ["AtelierGeometry", "AtelierPixels", "AtelierImageCodecs", "AtelierFonts", "CAtelierExpat", "CAtelierDeflate"]),
        room("ImageTracing", ["AtelierGeometry", "AtelierPixels"]),
        room("Rasterizing", ["AtelierPixels", "CAtelierRsvg"]),
        room("Archives", ["CAtelierDeflate"]),
        room("Models", ["AtelierJSON", "AtelierPixels", "AtelierScheduling", "CAtelierLinux", "CAtelierSelector"]),
        room("Layers", ["AtelierJSON", "AtelierPixels", "AtelierImageCodecs", "CAtelierKernels"]),
        room("OOXML", ["AtelierScheduling", "AtelierSVG", "AtelierPixels", "AtelierGeometry", "AtelierArchives", "CAtelierExpat"]),

        room(
            "Stages",
            [
                "AtelierJSON", "AtelierMemo", "AtelierScheduling", "AtelierGeometry", "AtelierPixels", "AtelierImageCodecs", "AtelierFonts",
                "AtelierSVG", "AtelierImageTracing", "AtelierRasterizing", "AtelierArchives", "AtelierOOXML", "AtelierLayers",
                "AtelierTelemetry",
                "AtelierModels",
            ]),
        room(
            "Pipelines",
            [
                "AtelierHTTP", "AtelierImageCodecs", "AtelierJSON", "AtelierLayers", "AtelierMemo", "AtelierProcessors",
                "AtelierScheduling",
                "AtelierStages",
            ]),
        room(
            "Service",
            [
                "AtelierServing", "AtelierHTTP", "AtelierJSON", "AtelierMemo", "AtelierScheduling", "AtelierTelemetry", "AtelierStages",
                "AtelierArchives", "AtelierImageCodecs", "AtelierImageTracing", "AtelierLayers", "AtelierModels", "AtelierPixels",
                "AtelierSVG",
                "CAtelierStudio",
            ]),
        room(
            "Command",
            [
                "AtelierService", "AtelierServing", "AtelierStages", "AtelierMemo", "AtelierRedis", "AtelierScheduling", "AtelierTelemetry",
                "AtelierJSON", "AtelierGeometry",
                "AtelierSVG",
                "AtelierImageCodecs", "AtelierOOXML", "AtelierArchives", "AtelierPixels", "AtelierLayers", "AtelierHTTP", "AtelierModels",
                "AtelierPipelines", "AtelierProcessors",
            ]),
        .target(
            name: "Atelier",
            dependencies: [
                "AtelierJSON", "AtelierLanguageModels", "AtelierMemo", "AtelierPipelines", "AtelierPixels", "AtelierProcessors",
                "AtelierStages",
            ], path: "Sources/Atelier", swiftSettings: strict),
        .executableTarget(
            name: "AtelierTool", dependencies: ["AtelierCommand"], path: "Sources/AtelierTool", swiftSettings: strict),
        .executableTarget(
            name: "AtelierBench",
            dependencies: [
                "AtelierMemo", "AtelierRedis", "AtelierProcessors", "AtelierLayers", "AtelierJSON", "AtelierArchives", "AtelierGeometry",
                "AtelierHTTP", "AtelierImageCodecs", "AtelierImageTracing", "AtelierModels", "AtelierOOXML", "AtelierPipelines",
                "AtelierPixels",
                "AtelierRasterizing", "AtelierSVG", "AtelierScheduling", "AtelierStages", "AtelierTelemetry", "CAtelierBLAKE3",
                "CAtelierDeflate",
                "CAtelierSQLite", "CAtelierXXHash", "CAtelierZstd",
            ],
            path: "Benchmarks", exclude: ["peers"], swiftSettings: strict),

        // Quoted by README and guides; `./test` runs them. What the umbrella re-exports is named too, or an incremental
        // build misses changes behind it.
        .executableTarget(
            name: "TracePicture", dependencies: ["Atelier", "AtelierMemo", "AtelierPixels", "AtelierStages"], path: "Examples/TracePicture"),
        .executableTarget(
            name: "PicturesToDeck", dependencies: ["Atelier", "AtelierMemo", "AtelierPixels", "AtelierStages"],
            path: "Examples/PicturesToDeck"),
        .executableTarget(
            name: "CustomStage", dependencies: ["Atelier", "AtelierMemo", "AtelierPixels", "AtelierStages"], path: "Examples/CustomStage"),
        .executableTarget(
            name: "Processors",
            dependencies: [
                "Atelier", "AtelierJSON", "AtelierLanguageModels", "AtelierMemo", "AtelierPipelines", "AtelierProcessors", "AtelierStages",
            ], path: "Examples/Processors", exclude: ["deck.json"]),

        .executableTarget(
            name: "ServiceClient", dependencies: ["AtelierHTTP", "AtelierJSON"], path: "Examples/ServiceClient"),

        // What tests share; no product holds it.
        .target(name: "AtelierTesting", path: "Tests/Testing", swiftSettings: strict),
        .target(
            name: "AtelierMemoTesting", dependencies: ["AtelierMemo", "AtelierTesting"], path: "Tests/MemoTesting", swiftSettings: strict),
        .testTarget(name: "TidyTests", path: "Tests/TidyTests", swiftSettings: strict),
        tests(of: "Telemetry"),
        tests(of: "JSON"),
        tests(of: "Scheduling", ["AtelierTesting", "AtelierTelemetry"]),
        tests(
            of: "Memo",
            ["AtelierTesting", "AtelierMemoTesting", "AtelierScheduling", "AtelierTelemetry", "CAtelierBLAKE3", "CAtelierXXHash"]),
        tests(of: "Redis", ["AtelierTesting", "AtelierMemoTesting", "AtelierMemo", "AtelierScheduling"]),
        tests(
            of: "Processors", ["AtelierTesting", "AtelierJSON", "AtelierMemo", "AtelierScheduling"], resources: [.copy("Samples")]),
        tests(of: "HTTP", ["AtelierTesting", "AtelierScheduling"]),
        tests(of: "Serving", ["AtelierTesting", "AtelierMemo", "AtelierScheduling", "AtelierHTTP"]),
        tests(
            of: "Service",
            [
                "AtelierTesting", "AtelierJSON", "AtelierScheduling", "AtelierServing", "AtelierMemo", "AtelierHTTP", "AtelierStages",
                "AtelierTelemetry", "AtelierArchives", "AtelierImageCodecs", "AtelierLayers", "AtelierPixels",
            ]),
        tests(of: "LanguageModels", ["AtelierTesting", "AtelierHTTP", "AtelierJSON", "AtelierMemo", "AtelierProcessors"]),
        tests(of: "Geometry", ["AtelierTesting"]),
        tests(of: "Pixels", ["AtelierGeometry"]),
        tests(of: "ImageTracing", ["AtelierGeometry", "AtelierPixels"]),
        tests(of: "ImageCodecs", ["AtelierTesting", "AtelierPixels"], resources: [.copy("Samples")]),
        tests(of: "Fonts", ["AtelierGeometry"]),
        tests(of: "SVG", ["AtelierTesting", "AtelierGeometry", "AtelierPixels", "AtelierFonts", "AtelierImageCodecs"]),
        tests(of: "Rasterizing", ["AtelierPixels"]),
        tests(of: "Archives", ["AtelierTesting"]),
        tests(
            of: "Models", ["AtelierTesting", "AtelierJSON", "AtelierPixels", "AtelierScheduling"], resources: [.copy("Samples")]),
        tests(of: "Layers", ["AtelierJSON", "AtelierTesting", "AtelierPixels", "AtelierImageCodecs"]),
        tests(of: "OOXML", ["AtelierTesting", "AtelierSVG", "AtelierPixels", "AtelierGeometry", "AtelierArchives"]),
        tests(
            of: "Stages",
            [
                "AtelierPixels",
                "AtelierMemo", "AtelierMemoTesting", "AtelierScheduling", "AtelierTesting", "AtelierImageCodecs", "AtelierImageTracing",
                "AtelierFonts", "AtelierGeometry", "AtelierSVG", "AtelierArchives", "AtelierOOXML", "AtelierJSON", "AtelierLayers",
                "AtelierModels",
            ],
            exclude: ["stage-outputs.txt", "Features"]),
        tests(
            of: "Pipelines",
            [
                "AtelierTesting", "AtelierHTTP", "AtelierImageCodecs", "AtelierImageTracing", "AtelierJSON", "AtelierMemo", "AtelierOOXML",
                "AtelierPixels", "AtelierProcessors", "AtelierSVG", "AtelierStages",
            ]),
        tests(
            of: "Command",
            [
                "AtelierHTTP", "AtelierServing", "AtelierStages", "AtelierJSON", "AtelierMemo", "AtelierScheduling", "AtelierOOXML",
                "AtelierSVG", "AtelierArchives",
                "AtelierImageCodecs", "AtelierLayers", "AtelierPixels", "AtelierGeometry", "AtelierTelemetry",
            ]),
    ],
    swiftLanguageModes: [.v6]
)
