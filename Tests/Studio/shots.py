"""Takes the pictures of docs/studio: every view in both themes, and on a phone.

    tools/studio-shots [--program ATELIER] [--out FOLDER]

Small ones: with Pillow they are reduced to 256 colours.
"""
import argparse
import json
import math
import sys
import threading
import urllib.request
from pathlib import Path

import collection
import harness
from harness import add, file, open_view
from waiting import until

ROOT = Path(__file__).resolve().parents[2]
ART = ROOT / "Examples" / "art"


def scenery(size=192):
    """Layers of a landscape, as pixels by functions: skies, suns, ridges, water, birds."""
    def flat(color_at):
        return collection.png(size, size, color_at)

    def sky(top, low):
        return flat(lambda x, y: tuple(int(a + (b - a) * (y // (size // 8)) / 7) for a, b in zip(top, low)))

    def below(edge, ink):
        return flat(lambda x, y: (*ink, 255 if y > size * edge(x / size) else 0))

    def disc(cx, cy, radius, ink):
        return flat(lambda x, y: (*ink, 255 if math.hypot(x / size - cx, y / size - cy) < radius else 0))

    def ridge(height, waves, ink):
        return below(lambda t: height + 0.06 * math.sin(waves * t) + 0.1 * abs(math.sin(waves * 0.7 * t + 1)), ink)

    def birds(places):
        def pixel(x, y):
            for cx, cy in places:
                dx, dy = abs(x / size - cx), y / size - cy
                if dx < 0.045 and abs(dy + 0.02 * math.sin(dx * 60)) < 0.008:
                    return (44, 32, 66, 255)
            return (0, 0, 0, 0)

        return flat(pixel)

    skies = {"Dawn#38": ((249, 201, 176), (247, 224, 184)), "Noon#26": ((120, 196, 232), (205, 236, 244)), "Mint#18": ((150, 226, 196), (228, 246, 214)),
             "Dusk#12": ((108, 72, 120), (236, 140, 118)), "Night#6": ((22, 24, 58), (70, 62, 120))}
    suns = {"High#50": (0.66, 0.22, 0.1, (255, 243, 214)), "Low#30": (0.4, 0.44, 0.13, (250, 206, 120)), "Red#15": (0.7, 0.4, 0.12, (226, 92, 66)), "None#5": (2, 2, 0.1, (0, 0, 0))}
    far = {"Violet#4": (150, 104, 150), "Slate#3": (112, 130, 152), "Rose#2": (196, 120, 128), "Teal#1": (84, 150, 148)}
    near = {"Plum#40": (92, 58, 98), "Pine#30": (52, 92, 74), "Rust#20": (150, 82, 62), "Ink#10": (40, 42, 74)}
    water = {"Still#6": (104, 90, 130), "Deep#3": (50, 62, 110), "Bright#1": (120, 190, 206)}
    flocks = {"Nobody#60": [], "Two#25": [(0.3, 0.2), (0.42, 0.27)], "Flock#15": [(0.2, 0.3), (0.3, 0.22), (0.41, 0.28), (0.5, 0.17)]}
    files = {f"01 Sky/{n}.png": sky(*c) for n, c in skies.items()}
    files |= {f"02 Sun/{n}.png": disc(*c) for n, c in suns.items()}
    files |= {f"03 Far ridge/{n}.png": ridge(0.42, 9 + i, c) for i, (n, c) in enumerate(far.items())}
    files |= {f"04 Near ridge/{n}.png": ridge(0.56, 6 + i, c) for i, (n, c) in enumerate(near.items())}
    files |= {f"05 Water/{n}.png": below(lambda t: 0.78, c) for n, c in water.items()}
    files |= {f"06 Birds/{n}.png": birds(p) for n, p in flocks.items()}
    rules = {"rules": [{"kind": "exclude", "a": ["Sun", "High"], "b": ["Sky", "Night"]}, {"kind": "require", "a": ["Birds", "Flock"], "b": ["Water", "Still"]}]}
    return {**{f"ridge/{n}": d for n, d in files.items()}, "ridge/project.json": json.dumps({"name": "Ridge set", "count": 1000, **rules}).encode()}


def show(page, view, held):
    """Fills a view as somebody would find it in the middle of work."""
    if view == "collections":
        open_view(page, view)
        page.set_input_files("input[accept='.zip']", [file("ridge.zip", held, "application/zip")])
        page.wait_for_selector(".gal button")
        if page.locator("#left .item").count():
            page.locator("#left .item", has_text="Sky").first.evaluate("e => e.click()")
        until(page, "[...document.querySelectorAll('.gal img')].every(i => i.complete && i.naturalWidth > 0)")
        return
    is_phone = page.viewport_size["width"] < 900
    names = ["poster.svg" if view == "slides" else "logo.png"] if is_phone else ["dusk.jpg", "logo.png", "badge.png", "leaf.svg", "icon.png", "poster.svg"]
    add(page, *[file(n, (ART / n).read_bytes(), {"jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml"}[n[-3:]]) for n in names])
    if view == "trace":
        if not is_phone:
            page.locator("atelier-library .item", has_text="logo.png").evaluate("e => e.click()")
        page.wait_for_selector("#result", state="visible")
        until(page, "document.querySelector('atelier-trace').item.result.isComplete && !!document.querySelector('.pal li[data-color]')")
    elif view == "slides":
        if not is_phone:
            page.evaluate("document.querySelectorAll('atelier-library .item')[0].click()")
            page.evaluate("[...document.querySelectorAll('atelier-library .item')].at(-1).dispatchEvent(new MouseEvent('click', {bubbles: true, shiftKey: true}))")
        open_view(page, view)
        until(page, f"document.querySelectorAll('.film li').length === {len(names)}")
        page.evaluate("[...document.querySelectorAll('.film button')].at(-1).click()")
        page.wait_for_selector(".paper circle[data-node]")
        page.locator(".paper circle").first.dispatch_event("click")
    else:
        open_view(page, view)
        until(page, "!!document.querySelector('atelier-performance').dataset.told")
        page.wait_for_timeout(12_000)
    page.wait_for_timeout(1500)


def work(url, stop):
    """Something to do for the service: some of it new, some of it known, and a job."""
    pictures = [(ART / name).read_bytes() for name in ("badge.png", "icon.png", "leaf.png", "logo.png")]
    for count in range(1_000_000):
        if stop.wait(0.15):
            return
        kind = "pptx" if count % 5 == 0 else "trace"
        options = f"colors={2 + count % 40}&tolerance={0.2 + count % 7 / 10:.1f}" if count % 3 else "colors=9"
        request = urllib.request.Request(f"{url}v1/{kind}?{options}", data=pictures[count % 4], headers={"Content-Type": "image/png"})
        try:
            urllib.request.urlopen(request, timeout=60).read()
        except OSError:
            pass  # a refused request is load too


def keep(path):
    """Fewer colours, fewer bytes."""
    try:
        from PIL import Image
    except ImportError:
        return
    image = Image.open(path).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--folder")
    parser.add_argument("--out", default=str(ROOT / "docs" / "studio"))
    parser.add_argument("--only", default="")
    said = parser.parse_args()
    Path(said.out).mkdir(parents=True, exist_ok=True)
    held = collection.archive(scenery())
    looks = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5}}
    with harness.service(said.program, said.folder) as url, harness.browser() as browser:
        stop = threading.Event()
        threading.Thread(target=work, args=(url, stop), daemon=True).start()
        for name, how in looks.items():
            for view in ("trace", "slides", "collections", "performance"):
                if said.only not in f"{view}-{name}":
                    continue
                tall = {"viewport": {"width": 1440, "height": 1320}} if view == "performance" and name != "phone" else {}
                page, problems = harness.new_page(browser, **{**how, **tall})
                harness.visit(page, url)
                show(page, view, held)
                path = f"{said.out}/{view}-{name}.png"
                page.screenshot(path=path)
                keep(path)
                print(f"{path}: {Path(path).stat().st_size // 1000} kB" + (f"  ({problems[0]})" if problems else ""), flush=True)
                page.context.close()
        stop.set()
    return 0


if __name__ == "__main__":
    sys.exit(main())
