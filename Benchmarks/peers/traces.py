#!/usr/bin/env python3
"""Tracing beside the PyPI package vtracer, in turns on the same pictures, without a cache and on one thread; decoding counts on both sides.

  traces.py --atelier .build/release/atelier --images FOLDER [--turns 5] [--only 'logos/*']
  traces.py --atelier .build/release/atelier --drawings FOLDER [--turns 5] [--side 1600]     threads and memory on large pictures
  traces.py --atelier .build/release/atelier --megapixels 100                                memory and time of one very large picture

Run with a Python that has vtracer, resvg-py and Pillow. A figure is processor time inside the process, from the bytes of the file to the text
of the SVG: ours as `trace --timing` prints it, vtracer's around its call with the options that its command line has by default. A
figure of a picture is the median of the turns, a ratio vtracer's to ours, the summary their geometric mean. `--drawings` renders
every SVG of a folder with the longer side given and takes wall times with 1, 2 and 4 threads, and the peak memory for a pixel above that of a
picture of one pixel. Prints JSON.
"""
import argparse, fnmatch, io, json, math, os, re, statistics, subprocess, sys, tempfile, time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--atelier")
parser.add_argument("--images")
parser.add_argument("--drawings")
parser.add_argument("--megapixels", type=float)
parser.add_argument("--turns", type=int, default=5)
parser.add_argument("--side", type=int, default=1600)
parser.add_argument("--only", default="*")
parser.add_argument("--worker", help="a picture that vtracer traces in this process")
parser.add_argument("--render", nargs=2, help="a drawing that is rendered to a picture in this process")
arguments = parser.parse_args()


def vtracer_once(path):
    import vtracer

    data = Path(path).read_bytes()
    begin = time.process_time()
    vtracer.convert_raw_image_to_svg(
        data, img_format="png" if path.lower().endswith("png") else "jpg", colormode="color", hierarchical="stacked", mode="spline",
        filter_speckle=4, color_precision=6, layer_difference=16, corner_threshold=60, length_threshold=4.0, max_iterations=10,
        splice_threshold=45, path_precision=2)
    print(f"TRACE_MS={(time.process_time() - begin) * 1000}")


def run(*command):
    """Milliseconds by the clock, what the process printed, and its peak memory in bytes."""
    with tempfile.TemporaryFile() as log:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = (time.perf_counter() - begin) * 1000
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        text = log.read().decode()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {text}")
    return wall, text, usage.ru_maxrss * 1024


def atelier(path, out, threads):
    return run(arguments.atelier, "trace", str(path), "-o", str(out), "-f", "--cache", "off", "--threads", str(threads), "--timing",
               "--max-pixels", "1000000000")


def timing(text):
    return float(re.search(r"TRACE_MS=([\d.]+)", text).group(1))


def spread(values):
    values = sorted(values)
    return {"files": len(values), "geometric_mean": round(math.exp(statistics.fmean(map(math.log, values))), 2),
            "least": round(values[0], 2), "median": round(statistics.median(values), 2), "most": round(values[-1], 2)}


def compare(folder):
    root = Path(arguments.images)
    manifest = root / "manifest.json"
    variants = {m["file"]: m["variant"] for m in json.loads(manifest.read_text())["images"]} if manifest.exists() else {}
    files = [p for p in sorted(root.rglob("*")) if p.suffix in (".png", ".jpg", ".jpeg") and fnmatch.fnmatch(str(p.relative_to(root)), arguments.only)]
    times = {}
    for _ in range(arguments.turns):
        for file in files:
            ours = timing(atelier(file, folder / "o.svg", 1)[1])
            theirs = timing(run(sys.executable, __file__, "--worker", str(file))[1])
            times.setdefault(file, ([], []))
            times[file][0].append(ours)
            times[file][1].append(theirs)
    rows, groups = [], {}
    for file, (ours, theirs) in times.items():
        name = str(file.relative_to(root))
        ours, theirs = statistics.median(ours), statistics.median(theirs)
        rows.append({"file": name, "variant": variants.get(name, ""), "atelier_ms": round(ours, 2), "vtracer_ms": round(theirs, 2), "ratio": round(theirs / ours, 2)})
        category = name.split("/")[0]
        clean = variants.get(name) in ("flat", "alpha", "bilevel", "soft")
        for group in (category, "all", "photographs and noise" if category == "photos" or not clean else "clean graphics"):
            groups.setdefault(group, []).append(theirs / ours)
    return {"files": rows, "turns": arguments.turns, "ratios": {name: spread(values) for name, values in sorted(groups.items())}}


