#!/usr/bin/env python3
"""How many known shapes and gradients a tracer gives back as what they were: precision and recall by kind.

  trace_shapes.py --cmd 'atelier trace {img} -o {out} --force --cache off' [--count 300] [--seed 1] [--only png|jpeg]
                  [--jobs 4] [--keep FOLDER] [--json FILE] [--first N] [--flat] [--misses]
  trace_shapes.py --self-test

Needs `pip install pillow numpy scikit-image resvg_py`. A seeded generator draws circles, ellipses, rectangles, rounded
rectangles, lines and stroked shapes, linear and radial gradients, and outlines that only resemble them, on plain, transparent
and gradient grounds, 48 to 512 px; each drawing is traced from a PNG and from a JPEG (quality 85, 4:2:0).

An output element counts as right when a drawn element of its kind lies where it lies: within the larger of 0.5 px and 2 % in
every parameter (corner radii 1 px or 5 %). A drawn element must be found when three quarters of its outline show (with a
colour difference of 8 or more); of those that show less, finding them is not held against anyone. Neither is the edge of a
stroked shape drawn as a filled one, nor a level bar drawn as a rectangle. A gradient element is right when most of what shows of it
lies on drawn gradients of its kind; a drawn gradient is found when such elements cover 70 % of it and the mean CIEDE2000
there against the drawing is at most 1.5. Prints a table and JSON.
"""
import argparse, io, json, math, random, re, shlex, subprocess, sys, tempfile
import xml.etree.ElementTree as ET
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from scipy.ndimage import binary_erosion

KINDS = ["circle", "ellipse", "rect", "rounded rect", "stroke", "linear", "radial"]
SVG = "http://www.w3.org/2000/svg"


# ---------------------------------------------------------------- pictures

def render(svg, width, height):
    data = resvg_py.svg_to_bytes(svg_string=svg, width=width, height=height, skip_system_fonts=True)
    image = Image.open(io.BytesIO(bytes(data))).convert("RGBA")
    if image.size != (width, height):
        image = image.resize((width, height))
    return np.asarray(image)


def over(rgba, ground):
    alpha = rgba[..., 3:4] / 255.0
    return rgba[..., :3] / 255.0 * alpha + ground * (1 - alpha)


def lab_distance(a, b):
    """CIELAB distance of two RGBA pictures, the larger of that on white and on black."""
    return np.maximum(*(np.linalg.norm(rgb2lab(over(a, g)) - rgb2lab(over(b, g)), axis=-1) for g in (1.0, 0.0)))


# ---------------------------------------------------------------- generator

def hex_color(c):
    return "#%02x%02x%02x" % tuple(c)


def lab(c):
    return rgb2lab(np.array([[c]], dtype=float) / 255)[0, 0]


def make_color(rng, away, least=22):
    for _ in range(200):
        c = [rng.randrange(256) for _ in range(3)]
        if all(np.linalg.norm(lab(c) - lab(o)) >= least for o in away):
            return c
    return [rng.randrange(256) for _ in range(3)]


