#!/usr/bin/env python3
"""How long a worker goes on with a job that was deleted: from DELETE to the answer to the next small conversion, on a service of one worker.

  serve_cancel.py --atelier .build/release/atelier [--times 40] [FILE…]

Every file (a big photograph, illustration, line drawing and drawing of shapes unless said) is made once to learn how long it takes, then
again and again as a job that is deleted at moments spread evenly over that time. At once afterwards a picture of 16 × 16 pixels is traced,
which takes the worker that the job had; what that takes on a service with nothing to do is taken off. Jobs of pictures are tracings and
presentations by turns. Prints JSON: median, p90 and maximum in milliseconds, for each file and in all, and at which step of the job the
longest were. Exit 1 when p90 in all is above --most (milliseconds).
"""
import argparse, http.client, json, math, os, statistics, struct, sys, time
from serve_process import Service, encoded, png, salted

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--atelier", required=True)
parser.add_argument("--times", type=int, default=40)
parser.add_argument("--most", type=float, default=100)
parser.add_argument("files", nargs="*", metavar="FILE")
a = parser.parse_args()


def painted(width, height, color):
    """A PNG of what a function says of each place; its rows are made of as many different ones as there are."""
    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in color(x, y)) for y in range(height))
    return encoded(width, height, rows, 1)


def photograph(x, y):
    grain = (x * 73856093 ^ y * 19349663) >> 7 & 15
    shade = 100 + 60 * math.sin(x / 90 + math.sin(y / 70) * 2) + 50 * math.cos(y / 110 + x / 230)
    return tuple(max(0, min(255, int(shade * k + grain))) for k in (1, 0.8, 0.6))


def lines(x, y):
    value = 255 if min(abs(x % 50 - 25 - 10 * math.sin(y / 40)), abs(math.hypot(x - 700, y - 600) % 60 - 30)) > 3 else 20
    return value, value, value


def shapes(count):
    parts = []
    for n in range(count):
        x, y, r = n * 7919 % 1900, n * 104729 % 1000, 10 + n % 60
        path = "".join(f"{'L' if k else 'M'}{x + r * (1 + k % 2) * math.cos(k * math.pi / 20):.2f} {y + r * (1 + k % 2) * math.sin(k * math.pi / 20):.2f}" for k in range(40))
        paint = ("url(#g)", f"rgb({n * 37 % 256},{n * 91 % 256},90)")[n % 3 > 0]
        effect = (' opacity=".5"', ' clip-path="url(#c)"', ' stroke="#123" stroke-width="3" stroke-dasharray="5 3"', "")[n % 4]
        parts.append(f'<path d="{path}Z" fill="{paint}" fill-rule="evenodd"{effect}/>')
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="1100"><defs><linearGradient id="g"><stop stop-color="#e33"/><stop offset="1" '
            'stop-color="#33e"/></linearGradient><clipPath id="c"><circle cx="1000" cy="550" r="500"/></clipPath></defs>' + "".join(parts) + "</svg>").encode()


def new(data, number):
    """The same to look at, and never seen before."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return salted(data, str(number))
    if data[:2] == b"\xff\xd8":
        return data[:2] + b"\xff\xfe" + struct.pack(">H", 10) + b"%08d" % number + data[2:]
    return data + b"<!-- %d -->" % number


if a.files:
    sources = {os.path.basename(f): open(f, "rb").read() for f in a.files}
else:
    sources = {"photograph.png": painted(1600, 1200, photograph), "cells.png": png(4000, 3000, seed=5, cell=24), "lines.png": painted(1400, 1200, lines),
               "shapes.svg": shapes(3000)}


def upload(service, data):
    return json.loads(service.request("POST", "/v1/blobs", data)[2])["digest"]


def begin(service, digest, kind):
    body = json.dumps({"kind": kind, "inputs": [digest]})
    return json.loads(service.request("POST", "/v1/jobs", body, {"Content-Type": "application/json"})[2])["links"]["self"]


def free(service, number):
    """Milliseconds until a small picture was traced that nobody has traced before."""
    body, start = new(png(16, 16), number), time.monotonic()
    status, _, data = service.request("POST", "/v1/trace", body, {"Content-Type": "image/png"}, timeout=120)
    if status != 200:
        raise SystemExit(f"the small picture: {status} {data[:200]}")
    return (time.monotonic() - start) * 1000


number, result, everything = 0, [], []
with Service(a.atelier, "--rate", "off", "--log", "off", "--threads", "1", "--memory-limit", "64MiB", "--sync-limit", "600") as service:
    for _ in range(20):
        number += 1
        free(service, number)
    idle = []
    for _ in range(50):
        number += 1
        idle.append(free(service, number))
    idle = statistics.median(idle)
    for name, data in sources.items():
        for kind in ["pptx"] if data.lstrip()[:1] == b"<" else ["trace", "pptx"]:
            number += 1
            job, start = begin(service, upload(service, new(data, number)), kind), time.monotonic()
            while json.loads(service.request("GET", job + "?wait=60", timeout=180)[2])["state"] in ("queued", "running"):
                pass
            whole, times = time.monotonic() - start, []
            for n in range(a.times):
                number += 1
                job = begin(service, upload(service, new(data, number)), kind)
                time.sleep(whole * (n + 0.5) / a.times)
                seen = json.loads(service.request("GET", job, timeout=120)[2])
                start = time.monotonic()
                service.request("DELETE", job, timeout=120)
                gone = (time.monotonic() - start) * 1000
                number += 1
                times.append((max(0, gone + free(service, number) - idle), seen.get("step", {}).get("stage", seen["state"])))
            everything += [t for t, _ in times]
            worst = sorted(times, reverse=True)[:3]
            result.append({"file": name, "kind": kind, "whole_ms": round(whole * 1000), "median_ms": round(statistics.median(t for t, _ in times), 1),
                           "p90_ms": round(sorted(t for t, _ in times)[int(len(times) * 0.9)], 1),
                           "longest": [{"ms": round(t, 1), "step": step} for t, step in worst]})
            print(json.dumps(result[-1]), file=sys.stderr)
p90 = sorted(everything)[int(len(everything) * 0.9)]
print(json.dumps({"schema": "serve-cancel/1", "idle_ms": round(idle, 2), "cancelled": len(everything), "median_ms": round(statistics.median(everything), 1),
                  "p90_ms": round(p90, 1), "most_ms": round(max(everything), 1), "files": result}, indent=1))
sys.exit(p90 > a.most)
