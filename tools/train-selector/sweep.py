#!/usr/bin/env python3
"""Traces every picture with every setting of settings.json: sweep.py ATELIER PICTURES OUT

PICTURES is a folder that is searched for PNG and JPEG files. Writes OUT/<setting>.json, one report of
`atelier trace --stats --json` for each setting; those that are there already are not made again. The cache is off and
one worker traces, so nothing depends on what ran before.
"""
import json, pathlib, subprocess, sys, tempfile

program, pictures, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
out.mkdir(parents=True, exist_ok=True)
files = sorted(str(p) for p in pictures.rglob("*") if p.suffix in (".png", ".jpg") and "truth" not in p.parts)
for setting in json.loads((pathlib.Path(__file__).parent / "settings.json").read_text()):
    target = out / f"{setting['name']}.json"
    if target.exists():
        continue
    flags = [word for name, value in setting.items() if name != "name" for word in (f"--{name}", str(value))]
    with tempfile.TemporaryDirectory() as folder:
        listing = pathlib.Path(folder) / "list"
        listing.write_text("\n".join(files) + "\n")
        result = subprocess.run(
            ["nice", "-n", "15", program, "trace", "--files-from", listing, "-d", folder + "/svg/", "-f", "--cache", "off", "-j", "1", "-q",
             "--stats", "--json", *flags], stdout=subprocess.PIPE, text=True)
    report = json.loads(result.stdout)
    if report["totals"]["failed"]:
        sys.exit(f"{setting['name']}: {report['totals']['failed']} pictures failed")
    target.write_text(json.dumps(report))
    print(setting["name"], file=sys.stderr, flush=True)
