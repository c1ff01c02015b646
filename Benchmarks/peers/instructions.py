#!/usr/bin/env python3
"""Instructions of tracing for a megapixel, counted by callgrind: the regression number that does not depend on the machine's load.

  instructions.py --atelier .build/release/atelier [--only 'photo*'] [--allowed 3]     compare with trace-instructions.json; 1 if more
  instructions.py --atelier .build/release/atelier --record                            write that file anew

Nine pictures are made here, of integers and seeded random numbers, so that they are the same everywhere: an icon with transparency, a
flat drawing, gradients, the drawing after JPEG and under noise, thin lines, an enlarged icon, a texture without edges and one like a photograph.
Each is traced on one thread without a cache; the instructions of a picture of one pixel are taken off. Build with `--static-swift-stdlib`: otherwise binding
symbols counts as well. Needs valgrind and a Python with Pillow and numpy. Prints JSON: millions of instructions a megapixel,
and their quotient by the baseline.
"""
import argparse, concurrent.futures, fnmatch, hashlib, json, os, re, shutil, subprocess, sys, tempfile
from pathlib import Path

import numpy
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("--atelier", required=True)
parser.add_argument("--only", default="*")
parser.add_argument("--allowed", type=float, default=3, help="per cent by which a picture may exceed the baseline")
parser.add_argument("--record", action="store_true")
arguments = parser.parse_args()
BASELINE = Path(__file__).with_name("trace-instructions.json")


def coverage(side, inside):
    """Of every pixel the sixteenths that lie in a shape, 0 to 16; `inside` is asked on a grid of quarters."""
    y, x = numpy.mgrid[0 : 4 * side, 0 : 4 * side]
    return inside(x * 2 + 1, y * 2 + 1).reshape(side, 4, side, 4).sum(axis=(1, 3))


def disc(side, cx, cy, r):  # in eighths of a pixel
    return coverage(side, lambda x, y: (x - cx) ** 2 + (y - cy) ** 2 <= r * r)


def box(side, x0, y0, x1, y1):
    return coverage(side, lambda x, y: (x >= x0) & (x < x1) & (y >= y0) & (y < y1))


def bar(side, x0, y0, x1, y1, r):
    """A line with butt ends and half width r."""
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy

    def inside(x, y):
        along, across = (x - x0) * dx + (y - y0) * dy, (x - x0) * dy - (y - y0) * dx
        return (along >= 0) & (along <= length) & (across * across <= r * r * length)

    return coverage(side, inside)


def paint(picture, cover, color):
    part = cover[:, :, None].astype(numpy.int64)
    color = numpy.asarray(color, numpy.int64)
    color = color if color.ndim == 3 else color[None, None, :]
    picture[:] = (picture * (16 - part) + color * part + 8) // 16


def ground(side, color):
    return numpy.full((side, side, len(color)), color, numpy.int64)


def drawing(side):
    p, u = ground(side, (250, 246, 235)), side // 8
    paint(p, disc(side, 26 * u, 27 * u, 19 * u + 3), (30, 90, 170))
    paint(p, box(side, 30 * u + 2, 12 * u, 58 * u, 30 * u + 5), (210, 60, 40))
    paint(p, disc(side, 44 * u, 44 * u + 1, 12 * u), (250, 246, 235))
    paint(p, disc(side, 44 * u, 44 * u + 1, 9 * u), (240, 180, 30))
    paint(p, bar(side, 6 * u, 58 * u, 57 * u, 34 * u, 2 * u), (40, 40, 48))
    for k in range(5):
        paint(p, box(side, (6 + 6 * k) * u, 4 * u, (10 + 6 * k) * u, 7 * u + k), (20 + 40 * k, 140, 200 - 30 * k))
    return p


