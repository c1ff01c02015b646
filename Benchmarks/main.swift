// atelier-bench: measurements of the project's own parts, and the programs under test of the fault and cache
// harnesses. One file per subcommand; each prints JSON on stdout. Start with `Subcommand`.

let subcommands: [Subcommand] = [
    .cacheFaults, .cacheHits, .cacheSpeed, .dictionaryGain, .digest, .diskStore, .engine, .codecs, .hostile, .hostileSVG, .journal, .line,
    .load,
    .corpus, .models, .processors, .processorsSoak,
    .redis, .requestLog, .similarity, .spans, .stageOutputs, .successors,
]
Subcommand.main(CommandLine.arguments.dropFirst().map { $0 }, among: subcommands)
