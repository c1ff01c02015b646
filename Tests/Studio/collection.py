"""Small collections, and drawings that are hard for slides, of the tests' own making."""
import io
import struct
import zipfile
import zlib

def png(width, height, pixel):
    """A picture whose pixels `pixel(x, y)` says as (red, green, blue) or (red, green, blue, alpha)."""
    channels = len(pixel(0, 0))
    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in pixel(x, y)) for y in range(height))

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


DRAWING = b"""<svg xmlns="http://www.w3.org/2000/svg" width="160" height="90">
<rect id="sky" width="160" height="90" fill="#bcd7ee"/>
<circle id="sun" cx="116" cy="34" r="16" fill="#f2b134"/>
<path id="hill" d="M0 70 60 34 110 66 160 44V90H0Z" fill="#43654b"/>
<text id="name" x="12" y="24" font-size="12" font-family="DejaVu Sans">Hill</text>
</svg>"""

# Noise has no form as shapes, and the rest is as drawn.
PARTLY = b"""<svg xmlns="http://www.w3.org/2000/svg" width="160" height="90">
<defs><filter id="noise"><feTurbulence baseFrequency=".2"/></filter></defs>
<rect id="paper" width="160" height="90" fill="#eee"/>
<rect id="cloud" x="20" y="20" width="60" height="40" filter="url(#noise)"/>
<circle id="dot" cx="120" cy="45" r="20" fill="#2450e0"/>
</svg>"""


def layers(size=64):
    """Files of a collection by their paths: three layers of three traits."""
    inks = {"Red": (214, 69, 65), "Green": (58, 150, 92), "Blue": (48, 96, 190)}

    def ring(ink, low, high):
        def pixel(x, y):
            distance = ((x - size / 2) ** 2 + (y - size / 2) ** 2) ** 0.5 / size
            return (*ink, 255 if low <= distance < high else 0)

        return png(size, size, pixel)

    files = {}
    for name, ink in inks.items():
        files[f"01 Ground/{name}#{ {'Red': 50, 'Green': 30, 'Blue': 20}[name] }.png"] = png(size, size, lambda x, y, ink=ink: ink)
        files[f"02 Ring/{name}#10.png"] = ring(ink, 0.3, 0.42)
        files[f"03 Dot/{name}#{ {'Red': 1, 'Green': 1, 'Blue': 8}[name] }.png"] = ring(ink, 0, 0.16)
    return files


def archive(files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as zip:
        for name, data in files.items():
            zip.writestr(name, data)
    return held.getvalue()
