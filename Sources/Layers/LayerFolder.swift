/// The layers that a folder's files make: a folder for each layer, a file for each trait.
///
/// `02 Eyes/Green#12.5.png` is the trait `Green` of weight 12.5 in the layer `Eyes`; without a weight it is 1. Folders with a number in
/// front come in the order of the numbers, others in that of their names. `Long@0.5.png` beside `Long#3.png` is a second piece of
/// `Long`, painted at z 0.5. A folder `layers` holds the layers, if there is one. Names that begin with a point do not count.
package struct LayerFolder {
    /// Endings of files that are traits.
    package static let endings = ["png", "jpg", "jpeg", "webp"]

    /// Paths from the project's folder, sorted by bytes so that the order of a listing is no part of the result.
    private let paths: [[String]]
    private let delimiter: String

    init(files: [String], delimiter: String) {
        self.delimiter = delimiter
        paths = files.map { $0.split(separator: "/").map(String.init) }
            .filter { path in !path.isEmpty && !path.contains { $0.hasPrefix(".") || $0 == "Thumbs.db" || $0 == "desktop.ini" } }
            .sorted { $0.joined(separator: "/").utf8.lexicographicallyPrecedes($1.joined(separator: "/").utf8) }
    }

    /// Every layer.
    func layers() throws(ProjectError) -> [Layer] {
        let base = paths.contains { $0.count > 2 && $0[0] == "layers" } ? ["layers"] : []
        var folders: [String] = []
        let below = paths.filter { $0.count > base.count + 1 && $0.starts(with: base) }
        // A folder without pictures is no layer, beside those that are.
        let pictures = below.filter { Self.isPicture($0[$0.count - 1]) }
        for path in pictures.isEmpty ? below : pictures {
            if folders.last != path[base.count] { folders.append(path[base.count]) }
        }
        guard !folders.isEmpty else {
            throw ProjectError(
                place: base.isEmpty ? "the folder" : "layers",
                reason: "no layers here; expected folders of pictures such as '01 Background/Blue#10.png', or a project.json")
        }
        let named = folders.map { (folder: $0, place: Self.number(of: $0)) }
        if named.contains(where: { $0.place != nil }), let odd = named.first(where: { $0.place == nil }) {
            throw ProjectError(
                place: odd.folder, reason: "other folders of layers begin with a number, this one does not; number all or none")
        }
        var layers: [Layer] = []
        let sorted = named.enumerated().sorted { ($0.element.place?.number ?? 0, $0.offset) < ($1.element.place?.number ?? 0, $1.offset) }
        for (_, entry) in sorted {
            let name = entry.place?.name ?? entry.folder
            guard !layers.contains(where: { $0.name == name }) else {
                throw ProjectError(place: entry.folder, reason: "two folders are the layer '\(name)'")
            }
            layers.append(Layer(name: name, traits: try traits(in: (base + [entry.folder]).joined(separator: "/"))))
        }
        return layers
    }

    /// The number in front of a folder's name and what follows it, `7` and `Hat` of `07 Hat`.
    private static func number(of folder: String) -> (number: Int, name: String)? {
        let digits = folder.prefix { $0.isASCII && $0.isNumber }, rest = folder.dropFirst(digits.count)
        guard let number = Int(digits), let separator = rest.first, " _-.".contains(separator) else { return nil }
        let name = String(rest.drop { " _-.".contains($0) })
        return name.isEmpty ? nil : (number, name)
    }

    /// The traits of a folder.
    func traits(in folder: String) throws(ProjectError) -> [Trait] {
        let names = folder.split(separator: "/").map(String.init)
        var traits: [Trait] = [], weights: [String: (weight: Weight, file: String)] = [:]
        for path in paths where path.count > names.count && path.starts(with: names) {
            let file = path.joined(separator: "/")
            guard path.count == names.count + 1 else {
                throw ProjectError(place: file, reason: "a folder inside a layer; layers hold pictures only")
            }
            let (name, weight, z) = try parts(of: path[names.count], file: file)
            if let weight {
                if let other = weights[name] {
                    throw ProjectError(place: file, reason: "the trait '\(name)' is also in \(other.file); names in a layer are distinct")
                }
                weights[name] = (weight, file)
            }
            if let index = traits.firstIndex(where: { $0.name == name }) {
                guard !traits[index].pieces.contains(where: { $0.z == z }) else {
                    throw ProjectError(
                        place: file, reason: "the trait '\(name)' is also in \(traits[index].pieces[0].file); names in a layer are distinct"
                    )
                }
                traits[index].pieces.append(Piece(file: file, z: z))
            } else {
                traits.append(Trait(name: name, weight: Weight(1), pieces: [Piece(file: file, z: z)]))
            }
        }
        guard !traits.isEmpty else {
            let others = Set(paths.filter { $0.count > names.count && $0.starts(with: names.dropLast()) }.map { $0[names.count - 1] })
            throw ProjectError(
                place: folder, reason: "no pictures in this folder of a layer" + advice(for: names.last ?? "", among: others.sorted()))
        }
        for index in traits.indices { traits[index].weight = weights[traits[index].name]?.weight ?? Weight(1) }
        return traits
    }

    /// Whether a file is a trait, by its name.
    package static func isPicture(_ name: String) -> Bool {
        name.lastIndex(of: ".").map { endings.contains(name[name.index(after: $0)...].lowercased()) } ?? false
    }

    /// What a file name says: `Long@0.5#3.png` is the name `Long`, the weight 3 and the z 0.5.
    private func parts(of fileName: String, file: String) throws(ProjectError) -> (name: String, weight: Weight?, z: Double?) {
        guard Self.isPicture(fileName), let point = fileName.lastIndex(of: ".") else {
            throw ProjectError(place: file, reason: "not a picture (\(Self.endings.joined(separator: ", "))); layers hold pictures only")
        }
        var name = String(fileName[..<point]), weight: Weight?, z: Double?
        if let split = name.ranges(of: delimiter).last {
            let text = name[split.upperBound...]
            guard let value = Weight(text) else {
                throw ProjectError(
                    place: file,
                    reason: "the weight '\(text)' after '\(delimiter)' is not a number; rename the file or choose another delimiter")
            }
            weight = value
            name = String(name[..<split.lowerBound])
        }
        if let at = name.lastIndex(of: "@"), let value = Double(name[name.index(after: at)...]), value.isFinite {
            z = value
            name = String(name[..<at])
        }
        guard !name.isEmpty else { throw ProjectError(place: file, reason: "the trait has no name") }
        return (name, weight, z)
    }
}