def pixel(folder):
    from PIL import Image

    Image.new("RGB", (1, 1)).save(folder / "one.png")
    return atelier(folder / "one.png", folder / "one.svg", 1)[2]


def render(svg, out):
    """In a process of its own: the peak memory of a child counts from what its parent held."""
    import resvg_py
    from PIL import Image

    picture = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=Path(svg).read_text(), width=arguments.side, skip_system_fonts=True))))
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture.convert("RGBA"))
    paper.convert("RGB").save(out, compress_level=1)
    print(picture.width * picture.height)


def scaling(folder):
    base, rows, speedups = pixel(folder), [], {2: [], 4: []}
    for svg in sorted(Path(arguments.drawings).rglob("*.svg")):
        pixels = int(run(sys.executable, __file__, "--side", str(arguments.side), "--render", str(svg), str(folder / "p.png"))[1])
        if pixels < 1e6:
            continue
        walls, texts, peak = {1: [], 2: [], 4: []}, set(), 0
        for _ in range(arguments.turns):
            for threads in walls:
                wall, _, memory = atelier(folder / "p.png", folder / "p.svg", threads)
                walls[threads].append(wall)
                texts.add((folder / "p.svg").read_bytes())
                if threads == 1:
                    peak = max(peak, memory)
        ms = {threads: statistics.median(values) for threads, values in walls.items()}
        for threads in speedups:
            speedups[threads].append(ms[1] / ms[threads])
        rows.append({"file": svg.name, "megapixels": round(pixels / 1e6, 2), "ms": {str(k): round(v, 1) for k, v in ms.items()},
                     "speedup": {str(k): round(ms[1] / ms[k], 2) for k in speedups}, "bytes_per_pixel": round((peak - base) / pixels, 1),
                     "same_bytes": len(texts) == 1})
    return {"files": rows, "turns": arguments.turns, "speedup": {str(k): spread(v) for k, v in speedups.items() if v},
            "bytes_per_pixel": spread([row["bytes_per_pixel"] for row in rows])}


def large(folder):
    from PIL import Image, ImageDraw

    side = round((arguments.megapixels * 1e6) ** 0.5)
    picture = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(picture)
    step = side // 40
    for y in range(40):
        for x in range(40):
            box = (x * step + step // 8, y * step + step // 8, (x + 1) * step - step // 8, (y + 1) * step - step // 8)
            color = (37 * x % 256, 59 * y % 256, (x + y) * 3 % 256)
            (draw.ellipse if (x + y) % 2 else draw.rectangle)(box, fill=color)
    picture.save(folder / "large.png", compress_level=1)
    pixels, base = side * side, pixel(folder)
    wall, text, peak = atelier(folder / "large.png", folder / "large.svg", os.cpu_count())
    return {"megapixels": round(pixels / 1e6, 1), "ms": round(wall), "processor_ms": round(timing(text)), "peak_mb": round(peak / 1e6),
            "bytes_per_pixel": round((peak - base) / pixels, 1), "svg_bytes": (folder / "large.svg").stat().st_size}


if arguments.worker:
    vtracer_once(arguments.worker)
elif arguments.render:
    render(*arguments.render)
else:
    with tempfile.TemporaryDirectory() as name:
        work = large if arguments.megapixels else scaling if arguments.drawings else compare
        print(json.dumps(work(Path(name)), indent=1))
