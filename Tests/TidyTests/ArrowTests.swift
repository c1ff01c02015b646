import Testing

/// Rooms that know nothing of pictures.
private let engineRooms: Set<String> = ["AtelierTelemetry", "AtelierScheduling", "AtelierMemo", "AtelierRedis"]
/// Rooms that know nothing of the engine: `Memo` and these never import each other.
private let domainRooms: Set<String> = [
    "AtelierGeometry", "AtelierPixels", "AtelierImageCodecs", "AtelierFonts", "AtelierSVG", "AtelierImageTracing",
    "AtelierRasterizing", "AtelierArchives", "AtelierOOXML", "AtelierLayers", "AtelierModels",
]

/// Imports that the manifest does not allow, arrows that point up, and engine and domain that meet outside `Stages`.
func wrongArrows(in files: [SourceFile], manifest: Manifest) -> [Finding] {
    var findings: [Finding] = []
    var below: Set<String> = []
    for target in manifest.targets {
        // Tests may share what is listed after them.
        for dependency in target.dependencies where target.folder.hasPrefix("Sources/") && !below.contains(dependency) {
            findings.append(
                Finding("Package.swift", line: target.line, "\(target.module) depends on \(dependency), which is not listed above it"))
        }
        below.insert(target.module)
        if domainRooms.contains(target.module) {
            for dependency in target.dependencies where dependency == "AtelierMemo" || dependency == "AtelierRedis" {
                findings.append(
                    Finding("Package.swift", line: target.line, "\(target.module) knows \(dependency); only Stages may know both"))
            }
        }
        if engineRooms.contains(target.module) {
            for dependency in target.dependencies where domainRooms.contains(dependency) {
                findings.append(
                    Finding("Package.swift", line: target.line, "\(target.module) knows \(dependency); only Stages may know both"))
            }
        }
    }
    for file in files where file.isSwift {
        guard let target = manifest.target(of: file) else { continue }
        for (index, line) in file.swift.code.enumerated() {
            let words = SwiftText.words(in: line)
            guard let position = words.firstIndex(of: "import"), position + 1 < words.count, position <= 3 else { continue }
            let module = String(words[position + 1])
            let isOurs = module.hasPrefix("Atelier") || module.hasPrefix("CAtelier")
            if isOurs, module != target.module, !target.dependencies.contains(module) {
                findings.append(Finding(file, line: index + 1, "imports \(module), which Package.swift does not give to \(target.module)"))
            }
            if module.hasPrefix("Foundation"), file.isIn("Sources") {
                findings.append(Finding(file, line: index + 1, "imports \(module); rooms start without it (docs/architecture.md)"))
            }
        }
    }
    return findings
}

/// Files outside every target, and folders of `Sources` and `Tests` that no target names.
func homelessFiles(in files: [SourceFile], manifest: Manifest) -> [Finding] {
    files.filter { ($0.isSwift || $0.path.hasSuffix(".c")) && $0.isIn("Sources", "Tests", "Benchmarks", "Examples") }
        .filter { manifest.target(of: $0) == nil }
        .map { Finding($0, "belongs to no target of Package.swift") }
}

/// Rooms without a test target of their name.
func untestedRooms(manifest: Manifest) -> [Finding] {
    let tests = Set(manifest.targets.filter { $0.folder.hasPrefix("Tests/") }.map(\.module))
    let rooms = manifest.targets.filter { $0.folder.hasPrefix("Sources/") && $0.module.hasPrefix("Atelier") }
    // The umbrella only re-exports, the tool only calls Command; their tests are Command's and the examples.
    return rooms.filter { !["Atelier", "AtelierTool"].contains($0.module) && !tests.contains($0.module.dropFirst(7) + "Tests") }
        .map { Finding("Package.swift", line: $0.line, "\($0.module) has no tests") }
}

