package import AtelierJSON

// Options: what can be said about a piece of work, described once. An `Option` names one property of an options
// struct; from a plain array of them come the flags of the command line, its help, JSON schema and JSON decoding.
// Defaults are read from a default value of the struct and are written nowhere else. Start with `Option`.

/// One setting of an options struct: its name, what it accepts, where it is kept and what it does.
///
///     static var options: [Option<TraceOptions>] {
///         [.integer("colors", \.count, 2...256, unit: "colours", group: "Colour", "Most colours of the palette.")]
///     }
///
/// The name is the flag (`--colors`) and, with `-` and `_` meaning the same, the JSON key.
package struct Option<Options: Sendable>: Sendable {
    /// Kebab-case name, unique among the options that are offered together.
    package var name: String
    /// One-letter form of the flag, such as `o` for `-o`.
    package var letter: Character?
    /// Other spellings that are accepted and not shown.
    package var aliases: [String] = []
    /// Heading in help under which the option stands.
    package var group: String
    /// What it accepts.
    package var kind: OptionKind
    /// The word that stands for "not set", such as `auto`; nil when there is always a value.
    package var absence: String?
    /// Unit of the number, in the plural (`pixels`); empty when there is none.
    package var unit: String
    /// One or two sentences; no default and no range, which are added from here and from the default value.
    package var help: String
    /// Whether its value is kept from messages.
    package var isSecret = false
    /// Whether it only sets what other options read.
    package var isSetting = false
    /// Whether a text that is not empty is one; always, unless the option parses it.
    var parses: @Sendable (String) -> Bool = { _ in true }

    /// The value in an options struct.
    package let read: @Sendable (Options) -> OptionValue
    /// Sets the value, which must be one that `kind` accepts.
    package let write: @Sendable (inout Options, OptionValue) -> Void
}

/// What an option accepts.
package enum OptionKind: Hashable, Sendable {
    /// On or off; the bare flag means on.
    case flag
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// A number in a range.
    case number(ClosedRange<Double>)
    /// A count of bytes, written with or without a unit: `512MiB`, `2GB`, `65536`.
    case bytes
    /// One word of a list.
    case choice([String])
    /// A text that is not empty: the word that stands for it in help (`FILE`), and what it may be where not everything will do.
    case text(String, form: String? = nil)
}

/// A value of an option.
package enum OptionValue: Hashable, Sendable {
    /// Not set.
    case absent
    /// Of a flag.
    case flag(Bool)
    /// Of a whole number.
    case integer(Int)
    /// Of a number.
    case number(Double)
    /// Of a choice or a text.
    case text(String)
}

// MARK: - Making options

extension Option {
    /// An option that is on or off.
    package static func flag(
        _ name: String, letter: Character? = nil, _ path: any WritableKeyPath<Options, Bool> & Sendable, group: String, _ help: String
    ) -> Option {
        Option(
            name: name, letter: letter, group: group, kind: .flag, unit: "", help: help,
            read: { .flag($0[keyPath: path]) },
            write: { if case .flag(let value) = $1 { $0[keyPath: path] = value } })
    }

    /// A whole number in a range.
    package static func integer(
        _ name: String, letter: Character? = nil, aliases: [String] = [], _ path: any WritableKeyPath<Options, Int> & Sendable,
        _ range: ClosedRange<Int>, unit: String = "", group: String, _ help: String
    ) -> Option {
        Option(
            name: name, letter: letter, aliases: aliases, group: group, kind: .integer(range), unit: unit, help: help,
            read: { .integer($0[keyPath: path]) },
            write: { if case .integer(let value) = $1 { $0[keyPath: path] = value } })
    }

    /// A whole number in a range, or a word for leaving it open.
    package static func integer(
        _ name: String, letter: Character? = nil, aliases: [String] = [], _ path: any WritableKeyPath<Options, Int?> & Sendable,
        _ range: ClosedRange<Int>, or absence: String, unit: String = "", group: String, _ help: String
    ) -> Option {
        Option(
            name: name, letter: letter, aliases: aliases, group: group, kind: .integer(range), absence: absence, unit: unit, help: help,
            read: { $0[keyPath: path].map(OptionValue.integer) ?? .absent },
            write: {
                switch $1 {
                case .integer(let value): $0[keyPath: path] = value
                case .absent: $0[keyPath: path] = nil
                default: break
                }
            })
    }

    /// A number in a range.
    package static func number(
        _ name: String, letter: Character? = nil, aliases: [String] = [], _ path: any WritableKeyPath<Options, Double> & Sendable,
        _ range: ClosedRange<Double>, unit: String = "", group: String, _ help: String
    ) -> Option {
        Option(
            name: name, letter: letter, aliases: aliases, group: group, kind: .number(range), unit: unit, help: help,
            read: { .number($0[keyPath: path]) },
            write: { if case .number(let value) = $1 { $0[keyPath: path] = value } })
    }