class Drawing:
    """Elements as dictionaries: kind, SVG text, geometry; `defs` holds the gradients."""

    def __init__(self, seed):
        rng = self.rng = random.Random(seed)
        size = lambda: int(round(48 * (512 / 48) ** rng.random()))
        self.width = size()
        self.height = max(48, min(512, int(self.width * rng.uniform(0.6, 1.6))))
        self.defs, self.elements, self.boxes, self.colors = [], [], [], []
        self.step = rng.choice([0.5, 1, 0.01, 0.01])
        kind = rng.random()
        if kind < 0.5:
            ground = make_color(rng, []) if rng.random() < 0.5 else [255, 255, 255]
            self.colors.append(ground)
            self.add_ground(hex_color(ground), None)
        elif kind < 0.75:
            self.colors.append([255, 255, 255])  # what a JPEG shows
        else:
            fill, paint = self.gradient((0, 0, self.width, self.height))
            self.add_ground(fill, paint)
        for _ in range(rng.randint(1, 6)):
            self.add_object()

    def add_ground(self, fill, paint):
        self.elements.append({
            "kind": "ground", "paint": paint, "box": (0, 0, self.width, self.height),
            "svg": f'<rect width="{self.width}" height="{self.height}" fill="{fill}"/>'})

    def gradient(self, box):
        rng = self.rng
        x0, y0, x1, y1 = box
        stops = [make_color(rng, self.colors, 18)]
        stops.append(make_color(rng, self.colors + stops[-1:], 28))
        if rng.random() < 0.25:
            stops.append(make_color(rng, stops[-1:] + self.colors, 24))
        self.colors += stops
        offsets = [0, 1] if len(stops) == 2 else [0, round(rng.uniform(0.3, 0.7), 2), 1]
        text = "".join(f'<stop offset="{o}" stop-color="{hex_color(c)}"/>' for o, c in zip(offsets, stops))
        name = f"g{len(self.defs)}"
        cx, cy, w, h = (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0
        if rng.random() < 0.55:
            a = rng.choice([0, math.pi / 2, rng.uniform(0, 2 * math.pi), rng.uniform(0, 2 * math.pi)])
            r = (abs(math.cos(a)) * w + abs(math.sin(a)) * h) / 2 * rng.uniform(0.8, 1.05)
            dx, dy = math.cos(a) * r, math.sin(a) * r
            self.defs.append(
                f'<linearGradient id="{name}" gradientUnits="userSpaceOnUse" x1="{cx - dx:.2f}" y1="{cy - dy:.2f}" '
                f'x2="{cx + dx:.2f}" y2="{cy + dy:.2f}">{text}</linearGradient>')
            return f"url(#{name})", "linear"
        gx, gy = cx + rng.uniform(-0.2, 0.2) * w, cy + rng.uniform(-0.2, 0.2) * h
        r = math.hypot(w, h) / 2 * rng.uniform(0.75, 1.1)
        self.defs.append(
            f'<radialGradient id="{name}" gradientUnits="userSpaceOnUse" cx="{gx:.2f}" cy="{gy:.2f}" r="{r:.2f}">{text}</radialGradient>')
        return f"url(#{name})", "radial"

    def round(self, v):
        return round(round(v / self.step) * self.step, 2)

    def place(self, w, h):
        """The upper left corner of a box with little over what is there already, mostly inside the picture."""
        rng = self.rng
        limit = 0.0 if rng.random() < 0.65 else 0.35
        for attempt in range(30):
            if attempt < 29 and rng.random() < 0.9:
                if w + 3 > self.width or h + 3 > self.height:
                    return None
                x, y = rng.uniform(1.5, self.width - w - 1.5), rng.uniform(1.5, self.height - h - 1.5)
            else:
                x, y = rng.uniform(-w / 3, self.width - w * 2 / 3), rng.uniform(-h / 3, self.height - h * 2 / 3)
            clash = 0.0
            for (a0, b0, a1, b1) in self.boxes:
                ox = max(0, min(x + w, a1 + 3) - max(x, a0 - 3))
                oy = max(0, min(y + h, b1 + 3) - max(y, b0 - 3))
                clash = max(clash, ox * oy / max(1.0, min(w * h, (a1 - a0) * (b1 - b0))))
            if clash <= limit:
                return x, y
        return None

    def add_object(self):
        rng = self.rng
        side = min(self.width, self.height)
        kind = rng.choice(["circle", "circle", "ellipse", "rect", "rect", "rounded rect", "rounded rect", "line", "line",
                           "ring", "frame", "curve", "decoy", "decoy"])
        big = lambda low, high: max(low, rng.uniform(0.12, high) * side)
        r_ = self.round
        e = {"kind": kind}
        stroke = None
        if kind in ("circle", "ring"):
            r = max(self.step, r_(big(5, 0.32)))
            width = r_(rng.uniform(0.12, 0.4) * r) if kind == "ring" else 0
            if kind == "ring":
                width = max(1.5, width)
            out = r + width / 2
            at = self.place(2 * out, 2 * out)
            if at is None:
                return
            cx, cy = r_(at[0] + out), r_(at[1] + out)
            e.update(cx=cx, cy=cy, r=r, box=(cx - out, cy - out, cx + out, cy + out))
            body, stroke = f'<circle cx="{cx}" cy="{cy}" r="{r}"', width
            if kind == "ring":
                e["centerline"] = [ellipse_points(cx, cy, r, r)]
                e["edges"] = [("circle", (cx, cy, r + d * width / 2)) for d in (-1, 1)]
        elif kind == "ellipse":
            rx, ry = r_(big(7, 0.32)), r_(big(5, 0.3))
            if max(rx, ry) < 1.25 * min(rx, ry):
                rx = r_(1.5 * ry)
            at = self.place(2 * rx, 2 * ry)
            if at is None:
                return
            cx, cy = r_(at[0] + rx), r_(at[1] + ry)
            e.update(cx=cx, cy=cy, rx=rx, ry=ry, box=(cx - rx, cy - ry, cx + rx, cy + ry))
            body = f'<ellipse cx="{cx}" cy="{cy}" rx="{rx}" ry="{ry}"'
        elif kind in ("rect", "rounded rect", "frame"):
            w, h = r_(big(8, 0.6)), r_(big(8, 0.6))
            radius = 0
            if kind == "rounded rect":
                w, h = max(w, 12), max(h, 12)
                radius = r_(max(3, rng.uniform(0.15, 0.42) * min(w, h)))
            width = max(1.5, r_(rng.uniform(0.06, 0.2) * min(w, h))) if kind == "frame" else 0
            at = self.place(w + width, h + width)
            if at is None:
                return
            x, y = r_(at[0] + width / 2), r_(at[1] + width / 2)
            half = width / 2
            e.update(x=x, y=y, w=w, h=h, rx=radius, box=(x - half, y - half, x + w + half, y + h + half))
            body, stroke = f'<rect x="{x}" y="{y}" width="{w}" height="{h}"' + (f' rx="{radius}"' if radius else ""), width
            if kind == "frame":
                e["centerline"] = [np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)], float)]
                e["edges"] = [("rect", (x - d * half, y - d * half, w + d * width, h + d * width, 0)) for d in (-1, 1)]
        elif kind == "line":
            length, a = big(18, 0.8), rng.choice([0, math.pi / 2, rng.uniform(0, math.pi), rng.uniform(0, math.pi)])
            width = r_(max(1.5, min(length / 4, rng.uniform(1.5, 0.06 * side + 2))))
            dx, dy = math.cos(a) * length, math.sin(a) * length
            at = self.place(abs(dx) + width, abs(dy) + width)
            if at is None:
                return
            x0, y0 = at[0] + width / 2 + max(0, -dx), at[1] + width / 2 + max(0, -dy)
            p = [r_(x0), r_(y0), r_(x0 + dx), r_(y0 + dy)]
            cap = rng.choice(["butt", "round"])
            e.update(cap=cap, centerline=[np.array([p[:2], p[2:]], float)],
                     box=(min(p[0], p[2]) - width / 2, min(p[1], p[3]) - width / 2,
                          max(p[0], p[2]) + width / 2, max(p[1], p[3]) + width / 2))
            body, stroke = f'<line x1="{p[0]}" y1="{p[1]}" x2="{p[2]}" y2="{p[3]}" stroke-linecap="{cap}"', width
        elif kind == "curve":
            w, h = big(24, 0.7), big(24, 0.6)
            width = r_(max(1.5, min(min(w, h) / 8, rng.uniform(1.5, 0.04 * side + 2))))
            at = self.place(w + width, h + width)
            if at is None:
                return
            ox, oy = at[0] + width / 2, at[1] + width / 2
            c = lambda u, v: f"{r_(ox + u * w)} {r_(oy + v * h)}"
            shape = rng.choice(["arc", "s", "zigzag"])
            if shape == "arc":
                d = f"M{c(0, 1)}C{c(0, -.25)} {c(1, -.25)} {c(1, 1)}"
            elif shape == "s":
                d = f"M{c(0, .5)}C{c(.3, -.6)} {c(.7, 1.6)} {c(1, .5)}"
            else:
                d = f"M{c(0, 1)}L{c(.33, 0)}L{c(.66, 1)}L{c(1, 0)}"
            cap = rng.choice(["butt", "round"])
            if shape == "zigzag":
                cap = "round"
            e.update(cap=cap, centerline=flatten(d), box=(ox - width / 2, oy - width / 2, ox + w + width / 2, oy + h + width / 2))
            body, stroke = f'<path d="{d}" stroke-linecap="{cap}" stroke-linejoin="round"', width
        else:
            w = big(20, 0.55)
            h = w * rng.uniform(0.8, 1.25)
            at = self.place(w, h)
            if at is None:
                return
            d = decoy(rng, at[0], at[1], w, h)
            e.update(box=(at[0], at[1], at[0] + w, at[1] + h))
            body = f'<path d="{d}"'
        if stroke:
            color = make_color(rng, self.colors)
            self.colors.append(color)
            e.update(width=stroke, kind="stroke")
            e["svg"] = body + f' fill="none" stroke="{hex_color(color)}" stroke-width="{stroke}"/>'
        elif rng.random() < 0.3 and min(e["box"][2] - e["box"][0], e["box"][3] - e["box"][1]) >= 16:
            fill, e["paint"] = self.gradient(e["box"])
            e["svg"] = body + f' fill="{fill}"/>'
        else:
            color = make_color(rng, self.colors)
            self.colors.append(color)
            e["svg"] = body + f' fill="{hex_color(color)}"/>'
        self.elements.append(e)
        self.boxes.append(e["box"])

    def svg(self, without=None, only=None, pad=0):
        parts = [e["svg"] for i, e in enumerate(self.elements) if i != without and (only is None or i == only)]
        return (f'<svg xmlns="{SVG}" width="{self.width + 2 * pad}" height="{self.height + 2 * pad}" '
                f'viewBox="{-pad} {-pad} {self.width + 2 * pad} {self.height + 2 * pad}">'
                f'<defs>{"".join(self.defs)}</defs>{"".join(parts)}</svg>')

    def truth(self):
        """The elements with how much of their outlines shows and where their fills do."""
        whole = render(self.svg(), self.width, self.height)
        pad = 96
        for i, e in enumerate(self.elements):
            bare = render(self.svg(without=i), self.width, self.height)
            differs = lab_distance(whole, bare) >= 8
            mask = render(self.svg(only=i, pad=pad), self.width + 2 * pad, self.height + 2 * pad)[..., 3] > 127
            edge = mask & ~binary_erosion(mask)
            inside = edge[pad:-pad, pad:-pad]
            e["shows"] = float((inside & differs).sum()) / max(1, int(edge.sum()))
            own = mask[pad:-pad, pad:-pad]
            # A later element hides where taking this one away changes nothing.
            hidden = np.zeros_like(own)
            for j in range(i + 1, len(self.elements)):
                hidden |= render(self.svg(only=j), self.width, self.height)[..., 3] > 0
            e["own"] = own & ~hidden
            e["area"] = binary_erosion(e["own"], iterations=2)
        return whole