/// C libraries of the manifest that `tools/setup` would not install, and the other way round.
func driftedPackages(setup: SourceFile, manifest: SourceFile) -> [Finding] {
    let table = Set(
        setup.lines.map { $0.split(separator: " ") }.filter { $0.count == 2 && $0[1].hasSuffix("-dev") }.map { "\($0[0]) \($0[1])" })
    var named: Set<String> = []
    for line in manifest.lines where line.drop(while: { $0 == " " }).hasPrefix("library(\"") {
        let strings = line.split(separator: "\"", omittingEmptySubsequences: false)
        if strings.count > 5 { named.insert("\(strings[3]) \(strings[5])") }
    }
    return named.subtracting(table).sorted().map { Finding(setup, "does not install \($0), which Package.swift names") }
        + table.subtracting(named).sorted().map { Finding(setup, "installs \($0), which Package.swift does not name") }
}

@Suite("Arrows")
struct ArrowTests {
    let manifest = Manifest(SourceTree.manifest)

    @Test("The manifest is understood: every target is found")
    func manifestIsRead() {
        let words = SourceTree.manifest.lines.filter { !$0.contains("func ") }.flatMap { $0.split(separator: " ").map(String.init) }
        let calls = words.filter { $0.hasPrefix("room(") || $0.hasPrefix("library(") || $0.hasPrefix("tests(") }
        #expect(manifest.targets.count >= calls.count)
        #expect(manifest.targets.first { $0.module == "AtelierPixels" }?.dependencies.contains("AtelierGeometry") == true)
    }

    @Test("Imports run only downwards, and Memo and the domain rooms never meet outside Stages")
    func arrowsPointDown() {
        #expect(wrongArrows(in: SourceTree.swift, manifest: manifest) == [])
    }

    @Test("tools/setup installs the C libraries of the manifest and no others")
    func packagesAgree() throws {
        let setup = try #require(SourceTree.files.first { $0.path == "tools/setup" })
        #expect(driftedPackages(setup: setup, manifest: SourceTree.manifest) == [])
    }

    @Test("Every room has tests")
    func everyRoomIsTested() { #expect(untestedRooms(manifest: manifest) == []) }

    @Test("Every source file belongs to a target")
    func everyFileHasAHome() {
        #expect(homelessFiles(in: SourceTree.files, manifest: manifest) == [])
    }

    @Test("The checks fault an undeclared import, an arrow upwards, a meeting of engine and domain, a homeless and an untested file")
    func checksCanFail() {
        let manifest = Manifest(
            SourceFile(
                "Package.swift",
                """
                room("Memo", ["AtelierSVG"]),
                room("SVG", [
                    "AtelierGeometry", // not here yet
                ]),
                room("Geometry"),
                let all: [Target.Dependency] = ["AtelierSVG", "AtelierMemo"]
                tests(of: "SVG", all),
                """))
        #expect(manifest.targets.map(\.module) == ["AtelierMemo", "AtelierSVG", "AtelierGeometry", "SVGTests"])
        #expect(manifest.targets.last?.dependencies == ["AtelierSVG", "AtelierSVG", "AtelierMemo"])
        let file = SourceFile(
            "Sources/SVG/Tree.swift", "// import AtelierOOXML\npublic import AtelierMemo\nimport Foundation\nimport Glibc")
        let findings = wrongArrows(in: [file], manifest: manifest)
        #expect(findings.filter { $0.path == file.path }.map(\.line) == [2, 3])
        #expect(findings.filter { $0.path == "Package.swift" }.map(\.line) == [1, 1, 2])
        #expect(
            homelessFiles(in: [file, SourceFile("Sources/Attic/Old.swift", "")], manifest: manifest).map(\.path) == [
                "Sources/Attic/Old.swift"
            ])
        #expect(untestedRooms(manifest: manifest).count == 2)
        let packages = driftedPackages(
            setup: SourceFile("tools/setup", "spng   libspng-dev\nexpat libexpat1-dev\n"),
            manifest: SourceFile(
                "Package.swift", "    library(\"Spng\", \"spng\", \"libspng-dev\"),\n    library(\"Z\", \"zlib\", \"zlib1g-dev\"),"))
        #expect(packages.count == 2)
    }
}
