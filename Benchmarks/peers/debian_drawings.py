#!/usr/bin/env python3
"""Real icons and illustrations of Debian's packages as slides: does any crash, need repair, stay closed or lose its text?

  debian_drawings.py --atelier .build/release/atelier --check FOLDER_OF_PPTXCHECK [--icons 500] [--illustrations 100] [--seed 1]
                     [--soffice soffice] [--trees FOLDER] [--keep FOLDER]

Needs Debian's `apt-get` and `dpkg-deb` (packages are fetched and unpacked into a folder, nothing is installed), LibreOffice, `pip
install python-pptx lxml`, and `pptxcheck.py`, which checks against the schemas of ECMA-376. Files are drawn by a seed from all that
are no copies of each other, illustrations with text first. Each is converted in the default profile with `--text keep`, checked by
`atelier check` and by `pptxcheck.py`, opened by LibreOffice (which must make a PDF of it) and by python-pptx, whose text must be
the source's, white space aside. `--trees` takes what was unpacked before. Prints JSON; status 1 when anything is wrong.
"""
import argparse, gzip, hashlib, json, os, random, subprocess, sys, tempfile
from collections import Counter
from pathlib import Path

ICONS = ["papirus-icon-theme", "breeze-icon-theme", "gnome-icon-theme"]
ILLUSTRATIONS = ["openclipart-svg"]

parser = argparse.ArgumentParser()
parser.add_argument("--atelier", required=True)
parser.add_argument("--check", required=True)
parser.add_argument("--icons", type=int, default=500)
parser.add_argument("--illustrations", type=int, default=100)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--soffice", default="soffice")
parser.add_argument("--trees")
parser.add_argument("--keep")
arguments = parser.parse_args()
sys.path.insert(0, arguments.check)
import pptxcheck
from pptx import Presentation


def run(*command, **options):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)


def unpacked(package, folder):
    """Where the files of a package lie."""
    tree = folder / package
    if not tree.is_dir():
        tree.mkdir(parents=True)
        subprocess.run(["apt-get", "-q", "download", package], cwd=folder, check=True, capture_output=True)
        archive = next(folder.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive, tree], check=True)
        archive.unlink()
    return tree


def content(file):
    bytes = file.read_bytes()
    return gzip.decompress(bytes) if bytes[:2] == b"\x1f\x8b" else bytes


def drawn(packages, count, folder, prefers_text):
    """So many different files of some packages, by the seed."""
    files = [p for package in packages for p in unpacked(package, folder).rglob("*.svg*") if p.is_file() and not p.is_symlink()]
    files.sort()
    random.Random(arguments.seed).shuffle(files)
    if prefers_text:
        looked = files[: 20 * count]
        files = sorted(looked, key=lambda p: b"<text" not in content(p))
        files = files[: count // 2] + [p for p in looked if p not in set(files[: count // 2])]
    seen, result = set(), []
    for file in files:
        digest = hashlib.sha256(content(file)).digest()
        if digest in seen or b"<svg" not in content(file):
            continue
        seen.add(digest)
        result.append(file)
        if len(result) == count:
            break
    return result


def letters(text):
    return Counter(c for c in text if not c.isspace())


def shown(shapes):
    """The text of shapes and of those in groups."""
    for shape in shapes:
        if shape.shape_type == 6:
            yield from shown(shape.shapes)
        elif shape.has_text_frame:
            yield shape.text_frame.text


def main(folder):
    trees = Path(arguments.trees) if arguments.trees else folder / "trees"
    trees.mkdir(parents=True, exist_ok=True)
    files = drawn(ICONS, arguments.icons, trees, False) + drawn(ILLUSTRATIONS, arguments.illustrations, trees, True)
    outputs = [folder / f"{index}.pptx" for index in range(len(files))]
    listing = folder / "list.tsv"
    listing.write_text("".join(f"{file}\t{output}\n" for file, output in zip(files, outputs)))
    wrong = {}

    def note(kind, file, what=""):
        wrong.setdefault(kind, []).append(f"{os.path.relpath(file, trees)} {what}".strip())

    batch = run(arguments.atelier, "pptx", "--batch", listing, "--cache", "off", "-f", "-q", "--text", "keep")
    if batch.returncode not in (0, 1):
        note("crashed", trees, f"status {batch.returncode}")
    made = [(file, output) for file, output in zip(files, outputs) if output.exists()]
    for file, output in zip(files, outputs):
        if not output.exists():
            note("not converted", file, "".join(line for line in batch.stderr.splitlines() if str(file) in line)[:200])
    checked = run(arguments.atelier, "check", *[output for _, output in made])
    if checked.returncode:
        note("atelier check", trees, checked.stdout[-500:] + checked.stderr[-500:])
    texts = 0
    for file, output in made:
        facts = pptxcheck.check(str(output))
        if not facts.get("opens") or facts.get("xsd_errors") or facts.get("pkg_errors"):
            note("pptxcheck", file, str(facts.get("xsd_all", "")) + str(facts.get("pkg_all", "")))
        text = "".join(shown(Presentation(str(output)).slides[0].shapes))
        source = pptxcheck.svg_facts(str(file))["text"]
        texts += bool(letters(source))
        if letters(text) != letters(source):
            note("text differs", file, f"{source.split()!r} became {text.split()!r}"[:300])
    for start in range(0, len(made), 50):
        some = [output for _, output in made[start : start + 50]]
        run(arguments.soffice, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf", "--outdir", folder, *some)
    for file, output in made:
        if not output.with_suffix(".pdf").exists():
            note("LibreOffice", file)
    print(json.dumps({"files": len(files), "converted": len(made), "with_text": texts, "wrong": wrong}, indent=1, ensure_ascii=False))
    return 1 if wrong else 0


if arguments.keep:
    Path(arguments.keep).mkdir(parents=True, exist_ok=True)
    sys.exit(main(Path(arguments.keep)))
with tempfile.TemporaryDirectory() as folder:
    sys.exit(main(Path(folder)))
