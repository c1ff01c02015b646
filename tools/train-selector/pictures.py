#!/usr/bin/env python3
"""Draws the pictures that the selector of `atelier trace --auto` learns from: pictures.py PACKAGES OUT [--corpus MANIFEST…]

PACKAGES is a folder of unpacked Debian packages (README.md here names them and their versions). Folders of openclipart
that a manifest of a test corpus names are left out, so that nothing is learned from what is measured on. Every picture
is told by a seed of its own name: the same packages give the same files. Writes OUT/*.png|jpg and OUT/pictures.json.
"""
import argparse, hashlib, io, json, pathlib, random, re, sys

import numpy
import resvg_py
from PIL import Image, ImageDraw, ImageFilter, ImageFont

arguments = argparse.ArgumentParser()
arguments.add_argument("packages", type=pathlib.Path)
arguments.add_argument("out", type=pathlib.Path)
arguments.add_argument("--corpus", type=pathlib.Path, nargs="*", default=[], help="folders whose manifests name sources to leave out")
options = arguments.parse_args()

CLIPART = options.packages / "openclipart-svg/usr/share/openclipart/svg"


def named_folders():
    """Folders of openclipart that a corpus names, as they are written there."""
    named = set()
    for corpus in options.corpus:
        for manifest in corpus.rglob("manifest.json"):
            for image in json.loads(manifest.read_text())["images"]:
                source = image.get("source", "")
                if source.startswith("openclipart:"):
                    named.add(str(pathlib.PurePosixPath(source.split(":", 1)[1]).parent))
        for manifest in corpus.rglob("MANIFEST.tsv"):
            for line in manifest.read_text().splitlines():
                name = line.split("\t")[0]
                if name.startswith("openclipart/"):
                    named.add("/".join(name.split("/", 1)[1].split("__")[:-1]))
    return named


def drawings(folder, pattern="*.svg"):
    return sorted(p for p in folder.glob(pattern) if p.is_file() and 300 < p.stat().st_size < 150_000)


def clipart(*folders, named):
    found = []
    for folder in folders:
        path = f"svg/{folder}"
        if any(path == name or path.endswith("/" + name) for name in named):
            sys.exit(f"{folder} is named by a corpus")
        found += drawings(CLIPART / folder)
    return found


def rendered(svg, side):
    """The drawing as RGBA whose longer side is `side`; None where there is hardly anything to see."""
    try:
        data = bytes(resvg_py.svg_to_bytes(svg_path=str(svg), zoom=1))
        width, height = Image.open(io.BytesIO(data)).size
        if min(width, height) < 8 or max(width, height) / min(width, height) > 4:
            return None
        longer = {"width": side} if width >= height else {"height": side}
        image = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_path=str(svg), **longer)))).convert("RGBA")
    except Exception:  # a drawing that the renderer refuses teaches nothing
        return None
    alpha = numpy.asarray(image)[..., 3]
    return image if 0.02 < (alpha > 40).mean() and max(image.size) <= 1.5 * side else None


def on(image, colour):
    back = Image.new("RGBA", image.size, colour + (255,))
    back.alpha_composite(image)
    return back.convert("RGB")


