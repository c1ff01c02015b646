"""Makes the JPEG samples of this folder: 32 x 16 pixels, eight flat squares of 8 x 8.

Run in this folder with Pillow; arithmetic.jpg and arithmetic-progressive.jpg need libjpeg's `arith_code` (which Pillow
does not offer): `jpegtran -arithmetic baseline.jpg` and `jpegtran -arithmetic -progressive baseline.jpg`.
"""

from PIL import Image

COLORS = [(200, 30, 40), (30, 160, 60), (40, 60, 200), (230, 210, 40), (20, 20, 20), (240, 240, 240), (130, 60, 150), (40, 170, 180)]


def squares(mode, colors):
    image = Image.new(mode, (32, 16))
    for index, color in enumerate(colors):
        image.paste(color, (index % 4 * 8, index // 4 * 8, index % 4 * 8 + 8, index // 4 * 8 + 8))
    return image


rgb = squares("RGB", COLORS)
rgb.save("baseline.jpg", quality=95, subsampling=0)
rgb.save("subsampled.jpg", quality=95, subsampling=2)
rgb.save("progressive.jpg", quality=95, subsampling=0, progressive=True)
rgb.save("restarts.jpg", quality=95, subsampling=0, restart_marker_blocks=1)
rgb.save("rgb.jpg", quality=95, keep_rgb=True)
squares("L", [c[0] for c in COLORS]).save("grey.jpg", quality=95)
# Without black the inks are the complement; the writer inverts them as Adobe does.
squares("CMYK", [tuple(255 - v for v in c) + (0,) for c in COLORS]).save("cmyk.jpg", quality=95)
# Luma and chroma of the complement in the place of three inks, then the Adobe marker told so: its transform becomes 2 (YCCK).
ycc = [Image.new("RGB", (1, 1), tuple(255 - v for v in c)).convert("YCbCr").getpixel((0, 0)) for c in COLORS]
squares("CMYK", [tuple(255 - v for v in c) + (0,) for c in ycc]).save("ycck.jpg", quality=95)
data = bytearray(open("ycck.jpg", "rb").read())
data[data.index(b"Adobe") + 11] = 2
open("ycck.jpg", "wb").write(data)
