import AtelierJSON

/// To whom a job belongs: a key by its name, or everybody who asks without one.
struct JobOwner: Hashable, Comparable, Sendable {
    /// Of the key; empty for callers without one, and no key is called that.
    let name: String

    init(key name: String) { self.name = name }

    /// Callers without a key, who are all one: an address says little of who sits behind it.
    static let nobody = JobOwner(key: "")

    static func < (a: JobOwner, b: JobOwner) -> Bool { a.name < b.name }
}

/// The name that an owner gave to a wish (`Idempotency-Key`); equal names of two owners are two.
struct WishName: Hashable, Comparable, Sendable {
    let owner: JobOwner
    let text: String

    static func < (a: WishName, b: WishName) -> Bool { (a.owner, a.text) < (b.owner, b.text) }

    /// As it stands in a job's record.
    var json: JSON { .object(["owner": .string(owner.name), "name": .string(text)]) }

    init(_ text: String, of owner: JobOwner) { (self.owner, self.text) = (owner, text) }

    /// Reads what `json` wrote, or the text alone of a record from before jobs had owners.
    init?(_ json: JSON) {
        if let text = json.string {
            self.init(text, of: .nobody)
        } else {
            guard let owner = json["owner"]?.string, let text = json["name"]?.string else { return nil }
            self.init(text, of: JobOwner(key: owner))
        }
    }
}

extension ConversionJob {
    /// Whether a caller may know of it.
    func isSeen(by caller: Caller) -> Bool { caller.hasAllJobs || owners.contains(caller.owner) }

    /// The job as a caller sees it: who has cancelled it sees it cancelled, though it goes on for its other owners.
    func seen(by caller: Caller) -> ConversionJob {
        guard !caller.hasAllJobs, !phase.isOver, let end = withdrawals[caller.owner] else { return self }
        var job = self
        for index in job.items.indices where !job.items[index].phase.isOver { job.items[index].phase = .cancelled }
        (job.phase, job.ended) = (.cancelled, end)
        job.note("end")
        return job
    }
}
