#!/usr/bin/env python3
"""Converts many pictures and drawings with one worker and with several, and prints seconds of clock and processor.

  batch.py --atelier PATH --pictures DIR --drawings DIR --work TMP [--count 64] [--threads 2,4] [--runs 5]

Takes the first `--count` files of each folder that convert at all, by name, repeated under other names with a changed last byte of metadata where
there are fewer. Runs are interleaved, each in a process of its own without a cache, and their outputs compared: a different byte ends with 1.
For each number of threads: `wall` and `cpu` (median of the runs, in seconds), `cpu_ratio` to one thread, `speed_up`, and `efficiency`, the
speed-up by the smaller of threads and processors. Aim on an idle machine: cpu_ratio <= 1.1 and efficiency >= 0.9. Prints one JSON line."""
import argparse, hashlib, json, os, resource, shutil, statistics, subprocess, sys, time

ap = argparse.ArgumentParser()
ap.add_argument("--atelier", required=True)
ap.add_argument("--pictures", required=True)
ap.add_argument("--drawings", required=True)
ap.add_argument("--work", required=True)
ap.add_argument("--count", type=int, default=64)
ap.add_argument("--threads", default="2,4")
ap.add_argument("--runs", type=int, default=5)
o = ap.parse_args()
threads = [1] + [int(t) for t in o.threads.split(",")]


def walk(folder, endings):
    found = []
    for d, ds, fs in os.walk(folder):
        ds.sort()
        found += [os.path.join(d, f) for f in sorted(fs) if f.lower().endswith(endings)]
    return found


def convert(verb, inputs, out, threads):
    """Wall-clock and processor seconds of one process."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    r = subprocess.run(
        [o.atelier, verb, inputs, "-d", out, "--threads", str(threads), "--cache", "off", "--no-memory", "-q"], stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.returncode, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def digest(folder):
    h = hashlib.sha256()
    for path in walk(folder, (".svg", ".pptx")):
        h.update(os.path.relpath(path, folder).encode() + b"\0" + hashlib.sha256(open(path, "rb").read()).digest())
    return h.hexdigest()


def choose(verb, folder, endings, name):
    """A folder with as many files as asked for, all of which convert."""
    target, probe = os.path.join(o.work, name), os.path.join(o.work, "probe")
    os.makedirs(target)
    chosen, candidates, turn = 0, walk(folder, endings), 0
    if not candidates:
        sys.exit(f"{folder}: nothing ends in {endings}")
    while chosen < o.count:
        for path in candidates:
            if chosen == o.count:
                break
            ending = os.path.splitext(path)[1].lower()
            copy = os.path.join(target, f"{chosen:03}{ending}")
            data = open(path, "rb").read()
            if turn and ending == ".svg":
                data += b"\n<!-- %d -->" % turn
            elif turn:
                data += b"\0" * turn
            open(copy, "wb").write(data)
            shutil.rmtree(probe, ignore_errors=True)
            if convert(verb, copy, probe, 1)[0] == 0:
                chosen += 1
            else:
                os.remove(copy)
        if not chosen:
            sys.exit(f"{folder}: nothing converts")
        turn += 1
    return target


shutil.rmtree(o.work, ignore_errors=True)
os.makedirs(o.work)
result, isSame = dict(processors=os.cpu_count(), count=o.count, runs=o.runs), True
for name, verb, folder, endings in [("pictures", "trace", o.pictures, (".png", ".jpg", ".jpeg")), ("drawings", "pptx", o.drawings, (".svg",))]:
    inputs = choose(verb, folder, endings, name)
    times, digests = {t: [] for t in threads}, set()
    for run in range(o.runs):
        for t in threads:
            # Kept to the end: for minutes ext4 looks at each inode that was freed before it makes a file.
            out = os.path.join(o.work, f"{name}-{run}-{t}")
            code, wall, cpu = convert(verb, inputs + "/", out + "/", t)
            if code:
                sys.exit(f"{verb} with {t} threads: exit code {code}")
            times[t].append((wall, cpu))
            digests.add(digest(out))
    isSame = isSame and len(digests) == 1
    median = {t: tuple(statistics.median(x[i] for x in times[t]) for i in (0, 1)) for t in threads}
    result[name] = [
        dict(
            threads=t, wall=round(median[t][0], 3), cpu=round(median[t][1], 3), cpu_ratio=round(median[t][1] / median[1][1], 3),
            speed_up=round(median[1][0] / median[t][0], 2), efficiency=round(median[1][0] / median[t][0] / min(t, os.cpu_count()), 3))
        for t in threads
    ]
result["same_bytes"] = isSame
print(json.dumps(result))
sys.exit(not isSame)
