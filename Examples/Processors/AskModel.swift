import Atelier

/// Asks a model and prints its answer as it comes; without a server a scripted one answers.
func askModel(_ arguments: [String]) async throws {
    let question = Content(arguments[0])
    if arguments.count == 3 {
        try await printAnswer(of: ChatModel(arguments[2], at: arguments[1], key: keyFromEnvironment()), to: question)
    } else {
        try await printAnswer(of: ScriptedModel([.says("That depends, ", "as so often.")]), to: question)
    }
}

private func printAnswer(of model: some LanguageModel, to question: Content) async throws {
    for try await part in model(question) {
        // How it ended and what it took comes beside the answer.
        print(try part.text, terminator: part.substream == "status" ? "\n" : "")
    }
    print()
}

/// The key is read from the environment when a request is sent, and is in no value and no message.
private func keyFromEnvironment() -> ModelKey? { ModelKey(environment: "MODEL_KEY").isSet ? ModelKey(environment: "MODEL_KEY") : nil }