def icon(side):
    color, u = ground(side, (40, 120, 200)), side // 8
    alpha = disc(side, 32 * u, 32 * u, 28 * u)
    paint(color, disc(side, 32 * u, 32 * u, 20 * u), (250, 250, 250))
    paint(color, bar(side, 22 * u, 33 * u, 31 * u, 42 * u, 2 * u + 1), (220, 70, 50))
    paint(color, bar(side, 29 * u, 42 * u, 46 * u, 22 * u, 2 * u + 1), (220, 70, 50))
    return numpy.dstack([color, (alpha * 255 + 8) // 16])


def gradients(side):
    y, x = numpy.mgrid[0:side, 0:side]
    t = ((2 * x + y) * 256 // (3 * side))[:, :, None]
    p = (numpy.array([30, 60, 120]) * (256 - t) + numpy.array([220, 200, 160]) * t) // 256
    u = side // 8
    r = numpy.sqrt((x - 30 * side // 64.0) ** 2 + (y - 26 * side // 64.0) ** 2)
    s = numpy.minimum(256, (r * 256 / (side * 20 / 64)).astype(numpy.int64))[:, :, None]
    ball = (numpy.array([255, 240, 200]) * (256 - s) + numpy.array([180, 40, 30]) * s) // 256
    paint(p, disc(side, 34 * u, 30 * u, 18 * u), ball)
    sheet = (numpy.array([240, 240, 245]) * (256 - t) + numpy.array([90, 160, 110]) * t) // 256
    paint(p, box(side, 8 * u, 46 * u, 56 * u, 60 * u + 3), sheet)
    return p


def lines(side):
    p, u = ground(side, (255, 255, 255)), side // 8
    for k in range(9):
        paint(p, bar(side, 4 * u, (6 + 6 * k) * u, 60 * u, (3 + 7 * k) * u, 5 + k), (10, 10, 10))
    for k in range(6):
        ring = disc(side, (16 + 6 * k) * u, 30 * u, 12 * u) - disc(side, (16 + 6 * k) * u, 30 * u, 12 * u - 14)
        paint(p, ring, (10, 10, 10))
    return p


def clouds(random, side, cells, most, channels):
    """A grid of random values, interpolated."""
    grid = random.randint(0, most, (cells + 1, cells + 1, channels)).astype(numpy.int64)
    at = numpy.arange(side) * cells * 256 // side
    cell, t = at // 256, at % 256
    rows = grid[cell] * (256 - t)[:, None, None] + grid[cell + 1] * t[:, None, None]
    return (rows[:, cell] * (256 - t)[None, :, None] + rows[:, cell + 1] * t[None, :, None]) >> 16


def texture(side):
    random = numpy.random.RandomState(7)
    return numpy.minimum(255, sum(clouds(random, side, 3 << octave, 256 >> octave, 3) for octave in range(6)) * 5 // 8)


def photograph(side):
    """The texture with a grain of three pixels in luma, which makes the tracer take it for a photograph."""
    return texture(side) * 5 // 8 + clouds(numpy.random.RandomState(8), side, side // 3, 96, 1)


def pictures(folder):
    flat = drawing(384)
    noisy = numpy.clip(flat + numpy.random.RandomState(3).randint(-3, 4, (4,) + flat.shape).sum(axis=0), 0, 255)
    made = {"icon": icon(128), "drawing": flat, "gradients": gradients(384), "noise": noisy, "lines": lines(512), "texture": texture(384),
            "photograph": photograph(384)}
    images = {name: Image.fromarray(pixels.astype(numpy.uint8)) for name, pixels in made.items()}
    images["soft"] = images["icon"].resize((320, 320), Image.BILINEAR)
    images["one"] = Image.new("RGB", (1, 1))
    paths = {}
    for name, image in images.items():
        paths[name] = folder / f"{name}.png"
        image.save(paths[name], compress_level=1)
    paths["jpeg"] = folder / "jpeg.jpg"
    images["drawing"].save(paths["jpeg"], quality=80)
    return paths


def count(binary, path):
    environment = {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}", str(binary), "trace", str(path), "-o",
               str(path.with_suffix(".svg")), "-f", "--cache", "off", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        sys.exit(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return int(found.group(1))


def main():
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {"millions_a_megapixel": {}, "pixels": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        binary = folder / "atelier"
        shutil.copy(arguments.atelier, binary)
        # Valgrind reads all debugging information before it begins.
        subprocess.run(["strip", "-g", str(binary)], check=True)
        paths = {k: v for k, v in pictures(folder).items() if k == "one" or fnmatch.fnmatch(k, arguments.only)}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as executor:
            counts = dict(zip(paths, executor.map(lambda path: count(binary, path), paths.values())))
        counted, digests = {}, {}
        for k, path in sorted(paths.items()):
            image = Image.open(path).convert("RGBA")
            digests[k] = hashlib.sha256(image.tobytes()).hexdigest()[:16]
            if k != "one":
                counted[k] = round((counts[k] - counts["one"]) / (image.width * image.height), 1)
    if arguments.record:
        BASELINE.write_text(json.dumps({"millions_a_megapixel": counted, "pixels": digests}, indent=1) + "\n")
    known = baseline["millions_a_megapixel"]
    other = sorted(k for k in digests if baseline["pixels"].get(k, digests[k]) != digests[k])
    quotients = {k: round(v / known[k], 3) for k, v in counted.items() if k in known and k not in other}
    worse = sorted(k for k, q in quotients.items() if q > 1 + arguments.allowed / 100)
    print(json.dumps({"millions_a_megapixel": counted, "by_baseline": quotients, "worse": worse, "other_pictures": other,
                      "start_millions": round(counts["one"] / 1e6, 1)}, indent=1))
    return 1 if worse and not arguments.record else 0


if __name__ == "__main__":
    sys.exit(main())
