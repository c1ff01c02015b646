#!/usr/bin/env python3
"""Our picture decoding beside Pillow's (libpng, libjpeg-turbo), in turns, on one core.

  codecs.py --bench .build/release/atelier-bench [--turns 7] [--width 2000] [--height 1500]

Needs `pip install pillow numpy`. The pictures are made here: soft gradients with a little noise (a photo's cost) and flat
shapes with hard edges (a drawing's). Each turn decodes every picture with both; a figure is the median over the turns, the
ratio is Pillow's time to ours in the same turn. Pillow decodes to its own layout (`load`), and to RGBA as we do
(`convert`). Prints JSON.
"""
import argparse, io, json, statistics, subprocess, tempfile, time
from pathlib import Path

import numpy
from PIL import Image, ImageDraw

parser = argparse.ArgumentParser()
parser.add_argument("--bench", required=True)
parser.add_argument("--turns", type=int, default=7)
parser.add_argument("--width", type=int, default=2000)
parser.add_argument("--height", type=int, default=1500)
arguments = parser.parse_args()
width, height = arguments.width, arguments.height


def photo():
    random = numpy.random.default_rng(1)
    y, x = numpy.mgrid[0:height, 0:width]
    smooth = numpy.stack([x * 255 / width, y * 255 / height, 128 + 100 * numpy.sin(x / 90) * numpy.cos(y / 70)], -1)
    return Image.fromarray((smooth + random.normal(0, 4, smooth.shape)).clip(0, 255).astype("uint8"))


def drawing():
    random = numpy.random.default_rng(2)
    image = Image.new("RGBA", (width, height), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    for _ in range(200):
        x, y, size = (int(v) for v in random.integers(0, [width, height, width // 6]))
        draw.ellipse((x, y, x + size, y + size), fill=tuple(int(v) for v in random.integers(0, 256, 3)) + (255,))
    return image


def pillow_ms(data, convert):
    start = time.perf_counter()
    image = Image.open(io.BytesIO(data))
    image.convert("RGBA") if convert else image.load()
    return (time.perf_counter() - start) * 1000


with tempfile.TemporaryDirectory() as folder:
    photo, drawing, folder = photo(), drawing(), Path(folder)
    photo.save(folder / "photo.jpg", quality=90, subsampling=2)
    photo.save(folder / "photo-progressive.jpg", quality=90, subsampling=2, progressive=True)
    photo.save(folder / "photo.png")
    drawing.save(folder / "drawing.png")
    drawing.quantize(64).save(folder / "drawing-palette.png")
    drawing.convert("1").save(folder / "drawing-bilevel.png")
    paths = sorted(folder.iterdir())
    turns = {path.name: [] for path in paths}
    for _ in range(arguments.turns):
        output = subprocess.run([arguments.bench, "codecs", *paths, "--rounds", "3"], check=True, stdout=subprocess.PIPE).stdout
        for path, row in zip(paths, json.loads(output)["rows"]):
            data = path.read_bytes()
            turns[path.name].append((row["ms"], min(pillow_ms(data, False) for _ in range(3)), min(pillow_ms(data, True) for _ in range(3))))

megapixels = width * height / 1e6
rows = []
for name, times in turns.items():
    row = {"picture": name}
    for index, program in enumerate(["ours", "pillow_load", "pillow_rgba"]):
        row[f"{program}_ms_per_megapixel"] = round(statistics.median(t[index] for t in times) / megapixels, 2)
        if index:
            ratios = sorted(t[index] / t[0] for t in times)
            row[f"{program}_to_ours"] = {"median": round(statistics.median(ratios), 2), "from": round(ratios[0], 2), "to": round(ratios[-1], 2)}
    rows.append(row)
print(json.dumps({"bench": "codecs", "megapixels": megapixels, "turns": arguments.turns, "rows": rows}, indent=2))
