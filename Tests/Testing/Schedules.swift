/// Explores random schedules on four tasks, and lists what was wrong with at most three of each.
///
/// - Parameters:
///   - count: How many; their seeds are the numbers from 0.
///   - explore: Goes through one schedule; what it found wrong, or nil.
package func exploreSchedules(_ count: Int, _ explore: @escaping @Sendable (_ seed: UInt64) -> String?) async -> [String] {
    await withTaskGroup(of: [String].self) { group in
        for part in 0..<4 {
            group.addTask {
                var findings: [String] = []
                for seed in part * count / 4..<(part + 1) * count / 4 where findings.count < 3 {
                    if let finding = explore(UInt64(seed)) { findings.append("seed \(seed): \(finding)") }
                    if seed % 100 == 0 { await Task.yield() }  // other tests wait for these threads
                }
                return findings
            }
        }
        return await group.reduce(into: []) { $0 += $1 }
    }
}
