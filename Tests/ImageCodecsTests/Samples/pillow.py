"""Says what Pillow makes of pictures: pillow.py FOLDER > pillow.txt

One line for each PNG and JPEG below FOLDER: path, width, height, and two sums over its RGBA pixels taken as little-endian
32-bit numbers p0, p1, …: all of them, and all of 1 p0, 2 p1, 3 p2, …, both modulo 2^64.
"""

import sys
from pathlib import Path

import numpy
from PIL import Image, ImageOps

folder = Path(sys.argv[1])
for path in sorted(p for p in folder.rglob("*") if p.suffix in {".png", ".jpg"}):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    pixels = numpy.asarray(image).reshape(-1, 4).copy().view("<u4").ravel().astype("u8")
    weighted = pixels * numpy.arange(1, len(pixels) + 1, dtype="u8")
    print(path.relative_to(folder), *image.size, pixels.sum(dtype="u8"), weighted.sum(dtype="u8"))