def varied(image, variant, random_, back):
    """The picture as a user may have it: (image, suffix, arguments of saving)."""
    if variant == "alpha":
        return image, "png", {}
    flat = on(image, back) if image.mode == "RGBA" else image
    if variant in ("jpeg85", "jpeg60"):
        return flat, "jpg", {"quality": int(variant[4:])}
    if variant == "noise":
        noise = numpy.random.default_rng(random_.randrange(1 << 30)).normal(0, 4, (flat.height, flat.width, 3))
        return Image.fromarray(numpy.clip(numpy.asarray(flat) + noise, 0, 255).astype("uint8")), "png", {}
    if variant == "soft":
        half = flat.resize((max(1, flat.width // 2), max(1, flat.height // 2)), Image.LANCZOS)
        return half.resize(flat.size, Image.BICUBIC), "png", {}
    if variant == "bilevel":
        return flat.convert("L").point(lambda v: 255 if v > 127 else 0).convert("RGB"), "png", {}
    if variant == "scan":
        generator = numpy.random.default_rng(random_.randrange(1 << 30))
        paper = numpy.array([250, 246, 236]) - generator.integers(0, 14, 3)
        y, x = numpy.mgrid[0:flat.height, 0:flat.width]
        light = 1 - 0.15 * generator.random() * (x / flat.width) - 0.1 * generator.random() * (y / flat.height)
        grain = generator.normal(0, 3, (flat.height, flat.width, 1))
        soft = numpy.asarray(flat.filter(ImageFilter.GaussianBlur(0.7)))
        scan = numpy.clip(soft / 255 * paper * light[..., None] + grain, 0, 255).astype("uint8")
        return Image.fromarray(scan), "jpg", {"quality": 80}
    return flat, "png", {}


written = []


def write(name, label, source, image, variant):
    random_ = random.Random(name + variant)
    back = random_.choice([(255, 255, 255)] * 3 + [(230, 240, 250), (40, 44, 52)])
    image, suffix, how = varied(image, variant, random_, back)
    file = f"{name}-{variant}.{suffix}"
    image.save(options.out / file, **how)
    written.append({"file": file, "class": label, "variant": variant, "source": source, "width": image.width, "height": image.height})


def pick(files, count, seed):
    """`count` files that do not depend on what else a package holds beside them."""
    key = lambda path: hashlib.sha256(f"{seed}/{path.parent.name}/{path.name}".encode()).hexdigest()
    return sorted(files, key=key)[: 3 * count]


def from_drawings(label, files, count, sides, variants, accepts=lambda svg, image: True):
    made = 0
    for svg in pick(files, count, label):
        if made == count:
            return
        random_ = random.Random(svg.name)
        image = rendered(svg, random_.choice(sides))
        if image is None or not accepts(svg, image):
            continue
        source = str(svg.relative_to(options.packages))
        write(f"{label}-{made:03}", label, source, image, variants[made % len(variants)])
        made += 1
    print(f"{label}: {made} of {count}", file=sys.stderr)


def has_gradients(svg):
    return b"Gradient" in re.sub(rb"<(metadata|sodipodi).*?>", b"", svg.read_bytes())


def is_ink(svg, image):
    pixels = numpy.asarray(on(image, (255, 255, 255))).astype(int)
    grey = (pixels.max(axis=2) - pixels.min(axis=2) < 12).mean()
    extreme = ((pixels.mean(axis=2) < 40) | (pixels.mean(axis=2) > 215)).mean()
    return grey > 0.98 and extreme > 0.85


def words(count):
    fonts = sorted(pathlib.Path("/usr/share/fonts/truetype").rglob("*.ttf"))
    text = "atelier,Linden & Co,NORTH STAR,Café Müller,quartz,Blue Harbor,Est. 1894,vector,HEXAGON,moonlight,Open 24/7,juniper".split(",")
    for i in range(count):
        random_ = random.Random(f"words {i}")
        font = ImageFont.truetype(str(fonts[(i * 7) % len(fonts)]), random_.choice([28, 44, 64]))
        lines = [text[(i + k) % len(text)] for k in range(random_.choice([1, 1, 2]))]
        boxes = [font.getbbox(line) for line in lines]
        size = (max(b[2] for b in boxes) + 48, sum(b[3] + 8 for b in boxes) + 48)
        image = Image.new("RGBA", size, (0, 0, 0, 0))
        draw, y = ImageDraw.Draw(image), 24
        for line, box in zip(lines, boxes):
            draw.text((24, y), line, font=font, fill=tuple(random_.choice([(20, 20, 20), (180, 30, 40), (20, 70, 150), (10, 110, 70)])) + (255,))
            y += box[3] + 8
        variant = ["flat", "alpha", "jpeg85", "noise", "jpeg60", "soft"][i % 6]
        write(f"text-{i:03}", "text", f"drawn text with {fonts[(i * 7) % len(fonts)].name}", image, variant)


def sprites(count):
    for i in range(count):
        generator = numpy.random.default_rng(1000 + i)
        n, scale = int(generator.choice([12, 16, 24, 32])), int(generator.choice([1, 4, 6, 8, 12]))
        palette = generator.integers(0, 256, (int(generator.integers(4, 12)), 3)).astype("uint8")
        cells = generator.integers(0, len(palette), (n, n))
        for _ in range(2):  # areas rather than dust
            shifted = numpy.roll(cells, tuple(generator.integers(-1, 2, 2)), (0, 1))
            cells = numpy.where(generator.random((n, n)) < 0.6, shifted, cells)
        cells[:, n // 2 :] = cells[:, : n - n // 2][:, ::-1]
        image = Image.fromarray(palette[cells]).resize((n * scale, n * scale), Image.NEAREST)
        write(f"pixel-{i:03}", "pixel", f"generated sprite {i}", image, "flat")


def photographs(count):
    files = sorted(p for p in options.packages.rglob("*") if p.suffix in (".jpg", ".png") and "backgrounds" in p.parts)
    for i in range(count):
        random_ = random.Random(f"photo {i}")
        file = files[i % len(files)]
        Image.MAX_IMAGE_PIXELS = None
        picture = Image.open(file).convert("RGB")
        share = random_.choice([1, 0.5, 0.25])
        w, h = int(picture.width * share), int(picture.height * share)
        x, y = random_.randrange(picture.width - w + 1), random_.randrange(picture.height - h + 1)
        crop = picture.crop((x, y, x + w, y + h))
        crop.thumbnail((random_.choice([240, 320, 440]),) * 2, Image.LANCZOS)
        write(f"photo-{i:03}", "photo", f"{file.relative_to(options.packages)} at {x},{y} {w}x{h}", crop, ["flat", "jpeg85", "jpeg60"][i % 3])


options.out.mkdir(parents=True, exist_ok=True)
named = named_folders()
icons = options.packages
graphic = ["flat", "alpha", "jpeg85", "soft", "alpha", "noise", "jpeg60", "flat"]
symbols = (
    drawings(icons / "numix-icon-theme/usr/share/icons/Numix/48/places") + drawings(icons / "numix-icon-theme/usr/share/icons/Numix/22/actions")
    + drawings(icons / "suru-icon-theme/usr/share/icons/suru/actions/scalable")
    + drawings(icons / "elementary-xfce-icon-theme/usr/share/icons/elementary-xfce/status/symbolic")
    + drawings(icons / "adwaita-icon-theme/usr/share/icons/Adwaita/scalable/devices")
    + drawings(icons / "tango-icon-theme/usr/share/icons/Tango/scalable/actions"))
marks = (
    drawings(icons / "suru-icon-theme/usr/share/icons/suru/apps/sources") + drawings(icons / "tango-icon-theme/usr/share/icons/Tango/scalable/apps")
    + drawings(icons / "tango-icon-theme/usr/share/icons/Tango/scalable/categories")
    + drawings(icons / "suru-icon-theme/usr/share/icons/suru/mimetypes/sources")
    + drawings(icons / "numix-icon-theme/usr/share/icons/Numix/64/devices") + drawings(icons / "numix-icon-theme/usr/share/icons/Numix/48/apps")
    + clipart("logos", "transportation/roadsigns", "computer/icons/etiquette-theme/apps", "signs_and_symbols/hazard",
              "signs_and_symbols/weather", "signs_and_symbols/flags/europe", "buttons", named=named))
scenes = clipart(
    "plants/flowers", "transportation/vehicles", "buildings/homes", "recreation/sports", "science/medicine", "electronics",
    "food/vegetables", "food/beverages", "tools/weapons", "recreation/toys", "containers", "decorations", "food/dairy",
    "recreation/holiday/christmas", named=named)
inks = clipart(
    "transportation/aiga-symbols", "recreation/religion/christianity", "plants", "plants/trees", "transportation", "buildings",
    "recreation/games/chess", "science", "buildings/furniture", "recreation/art", named=named) + scenes

from_drawings("icon", symbols, 70, [96, 128, 192, 256, 384], graphic)
from_drawings("logo-flat", marks, 45, [192, 256, 384, 512], graphic, lambda svg, image: not has_gradients(svg))
from_drawings("logo-gradient", marks, 40, [192, 256, 384, 512], graphic, lambda svg, image: has_gradients(svg))
from_drawings("illustration", scenes, 80, [256, 384, 512], graphic, lambda svg, image: not is_ink(svg, image))
from_drawings("lineart", inks, 40, [256, 384, 512], ["flat", "bilevel", "jpeg85", "soft", "jpeg60"], is_ink)
from_drawings("scan", inks[::-1], 30, [384, 512, 640], ["scan"], is_ink)
words(30)
sprites(16)
photographs(48)
(options.out / "pictures.json").write_text(json.dumps(written, indent=1))
print(len(written), "pictures", file=sys.stderr)