def ellipse_points(cx, cy, rx, ry):
    t = np.linspace(0, 2 * np.pi, 181)
    return np.stack([cx + rx * np.cos(t), cy + ry * np.sin(t)], -1)


def decoy(rng, x, y, w, h):
    """Outlines near a primitive that are none."""
    cx, cy = x + w / 2, y + h / 2
    at = lambda u, v: f"{cx + u * w / 2:.2f} {cy + v * h / 2:.2f}"
    kind = rng.choice(["polygon", "star", "egg", "squircle", "gear", "blob", "trapezium", "drop"])
    if kind == "polygon":
        n = rng.choice([3, 5, 6, 8])
        return "M" + "L".join(at(math.sin(2 * math.pi * (k + 0.5) / n), math.cos(2 * math.pi * (k + 0.5) / n)) for k in range(n)) + "Z"
    if kind in ("star", "gear"):
        n, inner = (5, 0.45) if kind == "star" else (rng.choice([8, 12]), 0.82)
        points = []
        for k in range(n):
            for part, radius in ([(0, 1), (0.5, inner)] if kind == "star" else [(0, 1), (0.4, 1), (0.5, inner), (0.9, inner)]):
                a = 2 * math.pi * (k + part) / n
                points.append(at(radius * math.sin(a), -radius * math.cos(a)))
        return "M" + "L".join(points) + "Z"
    if kind == "egg":
        top = rng.uniform(0.25, 0.4)
        return (f"M{at(0, -1)}C{at(top, -1)} {at(1, -.1)} {at(1, .35)}C{at(1, .75)} {at(.55, 1)} {at(0, 1)}"
                f"C{at(-.55, 1)} {at(-1, .75)} {at(-1, .35)}C{at(-1, -.1)} {at(-top, -1)} {at(0, -1)}Z")
    if kind == "squircle":
        k = rng.uniform(0.78, 0.9)
        return (f"M{at(0, -1)}C{at(k, -1)} {at(1, -k)} {at(1, 0)}C{at(1, k)} {at(k, 1)} {at(0, 1)}"
                f"C{at(-k, 1)} {at(-1, k)} {at(-1, 0)}C{at(-1, -k)} {at(-k, -1)} {at(0, -1)}Z")
    if kind == "blob":
        n, points = 7, []
        for k in range(n):
            a, r = 2 * math.pi * k / n, rng.uniform(0.6, 1)
            points.append((r * math.cos(a), r * math.sin(a)))
        d = ""
        for k in range(n):
            p, q = points[k], points[(k + 1) % n]
            middle = ((p[0] + q[0]) / 2, (p[1] + q[1]) / 2)
            d += (f"M{at((points[-1][0] + p[0]) / 2, (points[-1][1] + p[1]) / 2)}" if k == 0 else "") + f"Q{at(*p)} {at(*middle)}"
        return d + "Z"
    if kind == "trapezium":
        inset = rng.uniform(0.2, 0.5)
        return f"M{at(-1 + inset, -1)}L{at(1 - inset, -1)}L{at(1, 1)}L{at(-1, 1)}Z"
    return f"M{at(0, -1)}C{at(.3, -.3)} {at(1, .1)} {at(1, .4)}C{at(1, .75)} {at(.5, 1)} {at(0, 1)}C{at(-.5, 1)} {at(-1, .75)} {at(-1, .4)}C{at(-1, .1)} {at(-.3, -.3)} {at(0, -1)}Z"


