#!/usr/bin/env python3
"""Kills `atelier compose` at random moments, runs it again to its end, and compares every byte with a run that was left alone.

  compose_kills.py --atelier PATH --project DIR --work TMP [--count 200] [--kills 50] [--seed 1] [--pack]

Counts as drawn twice what a run draws although the run before it had finished it (its file or its line in the journal was there). Exit code 0:
all runs ended alike, nothing was drawn twice. Prints one JSON line."""
import argparse, hashlib, json, os, random, shutil, signal, subprocess, sys, time

ap = argparse.ArgumentParser()
ap.add_argument("--atelier", required=True)
ap.add_argument("--project", required=True)
ap.add_argument("--work", required=True)
ap.add_argument("--count", type=int, default=200)
ap.add_argument("--kills", type=int, default=50)
ap.add_argument("--seed", type=int, default=1)
ap.add_argument("--pack", action="store_true")
ap.add_argument("--threads", default="1,2,4")
o = ap.parse_args()
rnd = random.Random(o.seed)
threads = [int(t) for t in o.threads.split(",")]


def command(out, threads):
    extra = ["--pack"] if o.pack else []
    return [o.atelier, "compose", o.project, "-o", out, "--count", str(o.count), "--threads", str(threads), "--cache", "off", "--json"] + extra


def digest(out):
    h = hashlib.sha256()
    for d, ds, fs in os.walk(out):
        ds.sort()
        for f in sorted(fs):
            p = os.path.join(d, f)
            h.update(os.path.relpath(p, out).encode() + b"\0" + hashlib.sha256(open(p, "rb").read()).digest())
    return h.hexdigest()


def finished(out):
    """Items whose lines in the journal are whole, and pictures under their names."""
    done = set()
    try:
        lines = open(os.path.join(out, ".atelier", "journal"), "rb").read().split(b"\n")[:-1]
        done |= {int(line.split()[0]) for line in lines}
    except OSError:
        pass
    images = os.path.join(out, "images")
    if os.path.isdir(images):
        done |= {int(f.split(".")[0]) for f in os.listdir(images) if f[0] != "."}
    return done


def lines(out):
    """Lines of the journal, cheaply."""
    try:
        return open(os.path.join(out, ".atelier", "journal"), "rb").read().count(b"\n")
    except OSError:
        return 0


os.makedirs(o.work, exist_ok=True)
alone = os.path.join(o.work, "alone")
shutil.rmtree(alone, ignore_errors=True)
begin = time.perf_counter()
subprocess.run(command(alone, 4), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
length = time.perf_counter() - begin
wanted = digest(alone)

kills, runs, different, twice, partial = 0, 0, 0, 0, 0
out = os.path.join(o.work, "killed")
while kills < o.kills:
    shutil.rmtree(out, ignore_errors=True)
    for _ in range(rnd.randint(1, 4)):
        if kills == o.kills:
            break
        before = finished(out)
        p = subprocess.Popen(command(out, rnd.choice(threads)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Every fourth dies at any moment, the others when a random number of items is done: drawing is short beside starting.
        deadline = time.perf_counter() + (rnd.random() * length if rnd.random() < 0.25 else 600)
        target = rnd.randint(len(before) + 1, o.count) if len(before) < o.count else o.count
        while p.poll() is None and time.perf_counter() < deadline and lines(out) < target:
            time.sleep(0.001)
        if p.poll() is None:
            p.send_signal(signal.SIGKILL)
            p.wait()
            kills += 1
            after = finished(out)
            partial += 0 < len(after) < o.count
            if before - after:
                sys.exit(f"a run lost {sorted(before - after)[:5]}")
    before = finished(out)
    r = subprocess.run(command(out, rnd.choice(threads)), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if r.returncode:
        sys.exit(f"exit code {r.returncode}: {r.stderr.decode()[-300:]}")
    end = json.loads(r.stdout.decode().strip().split("\n")[-1])
    runs += 1
    twice += max(0, end["drawn"] - (o.count - len(before)))
    different += digest(out) != wanted
print(json.dumps(dict(kills=kills, runs=runs, killed_while_drawing=partial, different=different, drawn_twice=twice, seconds_alone=round(length, 2))))
sys.exit(bool(different or twice))
