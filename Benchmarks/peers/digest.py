#!/usr/bin/env python3
"""Our BLAKE3 beside the `blake3` wheel and SHA-256 (OpenSSL), in turns.

  digest.py --bench .build/release/atelier-bench [--turns 7] [--sizes 200,1024,102400,1048576,16777216]

Needs `pip install blake3`. Each turn measures every program once on every size; the figure of a program is the median
over the turns of its median, the ratio that of the wheel's (or SHA-256's) time to ours in the same turn; `best` is the
shortest round of all, the figure to read on a machine that others use. Prints JSON.
The two Python peers include the call from Python, about 0.2 microseconds.
"""
import argparse, hashlib, json, statistics, subprocess, time

import blake3

parser = argparse.ArgumentParser()
parser.add_argument("--bench", required=True)
parser.add_argument("--turns", type=int, default=7)
parser.add_argument("--sizes", default="200,1024,16384,102400,1048576,16777216")
parser.add_argument("--threads", type=int, default=4)
arguments = parser.parse_args()
sizes = [int(size) for size in arguments.sizes.split(",")]


def times_of(operation, rounds=9, round_time=0.005):
    times = []
    for _ in range(rounds):
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < round_time:
            operation()
            count += 1
        times.append((time.perf_counter() - start) / count)
    return statistics.median(times) * 1e6, min(times) * 1e6


def turn():
    command = [arguments.bench, "digest", "--sizes", arguments.sizes, "--rounds", "9", "--threads", f"1,{arguments.threads}"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["rows"]
    result = {}
    for row in rows:
        data = bytes(i * 131 & 255 for i in range(256)) * (row["bytes"] // 256 + 1)
        data = data[: row["bytes"]]
        threads = row["threads"]
        result[row["bytes"], threads] = {
            "ours": (row["median_us"], row["min_us"]),
            "wheel": times_of(lambda: blake3.blake3(data, max_threads=threads).digest()),
            **({"sha256": times_of(lambda: hashlib.sha256(data).digest())} if threads == 1 else {}),
        }
    return result


turns = [turn() for _ in range(arguments.turns)]
rows = []
for key in turns[0]:
    row = {"bytes": key[0], "threads": key[1]}
    for peer in turns[0][key]:
        row[peer + "_us"] = round(statistics.median(t[key][peer][0] for t in turns), 3)
        row[peer + "_best_us"] = round(min(t[key][peer][1] for t in turns), 3)
        if peer != "ours":
            ratios = sorted(t[key][peer][0] / t[key]["ours"][0] for t in turns)
            row[peer + "_over_ours"] = {"median": round(statistics.median(ratios), 2), "min": round(ratios[0], 2), "max": round(ratios[-1], 2)}
    row["ours_gb_per_s"] = round(key[0] / row["ours_us"] / 1e3, 2)
    rows.append(row)
print(json.dumps({"bench": "digest beside peers", "turns": arguments.turns, "rows": rows}, indent=1))
