#!/usr/bin/env python3
"""How often `trace --target-ssim` gives what was asked for, where that can be had.

  target_ssim.py --atelier PATH [--targets 0.9,0.95,0.98,0.99] PICTURE_OR_FOLDER...

A target is reachable for a picture when tracing at the least price (`--lambda 1`) is at least as like. For each target: pictures, how many are
reachable, how many of those were met, the bytes under gzip as a share of those at the least price (median), and the clock's time as a multiple of one
tracing (median). The number of trials is bounded in the program (`PriceSearch.mostTrials`). Aim: met on at least 95 % of the reachable.
Prints one JSON line; ends with 1 when the aim is missed."""
import argparse, json, os, statistics, subprocess, sys

ap = argparse.ArgumentParser()
ap.add_argument("--atelier", required=True)
ap.add_argument("--targets", default="0.9,0.95,0.98,0.99")
ap.add_argument("--list", action="store_true", help="prints each miss")
ap.add_argument("inputs", nargs="+")
o = ap.parse_args()


def pictures(path):
    if os.path.isfile(path):
        return [path]
    return [os.path.join(d, f) for d, ds, fs in sorted(os.walk(path)) for f in sorted(fs) if f.lower().endswith((".png", ".jpg", ".jpeg", ".webp"))]


def traced(path, *flags):
    """Likeness, bytes under gzip and milliseconds; nothing where the picture is not traced."""
    r = subprocess.run(
        [o.atelier, "trace", path, "-o", "/dev/null", "--force", "--cache", "off", "--stats", "--json", *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in r.stdout.decode().splitlines():
        if line.startswith("{"):
            result = json.loads(line)["results"][0]
            if "statistics" in result:
                return result["statistics"]["ssim"], result["statistics"]["gzipBytes"], result["milliseconds"]


files = [f for i in o.inputs for f in pictures(i)]
limits = {f: traced(f, "--lambda", "1") for f in files}
usual = {f: traced(f) for f in files}
skipped = [f for f in files if not limits[f] or not usual[f]]
report, missed = {"pictures": len(files) - len(skipped), "skipped": len(skipped), "targets": []}, False
for target in map(float, o.targets.split(",")):
    reachable = [f for f in files if limits[f] and limits[f][0] >= target]
    met, shares, times = 0, [], []
    for f in reachable:
        found = traced(f, "--target-ssim", str(target))
        met += bool(found and found[0] >= target)
        if found and found[0] < target and o.list:
            print(f"{f}: {target} asked, {limits[f][0]} reachable, {found[0]} found", file=sys.stderr)
        if found:
            shares.append(found[1] / limits[f][1])
            times.append(found[2] / usual[f][2])
    missed |= met < 0.95 * len(reachable)
    report["targets"].append({
        "ssim": target, "reachable": len(reachable), "met": met,
        "bytes_of_least_price": round(statistics.median(shares), 3) if shares else None,
        "times_of_one": round(statistics.median(times), 2) if times else None,
    })
print(json.dumps(report))
sys.exit(missed)
