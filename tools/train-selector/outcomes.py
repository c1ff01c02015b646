"""What a sweep found, and how far a choice is from the best that was found: shared by train.py and evaluate.py."""
import json, math, pathlib

import numpy

HERE = pathlib.Path(__file__).parent
SETTINGS = json.loads((HERE / "settings.json").read_text())
# What presets stand for; a test of the product holds docs/formats/trace-options.md to them.
PRESETS = {
    "logo": {"color-distance": 4, "speckle": 6}, "icon": {"lambda": 400, "speckle": 2}, "illustration": {"mode": "color"},
    "lineart": {"color-distance": 8, "speckle": 6}, "photo": {"mode": "color", "lambda": 400, "color-distance": 2},
    "scan": {"mode": "bw", "threshold": "sauvola", "speckle": 8}, "bw": {"mode": "bw", "speckle": 2},
    "poster": {"mode": "color", "lambda": 2400, "colors": 8, "speckle": 16}}


def vector(setting):
    """The numbers of a setting in the order in which the models take them, behind those of the picture."""
    s = {**PRESETS.get(setting.get("kind"), {}), **{k: v for k, v in setting.items() if k not in ("kind", "name")}}
    return [
        s.get("lambda", 600), s.get("color-distance", 3), s.get("speckle", 4), s.get("tolerance", 0.25), s.get("corner", 40),
        {"auto": 0, "color": 1, "bw": 2}[s.get("mode", "auto")], 1 if s.get("threshold") == "sauvola" else 0, s.get("colors", 0)]


VECTORS = {s["name"]: vector(s) for s in SETTINGS}


def likeness(ssim):
    """Halvings of what is missing: equal steps look alike where SSIM itself hardly moves."""
    return -math.log2(max(1e-4, 1 - ssim))


def ssim_of(likeness):
    return 1 - 2.0 ** -likeness


def read_sweep(folder, features):
    """{file: {"features": […], "points": {setting: (likeness, log2 bytes, ssim, milliseconds)}}}"""
    pictures = {}
    for item in json.loads(pathlib.Path(features).read_text())["files"]:
        numbers = [numpy.nan if v is None else v for v in item["features"].values()]
        pictures[pathlib.Path(item["file"]).name] = {"features": numbers, "points": {}}
    for setting in SETTINGS:
        for result in json.loads((pathlib.Path(folder) / f"{setting['name']}.json").read_text())["results"]:
            file, s = pathlib.Path(result["input"]).name, result["statistics"]
            pictures[file]["points"][setting["name"]] = (
                likeness(s["ssim"]), math.log2(s["gzipBytes"]), s["ssim"], result["milliseconds"])
    return pictures


def front(points):
    """(log2 bytes, likeness) that no other point beats on both, by bytes."""
    best, result = -1, []
    for b, q in sorted((p[1], p[0]) for p in points):
        if q > best + 1e-9:
            result.append((b, q))
            best = q
    return result


def regret(points, q, b):
    """(bytes over the front's at equal likeness − 1, SSIM of the front at equal bytes − own), both at least 0."""
    f = front(list(points) + [(q, b)])
    qs, bs = [p[1] for p in f], [p[0] for p in f]
    return 2 ** max(0.0, b - numpy.interp(q, qs, bs)) - 1, max(0.0, ssim_of(numpy.interp(b, bs, qs)) - ssim_of(q))