# ---------------------------------------------------------------- reading SVG

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def flatten(d, steps=16):
    """Subpaths of path data as arrays of points."""
    tokens = re.findall(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", d)
    # Flags of arcs may be glued to what follows them.
    paths, at, start, command, last = [], (0.0, 0.0), (0.0, 0.0), None, None
    queue = list(tokens)[::-1]

    def number():
        return float(queue.pop())

    def flag():
        t = queue.pop()
        if len(t) > 1:
            queue.append(t[1:])
        return int(t[0])

    def line(p):
        paths[-1].append(p)

    def curve(c1, c2, p):
        for k in range(1, steps + 1):
            t, v = k / steps, 1 - k / steps
            paths[-1].append(tuple(v**3 * a + 3 * v * v * t * b + 3 * v * t * t * c + t**3 * e for a, b, c, e in zip(at, c1, c2, p)))

    while queue:
        if queue[-1].isalpha():
            command = queue.pop()
        elif command in "Mm":
            command = "L" if command == "M" else "l"
        c, relative = command.upper(), command.islower()
        ox, oy = at if relative else (0, 0)
        if c == "Z":
            paths[-1].append(start)
            at, last = start, None
            if queue and not queue[-1].isalpha():
                break
            continue
        if c != "M" and (not paths or (last is None and paths[-1][-1] == start and len(paths[-1]) > 1 and at == start)):
            paths.append([at])
        control = None
        if c == "M":
            at = start = (ox + number(), oy + number())
            paths.append([at])
            last = "M"
            continue
        if c == "L":
            p = (ox + number(), oy + number())
            line(p)
        elif c == "H":
            p = (ox + number(), at[1])
            line(p)
        elif c == "V":
            p = (at[0], oy + number())
            line(p)
        elif c in "CS":
            if c == "C":
                c1 = (ox + number(), oy + number())
            else:
                c1 = (2 * at[0] - last[1][0], 2 * at[1] - last[1][1]) if isinstance(last, tuple) and last[0] == "C" else at
            c2, p = (ox + number(), oy + number()), (ox + number(), oy + number())
            curve(c1, c2, p)
            control = ("C", c2)
        elif c in "QT":
            if c == "Q":
                q = (ox + number(), oy + number())
            else:
                q = (2 * at[0] - last[1][0], 2 * at[1] - last[1][1]) if isinstance(last, tuple) and last[0] == "Q" else at
            p = (ox + number(), oy + number())
            curve(tuple(a + 2 / 3 * (b - a) for a, b in zip(at, q)), tuple(e + 2 / 3 * (b - e) for e, b in zip(p, q)), p)
            control = ("Q", q)
        elif c == "A":
            rx, ry, phi = number(), number(), math.radians(number())
            large, sweep = flag(), flag()
            p = (ox + number(), oy + number())
            for q in arc_points(at, abs(rx), abs(ry), phi, large, sweep, p, steps):
                line(q)
        else:
            break
        at, last = p, control or "L"
    return [np.array(p, float) for p in paths if len(p) > 1]


def arc_points(p0, rx, ry, phi, large, sweep, p1, steps):
    if rx == 0 or ry == 0 or p0 == p1:
        return [p1]
    c, s = math.cos(phi), math.sin(phi)
    dx, dy = (p0[0] - p1[0]) / 2, (p0[1] - p1[1]) / 2
    x, y = c * dx + s * dy, -s * dx + c * dy
    grow = x * x / rx**2 + y * y / ry**2
    if grow > 1:
        rx, ry = rx * math.sqrt(grow), ry * math.sqrt(grow)
    k = max(0, (rx * ry)**2 - (rx * y)**2 - (ry * x)**2) / ((rx * y)**2 + (ry * x)**2)
    k = math.sqrt(k) * (-1 if large == sweep else 1)
    u, v = k * rx * y / ry, -k * ry * x / rx
    cx, cy = c * u - s * v + (p0[0] + p1[0]) / 2, s * u + c * v + (p0[1] + p1[1]) / 2
    a0 = math.atan2((y - v) / ry, (x - u) / rx)
    a1 = math.atan2((-y - v) / ry, (-x - u) / rx)
    d = a1 - a0
    if sweep and d < 0:
        d += 2 * math.pi
    if not sweep and d > 0:
        d -= 2 * math.pi
    points = []
    for i in range(1, steps + 1):
        a = a0 + d * i / steps
        px, py = rx * math.cos(a), ry * math.sin(a)
        points.append((c * px - s * py + cx, s * px + c * py + cy))
    points[-1] = p1
    return points


def matrix(text):
    m = np.eye(3)
    for name, arguments in re.findall(r"(\w+)\s*\(([^)]*)\)", text or ""):
        v = [float(n) for n in NUMBER.findall(arguments)]
        t = np.eye(3)
        if name == "translate":
            t[:2, 2] = v[0], v[1] if len(v) > 1 else 0
        elif name == "scale":
            t[0, 0], t[1, 1] = v[0], v[-1]
        elif name == "matrix":
            t[:2] = np.array(v).reshape(3, 2).T
        elif name == "rotate":
            a = math.radians(v[0])
            t[:2, :2] = [[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]]
            if len(v) == 3:
                o, b = np.eye(3), np.eye(3)
                o[:2, 2], b[:2, 2] = v[1:], [-v[1], -v[2]]
                t = o @ t @ b
        m = m @ t
    return m


INHERITED = ["fill", "stroke", "stroke-width", "stroke-linecap", "fill-opacity", "opacity"]


def read_svg(text, width, height):
    """The painted elements in pixels of a picture of this size, and the same document with a colour of its own for each."""
    text = re.sub(r"<!DOCTYPE[^>]*>", "", text)
    root = ET.fromstring(text)
    box = [float(n) for n in NUMBER.findall(root.get("viewBox", ""))] or [
        0, 0, float(NUMBER.findall(root.get("width", str(width)))[0]), float(NUMBER.findall(root.get("height", str(height)))[0])]
    base = np.diag([width / box[2], height / box[3], 1.0])
    base[:2, 2] = -box[0] * base[0, 0], -box[1] * base[1, 1]
    gradients = {}
    for node in root.iter():
        name = node.tag.split("}")[-1]
        if name in ("linearGradient", "radialGradient"):
            gradients[node.get("id")] = name[:6]
    found = []

    def walk(node, m, style):
        for child in node:
            name = child.tag.split("}")[-1] if isinstance(child.tag, str) else ""
            own = dict(style)
            for part in (child.get("style") or "").split(";"):
                if ":" in part:
                    k, v = part.split(":", 1)
                    own[k.strip()] = v.strip()
            for k in INHERITED:
                if child.get(k) is not None:
                    own[k] = child.get(k)
            t = m @ matrix(child.get("transform"))
            if name in ("g", "svg", "a"):
                walk(child, t, own)
            elif name in ("path", "circle", "ellipse", "rect", "line", "polygon", "polyline"):
                found.append(element(child, name, t, own, gradients))
                number = len(found)
                color = hex_color([(number >> 10 & 31) << 3, (number >> 5 & 31) << 3, (number & 31) << 3])
                child.attrib.pop("style", None)
                for k in ("fill-opacity", "opacity", "stroke-opacity"):
                    child.set(k, "1")
                for k, absent in (("fill", "#000"), ("stroke", "none")):
                    child.set(k, "none" if own.get(k, absent) in ("none", "transparent") else color)
                child.set("shape-rendering", "crispEdges")
    walk(root, base, {})
    return found, ET.tostring(root, encoding="unicode")


def element(node, name, m, style, gradients):
    number = lambda k, absent=0.0: float(NUMBER.findall(node.get(k) or str(absent))[0])
    scale = math.sqrt(abs(np.linalg.det(m[:2, :2])))
    move = lambda p: (np.c_[np.asarray(p, float), np.ones(len(p))] @ m.T)[:, :2]
    result = {"name": name, "kind": None}
    fill, stroke = style.get("fill", "#000"), style.get("stroke", "none")
    reference = re.match(r"url\(#([^)]*)\)", fill)
    if reference:
        result["paint"] = gradients.get(reference.group(1))
    is_stroked = stroke not in ("none", "transparent")
    level = abs(m[0, 1]) < 1e-9 and abs(m[1, 0]) < 1e-9
    center = m @ [number("cx"), number("cy"), 1]
    lines, closed = [], True
    if name == "circle":
        result.update(kind="circle", at=(center[0], center[1], number("r") * scale))
        lines = [ellipse_points(center[0], center[1], number("r") * scale, number("r") * scale)]
    elif name == "ellipse" and level:
        rx, ry = number("rx") * abs(m[0, 0]), number("ry") * abs(m[1, 1])
        result.update(kind="ellipse", at=(center[0], center[1], rx, ry))
        lines = [ellipse_points(center[0], center[1], rx, ry)]
    elif name == "rect":
        x, y, w, h = number("x"), number("y"), number("width"), number("height")
        rx = number("rx", number("ry")) * scale
        corners = move([(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)])
        if level:
            result.update(kind="rounded rect" if rx > 0 else "rect",
                          at=(*corners[:4].min(0), *(corners[:4].max(0) - corners[:4].min(0)), rx))
        lines = [corners]
    elif name == "line":
        lines, closed = [move([(number("x1"), number("y1")), (number("x2"), number("y2"))])], False
    elif name == "path":
        closed = False
        if is_stroked:
            lines = [move(p) for p in flatten(node.get("d", ""))]
    else:
        points = np.array([float(n) for n in NUMBER.findall(node.get("points", ""))]).reshape(-1, 2)
        lines, closed = [move(points)] if len(points) > 1 else [], False
    if is_stroked:
        result.update(lines=lines, width=float(NUMBER.findall(style.get("stroke-width", "1"))[0]) * scale,
                      cap=None if closed else style.get("stroke-linecap", "butt"))
        if fill in ("none", "transparent") or name == "line":
            result["kind"] = "stroke"
    return result


# ---------------------------------------------------------------- matching

def near(a, b, size=None):
    return abs(a - b) <= max(0.5, 0.02 * (b if size is None else size))


def same_shape(kind, a, b):
    """Whether output parameters `a` agree with the drawn ones `b`."""
    if kind == "circle":
        return all(near(p, q, b[2]) for p, q in zip(a, b))
    if kind == "ellipse":
        return near(a[0], b[0], b[2]) and near(a[1], b[1], b[3]) and near(a[2], b[2]) and near(a[3], b[3])
    size = min(b[2], b[3])
    sides = all(near(p, q, size) for p, q in ((a[0], b[0]), (a[1], b[1]), (a[0] + a[2], b[0] + b[2]), (a[1] + a[3], b[1] + b[3])))
    return sides and abs(min(a[4], size / 2) - min(b[4], size / 2)) <= max(1, 0.05 * size)


def resample(lines, step=0.5):
    result = []
    for p in lines:
        lengths = np.r_[0, np.cumsum(np.linalg.norm(np.diff(p, axis=0), axis=1))]
        n = max(2, int(lengths[-1] / step) + 1)
        at = np.linspace(0, lengths[-1], n)
        result.append(np.stack([np.interp(at, lengths, p[:, 0]), np.interp(at, lengths, p[:, 1])], -1))
    return np.concatenate(result)


def same_line(a, b, width, limit):
    """Whether every point of either centre line lies near the other; ends may be off by a little more across the cap."""
    a, b = resample(a), resample(b)
    if len(a) * len(b) > 4_000_000:
        return False
    d = np.linalg.norm(a[:, None] - b[None], axis=-1)
    return max(d.min(1).max(), d.min(0).max()) <= limit


def parameters(e):
    if "cx" in e:
        return (e["cx"], e["cy"], e["r"]) if "r" in e else (e["cx"], e["cy"], e["rx"], e["ry"])
    return (e["x"], e["y"], e["w"], e["h"], e["rx"])


def bar(e):
    """A level or upright line as a rectangle."""
    lines = e.get("lines", e.get("centerline"))
    if lines is None or len(lines) != 1 or len(lines[0]) != 2:
        return None
    (x0, y0), (x1, y1) = lines[0]
    if min(abs(x0 - x1), abs(y0 - y1)) > 0.3:
        return None
    half = e["width"] / 2
    cap = half if e.get("cap") in ("round", "square") else 0
    across_x, across_y = (half, cap) if abs(x0 - x1) < abs(y0 - y1) else (cap, half)
    return (min(x0, x1) - across_x, min(y0, y1) - across_y, abs(x0 - x1) + 2 * across_x, abs(y0 - y1) + 2 * across_y,
            half if e.get("cap") == "round" else 0)


def stroke_matches(o, subpath, e):
    if not near(o["width"], e["width"]):
        return False
    size = max(e["box"][2] - e["box"][0], e["box"][3] - e["box"][1])
    limit = min(2.0, max(0.75, 0.02 * size))
    extra = 0
    if e.get("cap") and o.get("cap") and e["cap"] != o["cap"]:
        if e["width"] > 3:
            return False
        extra = e["width"] / 2
    return same_line([subpath], e["centerline"], e["width"], limit + extra)


def score(drawing, whole, text):
    """For every kind: drawn elements, those found, output elements, those right; and what went wrong."""
    result = {k: [0, 0, 0, 0] for k in KINDS}
    notes = []
    outputs, marked = read_svg(text, drawing.width, drawing.height)
    ids = render(marked, drawing.width, drawing.height).astype(int)
    number = np.where(ids[..., 3] > 127, (ids[..., 0] >> 3) << 10 | (ids[..., 1] >> 3) << 5 | ids[..., 2] >> 3, 0) - 1
    shown = np.bincount((number + 1).ravel(), minlength=len(outputs) + 1)[1:]
    frame = (0, 0, drawing.width, drawing.height, 0)

    truths = [e for e in drawing.elements if e["kind"] in KINDS]
    hit = [False] * len(truths)
    for i, o in enumerate(outputs):
        kind = o["kind"]
        if kind is None:
            continue
        for subpath in o["lines"] if kind == "stroke" else [None]:
            right = neutral = False
            for j, e in enumerate(truths):
                if kind == "stroke":
                    if e["kind"] == "stroke":
                        ok = stroke_matches(o, subpath, e)
                    else:
                        b = bar({**o, "lines": [subpath]})
                        ok = b is not None and e["kind"] in ("rect", "rounded rect") and same_shape("rect", b, parameters(e))
                elif e["kind"] == kind:
                    ok = same_shape(kind, o["at"], parameters(e))
                elif e["kind"] == "stroke" and kind in ("rect", "rounded rect"):
                    b = bar(e)
                    if b is not None and e["width"] <= 3:
                        b = (*b[:4], o["at"][4])  # caps of thin lines look alike
                    ok = b is not None and same_shape("rect", o["at"], b)
                elif {e["kind"], kind} == {"rect", "rounded rect"}:
                    ok = False
                else:
                    ok = False
                if ok:
                    right = hit[j] = True
                for edge_kind, edge in e.get("edges", []):
                    neutral = neutral or (edge_kind == kind and same_shape(kind, o["at"], edge))
            if kind == "rect" and same_shape("rect", o["at"], frame):
                neutral = True
            if right:
                result[kind][2] += 1
                result[kind][3] += 1
            elif not neutral and shown[i] >= 4:
                result[kind][2] += 1
                notes.append(("wrong", kind, o.get("at") or (o["name"], round(o["width"], 2), o.get("cap"),
                                                             subpath[0].round(2).tolist(), subpath[-1].round(2).tolist())))
    for e, h in zip(truths, hit):
        if e["shows"] >= 0.75:
            result[e["kind"]][0] += 1
            result[e["kind"]][1] += h
            if not h:
                notes.append(("missed", e["kind"], e["svg"]))

    # Gradients: what shows of each output element, against the areas of the drawn ones.
    drawn = [e for e in drawing.elements if e.get("paint") and e["area"].sum() >= 150]
    paints = np.zeros(number.shape, dtype=int)
    for e in drawing.elements:
        if e.get("paint"):
            paints[e["own"]] = KINDS.index(e["paint"])
    output_paint = np.array([KINDS.index(o["paint"]) if o.get("paint") else 0 for o in outputs] + [0])
    traced = output_paint[number]
    difference = None
    for e in drawn:
        kind = e["paint"]
        area = e["area"]
        same = traced[area] == KINDS.index(kind)
        found = same.mean() >= 0.7
        if found:
            if difference is None:
                picture = render(text, drawing.width, drawing.height)
                difference = deltaE_ciede2000(rgb2lab(over(whole, 1.0)), rgb2lab(over(picture, 1.0)))
            error = float(difference[area].mean())
            if error > 1.5:
                found = False
                notes.append(("off", kind, round(error, 2), e["svg"]))
        else:
            notes.append(("missed", kind, e["svg"]))
        result[kind][0] += 1
        result[kind][1] += bool(found)
    for i, o in enumerate(outputs):
        if o.get("paint") and shown[i] >= 30:
            on = paints[number == i]
            kind = o["paint"]
            result[kind][2] += 1
            # Mixed pixels at edges are in nobody's area; what counts is where the inside lies.
            inside = on[on > 0]
            if len(inside) >= 0.5 * len(on) and (inside == KINDS.index(kind)).mean() >= 0.7:
                result[kind][3] += 1
            else:
                notes.append(("wrong", kind, o["name"], int(shown[i])))
    return result, notes


# ---------------------------------------------------------------- runs

def one(job):
    seed, formats, command, keep, flat = job
    drawing = Drawing(seed)
    if flat and drawing.defs:
        return seed, {}
    whole = drawing.truth()
    results = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{seed:04d}"
        (folder / f"{name}.svg").write_text(drawing.svg())
        image = Image.fromarray(whole)
        for f in formats:
            if command == "truth":
                text = drawing.svg()
            elif command == "damaged":
                text = damaged(drawing)
            else:
                path = folder / f"{name}.{f}"
                if f == "png":
                    image.save(path)
                else:
                    flat = Image.new("RGB", image.size, (255, 255, 255))
                    flat.paste(image, mask=image.getchannel("A"))
                    flat.save(path, quality=85, subsampling=2)
                out = folder / f"{name}.{f}.traced.svg"
                # Only the two places are filled in, so that other braces of a command stay.
                words = [w.replace("{img}", str(path)).replace("{out}", str(out)) for w in shlex.split(command)]
                run = subprocess.run(words, capture_output=True, timeout=120)
                if run.returncode:
                    results[f] = (None, [("failed", run.stderr.decode(errors="replace")[-300:])], 0)
                    continue
                text = out.read_text()
            results[f] = (*score(drawing, whole, text), len(text))
    return seed, results


def damaged(drawing):
    """The drawing with every third element moved by 3 px and every gradient's colours turned round."""
    parts = []
    for i, e in enumerate(drawing.elements):
        s = e["svg"]
        if i % 3 == 2:
            s = f'<g transform="translate(3 3)">{s}</g>'
        parts.append(s)
    defs = [re.sub(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", r"#\3\1\2", d) for d in drawing.defs]
    return (f'<svg xmlns="{SVG}" viewBox="0 0 {drawing.width} {drawing.height}"><defs>{"".join(defs)}</defs>{"".join(parts)}</svg>')


def run(command, arguments, formats):
    jobs = [(arguments.seed * 100_000 + i, formats, command, arguments.keep, arguments.flat) for i in range(arguments.first, arguments.first + arguments.count)]
    totals = {f: {k: [0, 0, 0, 0] for k in KINDS} for f in formats}
    failures, size = 0, {f: 0 for f in formats}
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for seed, results in pool.map(one, jobs, chunksize=4):
            for f, (result, notes, length) in results.items():
                if arguments.misses:
                    for n in notes:
                        print(seed, f, *n)
                if result is None:
                    failures += 1
                    continue
                size[f] += length
                for k in KINDS:
                    totals[f][k] = [a + b for a, b in zip(totals[f][k], result[k])]
    report = {"seed": arguments.seed, "count": arguments.count, "failures": failures}
    for f in formats:
        rows = dict(totals[f])
        rows["shapes"] = [sum(totals[f][k][i] for k in KINDS[:5]) for i in range(4)]
        rows["all"] = [sum(totals[f][k][i] for k in KINDS) for i in range(4)]
        report[f] = {
            k: {"drawn": t, "found": h, "output": o, "right": r, "precision": round(r / o, 4) if o else None, "recall": round(h / t, 4) if t else None}
            for k, (t, h, o, r) in rows.items()}
        report[f]["bytes"] = size[f]
    return report


def table(report, formats):
    print("| kind | " + " | ".join(f"{f} precision | {f} recall | {f} output | drawn" for f in formats) + " |")
    print("|---|" + "--:|" * 4 * len(formats))
    show = lambda v: "–" if v is None else f"{v:.3f}"
    for k in KINDS + ["shapes", "all"]:
        cells = [f"{show(report[f][k]['precision'])} | {show(report[f][k]['recall'])} | {report[f][k]['output']} | {report[f][k]['drawn']}" for f in formats]
        print(f"| {k} | " + " | ".join(cells) + " |")


def self_test(arguments):
    truth = run("truth", arguments, ["png"])
    table(truth, ["png"])
    worse = run("damaged", arguments, ["png"])
    table(worse, ["png"])
    for k in KINDS + ["all"]:
        assert truth["png"][k]["precision"] == 1 and truth["png"][k]["recall"] == 1, f"the drawing itself does not agree with itself: {k}"
        assert worse["png"][k]["recall"] < 0.95, f"damage passes unseen: {k}"
    print("ok")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cmd", help="the tracer, with {img} and {out}")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["png", "jpeg"])
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--keep", help="a folder for the drawings, pictures and results")
    parser.add_argument("--json", help="a file for the figures")
    parser.add_argument("--flat", action="store_true", help="leave out the drawings that have gradients")
    parser.add_argument("--misses", action="store_true", help="print what was missed and what was wrong")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test(arguments)
    if not arguments.cmd:
        parser.error("--cmd or --self-test is needed")
    formats = [arguments.only] if arguments.only else ["png", "jpeg"]
    report = run(arguments.cmd, arguments, formats)
    table(report, formats)
    print(json.dumps(report))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