    /// A number in a range, or a word for leaving it open.
    package static func number(
        _ name: String, letter: Character? = nil, aliases: [String] = [], _ path: any WritableKeyPath<Options, Double?> & Sendable,
        _ range: ClosedRange<Double>, or absence: String, unit: String = "", group: String, _ help: String
    ) -> Option {
        Option(
            name: name, letter: letter, aliases: aliases, group: group, kind: .number(range), absence: absence, unit: unit, help: help,
            read: { $0[keyPath: path].map(OptionValue.number) ?? .absent },
            write: {
                switch $1 {
                case .number(let value): $0[keyPath: path] = value
                case .absent: $0[keyPath: path] = nil
                default: break
                }
            })
    }

    /// A word for something that other options say: it sets them, and has no value of its own.
    package static func setting(
        _ name: String, letter: Character? = nil, _ kind: OptionKind, aliases: [String] = [], unit: String = "", group: String,
        _ help: String, set: @escaping @Sendable (inout Options, OptionValue) -> Void
    ) -> Option {
        Option(
            name: name, letter: letter, aliases: aliases, group: group, kind: kind, unit: unit, help: help, isSetting: true,
            read: { _ in .absent },
            write: set)
    }

    /// A count of bytes.
    package static func bytes(
        _ name: String, _ path: any WritableKeyPath<Options, Int> & Sendable, group: String, _ help: String
    ) -> Option {
        Option(
            name: name, group: group, kind: .bytes, unit: "", help: help,
            read: { .integer($0[keyPath: path]) },
            write: { if case .integer(let value) = $1 { $0[keyPath: path] = value } })
    }

    /// One case of an enumeration, named by its raw value.
    package static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, letter: Character? = nil, aliases: [String] = [], _ path: any WritableKeyPath<Options, Choice> & Sendable,
        group: String, _ help: String
    ) -> Option {
        Option(
            name: name, letter: letter, aliases: aliases, group: group, kind: .choice(Choice.allCases.map(\.rawValue)), unit: "",
            help: help,
            read: { .text($0[keyPath: path].rawValue) },
            write: { if case .text(let word) = $1, let value = Choice(rawValue: word) { $0[keyPath: path] = value } })
    }

    /// One case of an enumeration, or nothing until something is said.
    package static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, letter: Character? = nil, _ path: any WritableKeyPath<Options, Choice?> & Sendable, group: String, _ help: String
    ) -> Option {
        Option(
            name: name, letter: letter, group: group, kind: .choice(Choice.allCases.map(\.rawValue)), unit: "", help: help,
            read: { $0[keyPath: path].map { .text($0.rawValue) } ?? .absent },
            write: { if case .text(let word) = $1, let value = Choice(rawValue: word) { $0[keyPath: path] = value } })
    }

    /// A text, such as a path, that is absent until something is said. The placeholder names it in help.
    package static func text(
        _ name: String, letter: Character? = nil, aliases: [String] = [], _ path: any WritableKeyPath<Options, String?> & Sendable,
        _ placeholder: String, group: String, _ help: String
    ) -> Option {
        Option(
            name: name, letter: letter, aliases: aliases, group: group, kind: .text(placeholder), unit: "", help: help,
            read: { $0[keyPath: path].map(OptionValue.text) ?? .absent },
            write: { if case .text(let value) = $1 { $0[keyPath: path] = value } })
    }

    /// A value that is written as a text: `parse` reads it, `text` writes it, `form` says in words what can be read.
    package static func parsed<Value: Sendable>(
        _ name: String, letter: Character? = nil, aliases: [String] = [], _ path: any WritableKeyPath<Options, Value?> & Sendable,
        _ placeholder: String, form: String, or absence: String, group: String, _ help: String,
        parse: @escaping @Sendable (String) -> Value?, text: @escaping @Sendable (Value) -> String
    ) -> Option {
        Option(
            name: name, letter: letter, aliases: aliases, group: group, kind: .text(placeholder, form: form), absence: absence, unit: "",
            help: help,
            parses: { parse($0) != nil },
            read: { $0[keyPath: path].map { .text(text($0)) } ?? .absent },
            write: {
                switch $1 {
                case .text(let text): $0[keyPath: path] = parse(text)
                case .absent: $0[keyPath: path] = nil
                default: break
                }
            })
    }

    /// The same option, with a value that is kept from messages.
    package var secret: Option {
        var option = self
        option.isSecret = true
        return option
    }

    /// The same option, of a struct that holds this one's options under `path`.
    package func of<Whole>(_ path: any WritableKeyPath<Whole, Options> & Sendable) -> Option<Whole> {
        kept(read: { [read] in read($0[keyPath: path]) }, write: { [write] in write(&$0[keyPath: path], $1) })
    }

    /// The same option with its value elsewhere.
    package func kept<Whole>(
        read: @escaping @Sendable (Whole) -> OptionValue, write: @escaping @Sendable (inout Whole, OptionValue) -> Void
    ) -> Option<Whole> {
        Option<Whole>(
            name: name, letter: letter, aliases: aliases, group: group, kind: kind, absence: absence, unit: unit, help: help,
            isSecret: isSecret, isSetting: isSetting, parses: parses, read: read, write: write)
    }
}

// MARK: - Reading values

/// Why a value was refused, as a sentence without a full stop that names the option and what it accepts.
package struct OptionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sentence.
    package var description: String

    /// An error from its sentence.
    package init(_ description: String) { self.description = description }
}

