import Atelier

/// A model asks for a Swift function, gets its answer and goes on; here a script plays the model.
func callFunction(_ arguments: [String]) async throws {
    let weather = try ModelFunction(
        "weather", "The weather of a city.",
        parameters: ["type": "object", "properties": ["city": ["type": "string"]], "required": ["city"]]
    ) { arguments in
        ["sky": "clear", "asked": arguments]
    }

    let script = ScriptedModel([
        .calls(FunctionCall(name: "weather", arguments: ["town": .string(arguments[0])])),  // wrong: the model is told why
        .calls(FunctionCall(name: "weather", arguments: ["city": .string(arguments[0])])),
        .says("The sky is clear."),
    ])
    let model = FunctionCalling(script, functions: [weather], limits: .init(rounds: 3))
    for try await part in model(["How is the weather?"]) {
        if let call = part.functionCall { print("asks for \(call.name) with \(call.arguments.text)") }
        if let response = part.functionResponse { print("is told \(response.response?.text ?? "")") }
        if part.isText { print(try part.text) }
    }
}
