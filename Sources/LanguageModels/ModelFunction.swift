public import AtelierJSON
import AtelierProcessors

/// A Swift function that a model may ask for.
///
///     let weather = try ModelFunction(
///         "weather", "The weather of a city.", parameters: ["type": "object", "properties": ["city": ["type": "string"]], "required": ["city"]]
///     ) { arguments in .string("sunny") }
public struct ModelFunction: Sendable {
    /// Letters, digits, `_` and `-`, at most 64.
    public let name: String
    /// What it does, for the model.
    public let summary: String
    /// What arguments have to be; a JSON object.
    public let parameters: JSONSchema
    private let body: @Sendable (JSON) async throws -> JSON

    /// A function from its parts.
    ///
    /// - Parameters:
    ///   - parameters: A JSON Schema of an object.
    ///   - body: Called with arguments that fit the schema. What it throws is told to the model, but for cancellation.
    /// - Throws: `JSONSchema.Unusable`.
    public init(
        _ name: String, _ summary: String, parameters: JSON, _ body: @escaping @Sendable (JSON) async throws -> JSON
    ) throws(JSONSchema.Unusable) {
        precondition(
            (1...64).contains(name.utf8.count)
                && name.utf8.allSatisfy {
                    $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10
                },
            "a function's name has letters, digits, _ and -, at most 64")
        self.name = name
        self.summary = summary
        self.parameters = try JSONSchema(parameters)
        self.body = body
    }

    /// Calls it, if the arguments fit.
    ///
    /// - Returns: What it gave, or what is wrong, for the model.
    func answer(_ call: FunctionCall) async throws -> Part {
        if let problem = parameters.problem(with: call.arguments) {
            return .functionResponse(name, .string("the arguments do not fit: \(problem)"), callID: call.id, isError: true, role: "user")
        }
        do {
            return .functionResponse(name, try await body(call.arguments), callID: call.id, role: "user")
        } catch let error as CancellationError {
            throw error
        } catch {
            return .functionResponse(name, .string("\(error)"), callID: call.id, isError: true, role: "user")
        }
    }
}
