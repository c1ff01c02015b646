extension Engine {
    /// What each level has of an artifact, nearest first: the header of its value, or nil where it would have to be
    /// looked for elsewhere. An alias counts with what it leads to in the same level.
    ///
    /// Never runs a stage and fills no level. Blocks while levels on disk or in the network are asked.
    public func presence<Value: Storable>(of artifact: Artifact<Value>) -> [EntryHeader?] {
        let node = artifact.node
        return levels.map { level in
            guard node.retention.levels.contains(level) else { return nil }
            var digest = node.digest
            for _ in 0...Flights<Wanted, Made>.longestPlanChain {
                guard let header = level.peek(digest), flaw(of: settled(header, of: level), node) == nil else { return nil }
                // Only a plan's digest leads elsewhere; an alias weighs nothing, and no value does.
                guard node.isPlan, header.byteCount == 0 else { return header }
                switch level.get(digest) {
                case .hit(let entry):
                    guard case .alias(let target) = entry.payload else { return header }
                    digest = target
                case .miss: return nil
                }
            }
            return nil
        }
    }
}
