extension CollectionPlan {
    /// The plan as a table (RFC 4180): number, name and file of every item, then its trait in every layer, empty for none.
    ///
    /// - Parameter pictureEnding: What the names of pictures end with, such as `png`.
    public func tableBytes(for project: Project, pictureEnding: String) -> [UInt8] {
        var bytes: [UInt8] = []
        func add(_ row: [String]) { bytes += (row.map(Self.quoted).joined(separator: ",") + "\r\n").utf8 }
        add(["number", "name", "file", "configuration"] + project.layers.map(\.name))
        for index in 0..<count {
            let item = self[index], names = project.traitNames(of: item).map { $0 ?? "" }
            let kind =
                switch item.kind {
                case .handMade(let index): "one of one: " + project.handMade[index].file
                case .combined(let configuration): String(configuration)
                }
            add([String(item.number), project.name(of: item), "\(item.number).\(pictureEnding)", kind] + names)
        }
        return bytes
    }

    /// A cell, in quotes where it needs them.
    static func quoted(_ cell: String) -> String {
        guard cell.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else { return cell }
        return "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// Reads a plan from a table with a column for each layer by its name; other columns are `number`, `name`, `file` and `configuration`,
    /// and do not have to be there. An empty cell is no trait. Numbers follow each other from the first row's.
    public init(parsingTable bytes: [UInt8], for project: Project) throws(ProjectError) {
        var rows = try Self.rows(of: bytes)
        guard !rows.isEmpty else { throw ProjectError(place: "table", reason: "no rows") }
        let header = rows.removeFirst()
        var columns: [Int: Int] = [:]
        for (column, name) in header.enumerated() {
            if let layer = project.layers.firstIndex(where: { $0.name == name }) {
                columns[layer] = column
            } else if !["number", "name", "file", "configuration"].contains(name) {
                throw ProjectError(
                    place: "table, column \(column + 1)",
                    reason: "there is no layer '\(name)'" + advice(for: name, among: project.layers.map(\.name)))
            }
        }
        let numbers = header.firstIndex(of: "number"), kinds = header.firstIndex(of: "configuration")
        let start = numbers.flatMap { column in rows.first.flatMap { Int($0[column]) } } ?? project.start
        self.init(seed: project.seed, start: start, layerCount: project.layers.count)
        for (index, row) in rows.enumerated() {
            let place = "table, row \(index + 2)"
            guard row.count == header.count else {
                throw ProjectError(place: place, reason: "\(row.count) cells, the first row has \(header.count)")
            }
            if let numbers, Int(row[numbers]) != start + index {
                throw ProjectError(place: place, reason: "number '\(row[numbers])' where \(start + index) follows")
            }
            let kind = kinds.map { row[$0] } ?? "0"
            if kind.hasPrefix("one of one: ") {
                let file = kind.dropFirst("one of one: ".count)
                guard let picture = project.handMade.firstIndex(where: { $0.file == file }) else {
                    throw ProjectError(place: place, reason: "the project has no picture '\(file)' made by hand")
                }
                append(handMade: picture)
                continue
            }
            guard let configuration = Int(kind), project.configurations.indices.contains(configuration) else {
                throw ProjectError(place: place, reason: "there is no configuration '\(kind)'")
            }
            var choice = [UInt16](repeating: Self.none, count: layerCount)
            for (index, layer) in project.layers.enumerated() {
                guard let column = columns[index], !row[column].isEmpty else { continue }
                choice[index] = try layer.trait(row[column], place: place)
            }
            try project.checkPresence(of: choice, configuration: configuration, place: place)
            append(choice, configuration: configuration)
        }
        try check(project)
    }

    /// The cells of a table; quotes may hold commas, quotes written twice, and line ends.
    private static func rows(of bytes: [UInt8]) throws(ProjectError) -> [[String]] {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw ProjectError(place: "table", reason: "not UTF-8") }
        var rows: [[String]] = [], row: [String] = [], cell = "", isQuoted = false, wasQuoted = false
        func end(_ isRow: Bool) {
            row.append(cell)
            (cell, wasQuoted) = ("", false)
            if isRow {
                if row != [""] { rows.append(row) }
                row = []
            }
        }
        for scalar in text.unicodeScalars where !(rows.isEmpty && row.isEmpty && cell.isEmpty && scalar == "\u{FEFF}") {
            switch scalar {
            case "\"":
                if isQuoted || cell.isEmpty && !wasQuoted {
                    isQuoted.toggle()
                    wasQuoted = true
                } else if wasQuoted {
                    cell.unicodeScalars.append(scalar)
                    isQuoted = true
                } else {
                    cell.unicodeScalars.append(scalar)
                }
            case ",", "\n", "\r":
                if isQuoted { cell.unicodeScalars.append(scalar) } else { end(scalar != ",") }
            default: cell.unicodeScalars.append(scalar)
            }
        }
        guard !isQuoted else { throw ProjectError(place: "table", reason: "a quote is not closed") }
        if !row.isEmpty || !cell.isEmpty { end(true) }
        return rows
    }
}
