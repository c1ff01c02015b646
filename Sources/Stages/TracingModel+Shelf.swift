package import AtelierModels

extension TracingModel {
    /// The model in the program; its digest is in the key of what is made with it.
    package static let inProgram = ModelSource<TracingModel>(name: "tracing", digest: digest, expectedBytes: 512 << 10) {
        let model = try TracingModel(parsing: bytes)
        return (model: model, byteCount: model.byteCount)
    }

    /// Where models of stages are kept: one for the process.
    package static let shelf = ModelShelf(limit: 64 << 20)
}
