#!/usr/bin/env python3
"""Kills `atelier trace --resume` at random moments, goes on to the end, and compares with a run that was left alone.

  batch_kills.py --atelier PATH --work TMP [--files 1000] [--broken 0.05] [--kills 50] [--seed 1] [--threads 1,2,4] [--cache off|on]

Makes `--files` pictures of its own, every so many of them broken in one of five ways. A round kills a run once to four times, lets a last one
finish, and looks: every good picture delivered with the bytes of the run left alone, nothing for a broken one, the report of the last run
(JSON, and the page's rows) with as many outputs and failures as there are, and `kept` for whatever was there and whole before it. What the last
run made although it was delivered counts as made twice; so does an output whose file a resumed run has touched. Exit code 0: nothing of that.
Prints one JSON line."""
import argparse, hashlib, json, os, random, shutil, signal, struct, subprocess, sys, time, zlib

ap = argparse.ArgumentParser()
ap.add_argument("--atelier", required=True)
ap.add_argument("--work", required=True)
ap.add_argument("--files", type=int, default=1000)
ap.add_argument("--broken", type=float, default=0.05)
ap.add_argument("--kills", type=int, default=50)
ap.add_argument("--seed", type=int, default=1)
ap.add_argument("--threads", default="1,2,4")
ap.add_argument("--cache", default="off", choices=["off", "on"])
o = ap.parse_args()
rnd = random.Random(o.seed)
threads = [int(t) for t in o.threads.split(",")]


def png(size, rnd):
    """A few discs in plain colours."""
    discs = [(rnd.randrange(size), rnd.randrange(size), rnd.randrange(3, size // 2), bytes(rnd.randrange(256) for _ in range(3))) for _ in range(3)]
    ground, rows = bytes(rnd.randrange(256) for _ in range(3)), b""
    for y in range(size):
        rows += b"\0"
        for x in range(size):
            color = ground
            for cx, cy, r, c in discs:
                if (x - cx) ** 2 + (y - cy) ** 2 < r * r:
                    color = c
            rows += color
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def break_(data, how):
    if how == 0:
        return data[: len(data) // 2]
    if how == 1:
        return b""
    if how == 2:
        return b"hello, I am a text\n" * 9
    if how == 3:
        return data[:16] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + data[24:]
    return data[:41] + bytes(b ^ 0x55 for b in data[41:])


source = os.path.join(o.work, "in")
shutil.rmtree(o.work, ignore_errors=True)
good, bad = [], []
for i in range(o.files):
    folder = os.path.join(source, f"{i % 7}", f"{i % 3}")
    os.makedirs(folder, exist_ok=True)
    name = f"{i % 7}/{i % 3}/p{i:05}"
    data, isBad = png(24, rnd), rnd.random() < o.broken
    open(os.path.join(source, name + ".png"), "wb").write(break_(data, i % 5) if isBad else data)
    (bad if isBad else good).append(name)


def command(out, threads, *more):
    cache = ["--cache", "off"] if o.cache == "off" else ["--cache-dir", os.path.join(o.work, "cache")]
    return [o.atelier, "trace", source, "-d", out, "--resume", "--threads", str(threads), "--json", "--progress", "never", *cache, *more]


def files(out):
    """What is delivered, by name: digest and when it was written."""
    there = {}
    for d, _, names in os.walk(out):
        for n in names:
            if not n.startswith("."):
                p = os.path.join(d, n)
                there[os.path.relpath(p, out)] = (hashlib.sha256(open(p, "rb").read()).hexdigest(), os.stat(p).st_mtime_ns, os.stat(p).st_ino)
    return there


def count(out):
    try:
        return open(os.path.join(out, ".atelier-journal"), "rb").read().count(b"\n") - 1
    except OSError:
        return 0


alone = os.path.join(o.work, "alone")
begin = time.perf_counter()
r = subprocess.run(command(alone, max(threads)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
length = time.perf_counter() - begin
if r.returncode not in (0, 1):
    sys.exit(f"the run left alone ended with {r.returncode}")
wanted = {n: d for n, (d, _, _) in files(alone).items()}
missing = {n + ".svg" for n in good} - set(wanted)
wrong = set(wanted) - {n + ".svg" for n in good}
if missing or wrong:
    sys.exit(f"left alone: {len(missing)} good ones are missing, {len(wrong)} broken ones were made: {sorted(missing | wrong)[:5]}")

kills = runs = different = twice = touched = reports = midway = lost = 0
out = os.path.join(o.work, "killed")
while kills < o.kills:
    shutil.rmtree(out, ignore_errors=True)
    if o.cache == "on":
        shutil.rmtree(os.path.join(o.work, "cache"), ignore_errors=True)
    for _ in range(rnd.randint(1, 4)):
        if kills == o.kills:
            break
        before = files(out)
        p = subprocess.Popen(command(out, rnd.choice(threads)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Every fourth dies at any moment, the others when a random number of outputs is noted.
        deadline = time.perf_counter() + (rnd.random() * length if rnd.random() < 0.25 else 600)
        target = rnd.randint(count(out) + 1, len(good) + 1) if count(out) < len(good) else 1 << 30
        while p.poll() is None and time.perf_counter() < deadline and count(out) < target:
            time.sleep(0.0005)
        if p.poll() is None:
            p.send_signal(signal.SIGKILL)
            p.wait()
            kills += 1
            midway += 0 < len(files(out)) < len(good)
        after = files(out)
        touched += sum(after.get(n) != f for n, f in before.items())
        lost += len(set(before) - set(after))
    before = files(out)
    page = os.path.join(o.work, "page.html")
    r = subprocess.run(command(out, rnd.choice(threads), "--report", page), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if r.returncode != (1 if bad else 0):
        sys.exit(f"exit code {r.returncode}: {r.stderr.decode()[-300:]}")
    end = json.loads(r.stdout)
    runs += 1
    after = files(out)
    states = {}
    for result in end["results"]:
        states[result["state"]] = states.get(result["state"], 0) + 1
    twice += len(before) - states.get("kept", 0)
    touched += sum(after.get(n) != f for n, f in before.items())
    different += {n: d for n, (d, _, _) in after.items()} != wanted
    text = open(page, encoding="utf-8").read()
    right = end["totals"]["outputs"] == len(good) and end["totals"]["failed"] == len(bad) and states.get("failed", 0) == len(bad)
    right = right and text.count('<tr class="good">') == len(good) and text.count('<tr class="bad">') == len(bad)
    reports += not right
    leftover = [n for d, _, ns in os.walk(out) for n in ns if n.startswith(".atelier-") and n != ".atelier-journal"]
print(json.dumps(dict(
    files=o.files, broken=len(bad), kills=kills, killed_midway=midway, runs=runs, different=different, made_twice=twice, touched=touched, lost=lost,
    wrong_reports=reports, temporaries_left_in_last=len(leftover), page_bytes=len(text), seconds_alone=round(length, 2), cache=o.cache)))
sys.exit(bool(different or twice or touched or lost or reports))
