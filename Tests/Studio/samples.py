"""Small pictures of the tests' own making."""
import struct
import zlib
from pathlib import Path


def png(width, height, color_at):
    """An RGB PNG; color_at(x, y) gives three bytes."""
    rows = b"".join(b"\0" + b"".join(bytes(color_at(x, y)) for x in range(width)) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def badge(size=96, tint=0):
    """A disc in four quarters on white: five colours, corners and curves."""
    colors = [(20, 60, 160), (220, 40, 30), (40, 160, 70), (240, 200, tint)]
    middle, radius = size / 2, size * 0.4

    def color(x, y):
        dx, dy = x + 0.5 - middle, y + 0.5 - middle
        if dx * dx + dy * dy > radius * radius:
            return (255, 255, 255)
        return colors[(dx > 0) * 2 + (dy > 0)]

    return png(size, size, color)


DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="20" height="30" fill="#c33"/></svg>'


def file(folder, name="badge.png", data=None):
    """Writes a sample; its path as text."""
    path = Path(folder) / name
    path.write_bytes(data if data is not None else badge())
    return str(path)


def files(folder, count, size=24):
    """Several pictures that differ."""
    return [file(folder, f"picture-{n:02}.png", badge(size, tint=(n * 5) % 256)) for n in range(count)]
