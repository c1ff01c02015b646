#!/usr/bin/env python3
"""SVG to PowerPoint beside the PyPI package svg2pptx and LibreOffice, in turns on the same files, without a cache.

  slides.py --atelier .build/release/atelier --svg FOLDER [--turns 5] [--limit 60] [--modes warm,process] [--soffice soffice]
  slides.py --atelier .build/release/atelier --growth          time and memory of 25,000 to 200,000 paths

Run with a Python that has `svg2pptx` (pip install svg2pptx==1.0.3). Warm: every turn converts all files in one process of each
program; ours is `pptx --batch` on one thread, svg2pptx is imported and called, LibreOffice converts all files in one call (to odg, its way to
shapes; its time is shared out evenly). Process: one process for each file. A figure of a file is the least of the turns, as other
work on the machine only ever adds, a ratio the peer's figure to ours, the summary their geometric mean. Every run writes new files: ext4
takes 0.3 ms to replace one by a rename, and as much to find an inode among many that were deleted within seconds. Prints JSON.
"""
import argparse, json, math, os, random, resource, statistics, subprocess, sys, tempfile, time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--atelier", required=True)
parser.add_argument("--svg")
parser.add_argument("--turns", type=int, default=5)
parser.add_argument("--limit", type=int, default=0)
parser.add_argument("--modes", default="warm,process")
parser.add_argument("--soffice", default="")
parser.add_argument("--growth", action="store_true")
parser.add_argument("--worker", help="a list as of --batch, converted by svg2pptx in this process")
arguments = parser.parse_args()


def milliseconds(work):
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def svg2pptx_batch(listing):
    from svg2pptx import svg_to_pptx

    for line in Path(listing).read_text().splitlines():
        svg, out = line.split("\t")
        try:
            print("MS", svg, milliseconds(lambda: svg_to_pptx(svg, out)), sep="\t")
        except Exception:  # a file it cannot convert has no time
            pass


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=900)


def times(output):
    return {line.split("\t")[1]: float(line.split("\t")[2]) for line in output.splitlines() if line.startswith("MS\t")}


def compare():
    files = sorted(str(p) for p in Path(arguments.svg).rglob("*.svg"))
    if arguments.limit:
        files = files[:: max(1, len(files) // arguments.limit)][: arguments.limit]
    modes = arguments.modes.split(",")
    found = {(mode, who): {} for mode in modes for who in ("atelier", "svg2pptx", "libreoffice")}

    def note(mode, who, measured):
        for file, value in measured.items():
            found[mode, who].setdefault(file, []).append(value)

    with tempfile.TemporaryDirectory() as folder:
        runs = 0

        def fresh():
            """Where each drawing's deck goes, and a list of both: a new folder."""
            nonlocal runs
            runs += 1
            Path(folder, str(runs)).mkdir()
            out = {file: f"{folder}/{runs}/{index}.pptx" for index, file in enumerate(files)}
            listing = Path(folder, str(runs), "list.tsv")
            listing.write_text("".join(f"{file}\t{out[file]}\n" for file in files))
            return out, listing

        for _ in range(arguments.turns):
            if "warm" in modes:
                listing = fresh()[1]
                note("warm", "atelier", times(run(arguments.atelier, "pptx", "--batch", listing, "--cache", "off", "-q", "-j", "1").stdout))
                worker = run(sys.executable, __file__, "--atelier", "-", "--worker", fresh()[1])
                if worker.returncode:
                    sys.exit(f"svg2pptx: {worker.stderr}")
                note("warm", "svg2pptx", times(worker.stdout))
                if arguments.soffice:
                    profile = f"-env:UserInstallation=file://{folder}/profile"
                    whole = milliseconds(
                        lambda: run(arguments.soffice, profile, "--headless", "--convert-to", "odg", "--outdir", folder, *files))
                    note("warm", "libreoffice", {file: whole / len(files) for file in files})
            if "process" in modes:
                ours, theirs = fresh()[0], fresh()[0]
                for file in files:
                    note("process", "atelier", {file: milliseconds(
                        lambda: run(arguments.atelier, "pptx", file, "-o", ours[file], "-q", "--cache", "off"))})
                    note("process", "svg2pptx", {file: milliseconds(
                        lambda: run(str(Path(sys.executable).parent / "svg2pptx"), file, theirs[file]))})
    rows, ratios = [], {}
    for file in files:
        row = {"file": os.path.relpath(file, arguments.svg)}
        for (mode, who), measured in found.items():
            if file in measured:
                row[f"{mode}_{who}_ms"] = round(min(measured[file]), 3)
            if who != "atelier" and file in measured and file in found[mode, "atelier"]:
                ratio = min(measured[file]) / min(found[mode, "atelier"][file])
                row[f"{mode}_{who}_ratio"] = round(ratio, 1)
                ratios.setdefault(f"{mode}_{who}", []).append(ratio)
        rows.append(row)

    def spread(values):
        values = sorted(values)
        return {"files": len(values), "geometric_mean": round(math.exp(statistics.fmean(map(math.log, values))), 1),
                "least": round(values[0], 1), "median": round(statistics.median(values), 1), "most": round(values[-1], 1)}

    ours = {mode: statistics.median(min(v) for v in found[mode, "atelier"].values()) for mode in modes}
    return {"files": rows, "turns": arguments.turns, "load": os.getloadavg()[0], "median_ms": {mode: round(value, 3) for mode, value in ours.items()},
            "ratios": {name: spread(values) for name, values in ratios.items()}}


def growth():
    random.seed(5)
    rows = []
    for count in (25_000, 50_000, 100_000, 200_000):
        parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2000 2000">']
        for index in range(count):
            if index % 100 == 0:
                parts.append("</g><g>" if index else "<g>")
            x, y, dx, dy = random.randrange(2000), random.randrange(2000), random.randrange(1, 9), random.randrange(1, 9)
            parts.append(f'<path d="M{x} {y}l{dx} {dy} {-dy} {dx}z" fill="#{random.randrange(1 << 24):06x}"/>')
        parts.append("</g></svg>")
        with tempfile.TemporaryDirectory() as folder:
            svg = Path(folder, "paths.svg")
            svg.write_text("\n".join(parts))
            taken = []
            for _ in range(arguments.turns):
                taken.append(milliseconds(
                    lambda: run(arguments.atelier, "pptx", str(svg), "-o", f"{folder}/o.pptx", "-f", "-q", "--cache", "off")))
            rows.append({"paths": count, "svg_bytes": svg.stat().st_size, "ms": round(statistics.median(taken)), "least_ms": round(min(taken)),
                         "us_per_path": round(statistics.median(taken) * 1000 / count, 2),
                         "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024})
    return {"growth": rows, "turns": arguments.turns}


if arguments.worker:
    svg2pptx_batch(arguments.worker)
else:
    print(json.dumps(growth() if arguments.growth else compare(), indent=1))
