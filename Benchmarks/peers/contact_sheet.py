#!/usr/bin/env python3
"""Contact sheets: input, ours and vtracer's of the same pictures, magnified, for people to look at.

  contact_sheet.py --atelier .build/release/atelier --images FOLDER --out docs/pictures [--count 24] [--rows 8] [--zoom 4]

Run with a Python that has vtracer, resvg-py, numpy and Pillow. Pictures are taken evenly from every folder of FOLDER. Of each, the
window with the most edges is shown: the input enlarged without smoothing, the SVGs rendered at that scale. Writes tracing-1.jpg and so on
and prints what each row is, as a table in Markdown.
"""
import argparse, io, re, subprocess, sys, tempfile
from pathlib import Path

import numpy as np
import resvg_py
import vtracer
from PIL import Image, ImageDraw

parser = argparse.ArgumentParser()
parser.add_argument("--atelier", required=True)
parser.add_argument("--images", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("--count", type=int, default=24)
parser.add_argument("--rows", type=int, default=8)
parser.add_argument("--zoom", type=int, default=4)
parser.add_argument("--window", default="96x64", help="pixels of the input that a cell shows")
arguments = parser.parse_args()
wide, high = map(int, arguments.window.split("x"))
zoom = arguments.zoom


def chosen():
    root = Path(arguments.images)
    folders = {}
    for file in sorted(root.rglob("*")):
        if file.suffix in (".png", ".jpg", ".jpeg"):
            folders.setdefault(file.parent.name, []).append(file)
    each = -(-arguments.count // len(folders))
    picks = [files[i * len(files) // each] for files in folders.values() for i in range(min(each, len(files)))]
    return picks[: arguments.count]


def window(picture):
    """The upper left corner of the window with the most edges, on a coarse grid."""
    gray = np.asarray(picture.convert("L"), float)
    edges = np.zeros_like(gray)
    edges[:, 1:] += abs(np.diff(gray, axis=1)) > 16
    edges[1:] += abs(np.diff(gray, axis=0)) > 16
    sums = np.pad(edges.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    h, w = gray.shape
    best = (-1, 0, 0)
    for y in range(0, max(1, h - high + 1), 8):
        for x in range(0, max(1, w - wide + 1), 8):
            b, r = min(h, y + high), min(w, x + wide)
            best = max(best, (sums[b, r] - sums[y, r] - sums[b, x] + sums[y, x], -y, -x))
    return -best[2], -best[1]


def checkered(picture):
    """Over a light checkerboard, so that transparency shows."""
    paper = Image.new("RGBA", picture.size, "white")
    draw = ImageDraw.Draw(paper)
    for y in range(0, picture.height, 16):
        for x in range(y // 16 % 2 * 16, picture.width, 32):
            draw.rectangle((x, y, x + 15, y + 15), fill="#eee")
    paper.alpha_composite(picture.convert("RGBA"))
    return paper.convert("RGB")


def rendered(svg, picture):
    if "viewBox" not in svg[:400]:
        svg = re.sub(r"<svg\b", f'<svg viewBox="0 0 {picture.width} {picture.height}"', svg, count=1)
    png = resvg_py.svg_to_bytes(svg_string=svg, width=picture.width * zoom, height=picture.height * zoom, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(png)))


def row(file, folder):
    picture = Image.open(file).convert("RGBA")
    subprocess.run([arguments.atelier, "trace", str(file), "-o", f"{folder}/o.svg", "-f", "-q", "--cache", "off"], check=True)
    ours = Path(folder, "o.svg").read_text()
    theirs = vtracer.convert_raw_image_to_svg(file.read_bytes(), img_format="png" if file.suffix == ".png" else "jpg", colormode="color",
                                              filter_speckle=4, color_precision=6, layer_difference=16, corner_threshold=60,
                                              length_threshold=4.0, splice_threshold=45, path_precision=2)
    x, y = window(picture)
    box = (x * zoom, y * zoom, (x + wide) * zoom, (y + high) * zoom)
    cells = [picture.resize((picture.width * zoom, picture.height * zoom), Image.NEAREST), rendered(ours, picture), rendered(theirs, picture)]
    strip = Image.new("RGB", (3 * wide * zoom + 2 * zoom, high * zoom), "#888")
    for i, cell in enumerate(cells):
        strip.paste(checkered(cell.crop(box)), (i * (wide * zoom + zoom), 0))
    return strip, f"| {file.parent.name} | {file.stem} | {len(ours.encode())} | {len(theirs.encode())} |"


files = chosen()
print("| kind | picture | ours, bytes | vtracer, bytes |\n| --- | --- | --: | --: |")
with tempfile.TemporaryDirectory() as folder:
    for sheet in range(0, len(files), arguments.rows):
        strips = []
        for file in files[sheet : sheet + arguments.rows]:
            strip, line = row(file, folder)
            strips.append(strip)
            print(line)
        whole = Image.new("RGB", (strips[0].width, (strips[0].height + zoom) * len(strips) - zoom), "#888")
        for i, strip in enumerate(strips):
            whole.paste(strip, (0, i * (strip.height + zoom)))
        whole.save(Path(arguments.out, f"tracing-{sheet // arguments.rows + 1}.jpg"), quality=82, optimize=True)
