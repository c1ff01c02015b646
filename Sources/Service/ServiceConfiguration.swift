package import AtelierServing
package import AtelierStages
package import AtelierTelemetry

/// What a service is told before it listens.
package struct ServiceConfiguration: Sendable {
    /// Where it listens.
    package var server: HTTPServer.Configuration
    /// Folder of uploads and jobs.
    package var folder: String
    /// The program's version, which clients see.
    package var version: String
    /// Folder that the studio's files are read from at every request, instead of those in the program.
    package var studioFolder: String?
    /// Most bytes of one body, and of all that are kept.
    package var bodyLimit = 256 << 20, storeLimit = 8 << 30
    /// Conversions that run and that wait at a time.
    package var slots: Int, queue = 1000
    /// Bytes that running conversions may hold.
    package var byteBudget = 2 << 30
    /// Seconds of work that a conversion is waited for within its request; what is expected to take longer becomes a job.
    package var syncLimit = 20.0
    /// Whom it hears.
    package var access = AccessRules()
    /// Where it listens for `/metrics`, when that is not with everything else.
    package var metrics: HTTPServer.Configuration?
    /// Told of what happens; nil for nobody.
    package var log: ServiceLog?
    /// Seconds that a request may wait for its turn, and that a conversion may work.
    package var waitLimit = 60.0, workLimit = 600.0
    /// Writes a profile in a form; nil for a service that records none.
    package var profile: (@Sendable (Timeline, ProfileForm) -> [UInt8])?
    /// What every conversion starts from; clients do not change its limits.
    package var conversion = ConversionOptions()
    /// Who may be told that a job has ended.
    package var webhooks = WebhookRules()
    /// Is told a sentence that an operator wants to know.
    package var tell: @Sendable (String) -> Void = { _ in }

    /// - Parameters:
    ///   - folder: Made where it is missing.
    ///   - slots: Usually as many as the engine has workers.
    package init(server: HTTPServer.Configuration, folder: String, version: String, slots: Int) {
        self.server = server
        self.folder = folder
        self.version = version
        self.slots = slots
    }
}