extension Option {
    /// Whether a name given by a person means this option: `_` counts as `-`, aliases count as names.
    package func isCalled(_ given: some StringProtocol) -> Bool {
        func isSame(_ name: String) -> Bool {
            name.utf8.elementsEqual(given.utf8) { $0 == $1 || $0 == UInt8(ascii: "-") && $1 == UInt8(ascii: "_") }
        }
        return isSame(name) || aliases.contains(where: isSame)
    }

    /// Reads a value as it is written on a command line.
    ///
    /// - Parameter shown: What messages call the option where it is not a flag.
    package func value(from text: String, called shown: String? = nil) throws(OptionError) -> OptionValue {
        let name = shown ?? "--" + name
        if let absence, text == absence { return .absent }
        switch kind {
        case .flag:
            switch text {
            case "on", "true", "yes", "1": return .flag(true)
            case "off", "false", "no", "0": return .flag(false)
            default: throw refusal(of: text, name)
            }
        case .integer(let range):
            guard let number = Int(text), range.contains(number) else { throw refusal(of: text, name) }
            return .integer(number)
        case .number(let range):
            guard let number = Double(text), range.contains(number) else { throw refusal(of: text, name) }
            return .number(number)
        case .bytes:
            guard let count = byteCount(written: text) else { throw refusal(of: text, name) }
            return .integer(count)
        case .choice(let words):
            let word = text.lowercased()
            guard words.contains(word) else { throw refusal(of: text, name, closest(to: word, in: words)) }
            return .text(word)
        case .text:
            guard !text.isEmpty, parses(text) else { throw refusal(of: text, name) }
            return .text(text)
        }
    }

    /// Reads a value as it stands in JSON. Numbers are numbers and flags are `true` or `false`; `null` is "not set".
    package func value(from json: JSON, called shown: String? = nil) throws(OptionError) -> OptionValue {
        switch (kind, json) {
        case (_, .null) where absence != nil: return .absent
        case (.flag, .bool(let value)): return .flag(value)
        case (.integer, .integer(let value)): return try self.value(from: String(value), called: shown)
        case (.number, .integer(let value)), (.bytes, .integer(let value)): return try self.value(from: String(value), called: shown)
        case (.number(let range), .number(let value)) where range.contains(value): return .number(value)
        case (.choice, .string(let word)), (.text, .string(let word)), (.bytes, .string(let word)):
            return try self.value(from: word, called: shown)
        case (_, .string(let word)) where word == absence: return .absent
        default: throw refusal(of: json.text, shown ?? "--" + name)
        }
    }

    private func refusal(of given: String, _ name: String, _ suggestion: String? = nil) -> OptionError {
        if isSecret, !given.isEmpty { return OptionError("\(name) wants \(accepted)") }
        let question = suggestion.map { " (did you mean \($0)?)" } ?? ""
        return OptionError("\(name) wants \(accepted), not \(given.isEmpty ? "an empty text" : given)\(question)")
    }

    /// What it accepts, in words: `a whole number from 2 to 256 colours, or auto`.
    package var accepted: String {
        let unit = unit.isEmpty ? "" : " \(unit)"
        let something =
            switch kind {
            case .flag: "on or off"
            case .integer(let range) where range.upperBound == Int.max: "a whole number of at least \(range.lowerBound)\(unit)"
            case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)\(unit)"
            case .number(let range): "a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))\(unit)"
            case .bytes: "a size such as 512MiB or 2GB"
            case .choice(let words): inWords(words)
            case .text(let placeholder, let form): form ?? placeholder
            }
        return absence.map { "\(something), or \($0)" } ?? something
    }

    /// The range, words or form in short, for a place where the placeholder has said what it is; nil when anything will do.
    package var choices: String? {
        let unit = unit.isEmpty ? "" : " \(unit)"
        let something: String? =
            switch kind {
            case .flag, .bytes: nil
            case .integer(let range) where range.upperBound == Int.max: unit.isEmpty ? nil : "in\(unit)"
            case .integer(let range): "\(range.lowerBound) to \(range.upperBound)\(unit)"
            case .number(let range): "\(plain(range.lowerBound)) to \(plain(range.upperBound))\(unit)"
            case .choice(let words): inWords(words)
            case .text(_, let form): form
            }
        return something.map { something in absence.map { "\(something), or \($0)" } ?? something }
    }

    /// A value as a person would write it.
    package func text(of value: OptionValue) -> String? {
        switch value {
        case .absent: absence
        case .flag(let on): on ? "on" : "off"
        case .integer(let number): if case .bytes = kind { written(byteCount: number) } else { String(number) }
        case .number(let number): plain(number)
        case .text(let text): text
        }
    }
}

/// A number without a fraction that says nothing: `4`, not `4.0`.
private func plain(_ number: Double) -> String {
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// `a, b or c`.
package func inWords(_ words: [String]) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
}

/// A name with `-` for `_`: `filter_speckle` and `filter-speckle` are one option.
package func kebabCase(_ name: some StringProtocol) -> String {
    String(name.map { $0 == "_" ? "-" : $0 })
}
