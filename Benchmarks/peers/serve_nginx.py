#!/usr/bin/env python3
"""Cached results over HTTP, ours beside nginx serving the same bytes as files: paired runs of wrk.

  serve_nginx.py --atelier .build/release/atelier [--turns 7] [--seconds 3] [--workers 2] [--connections 16]

Two pictures are traced whose results have about 10 kB and 1 MB. The service answers for them by digest; nginx has the same bytes as
files (sendfile, no log, as many workers). In each turn wrk asks one, then the other, in changing order; the ratio is ours to nginx's
requests a second of one turn, the figure its median with the quartiles. Bytes are compared first. Needs wrk and nginx.
"""
import argparse, json, os, re, statistics, subprocess, tempfile, time, urllib.request
from serve_process import Service, free_port, png

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--atelier", required=True)
parser.add_argument("--turns", type=int, default=7)
parser.add_argument("--seconds", type=int, default=3)
parser.add_argument("--workers", type=int, default=2)
parser.add_argument("--connections", type=int, default=16)
parser.add_argument("--threads", type=int, default=2, help="of wrk")
a = parser.parse_args()


def wrk(url):
    out = subprocess.run(
        ["wrk", f"-t{a.threads}", f"-c{a.connections}", f"-d{a.seconds}s", "--latency", url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"{url}: {out}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    return rate, float(p99.group(1)) * {"us": 1e-3, "ms": 1, "s": 1e3}[p99.group(2)]


def result_of(service, wanted):
    """A traced picture whose result has about so many bytes: cells cost some 60 bytes each."""
    side, best = 16, None
    for side in (64, 96, 128, 160, 192, 256, 320, 384, 448, 512, 640, 768, 1024, 1280, 1536, 1792, 2048):
        url, count = service.trace(png(side, side, cell=8), "?colors=24")
        if best is None or abs(count - wanted) < abs(best[1] - wanted):
            best = (url, count)
        if count > wanted:
            break
    return best


report = {"schema": "serve-nginx/1", "workers": a.workers, "connections": a.connections, "sizes": []}
with Service(a.atelier, "--rate", "off", "--server-threads", str(a.workers), "--log", "off") as service, tempfile.TemporaryDirectory() as folder:
    port = free_port()
    os.chmod(folder, 0o755)
    conf = f"""worker_processes {a.workers}; daemon off; pid {folder}/pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type image/svg+xml;
 server {{ listen 127.0.0.1:{port}; root {folder}; }} }}"""
    open(folder + "/nginx.conf", "w").write(conf)
    nginx = subprocess.Popen(["nginx", "-c", folder + "/nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        for wanted in (10_000, 1_000_000):
            path, count = result_of(service, wanted)
            ours, theirs = f"http://127.0.0.1:{service.port}{path}", f"http://127.0.0.1:{port}/{wanted}.svg"
            data = urllib.request.urlopen(ours).read()
            open(f"{folder}/{wanted}.svg", "wb").write(data)
            assert urllib.request.urlopen(theirs).read() == data and len(data) == count
            turns = []
            for turn in range(a.turns):
                if turn % 2:
                    other = wrk(theirs)
                    own = wrk(ours)
                else:
                    own = wrk(ours)
                    other = wrk(theirs)
                turns.append((own, other))
            ratios = [own[0] / other[0] for own, other in turns]
            report["sizes"].append({
                "bytes": count, "ratio": round(statistics.median(ratios), 3),
                "quartiles": [round(q, 3) for q in statistics.quantiles(ratios, n=4)[::2]] if len(ratios) > 1 else None,
                "ours_per_second": round(statistics.median(own[0] for own, _ in turns)),
                "nginx_per_second": round(statistics.median(other[0] for _, other in turns)),
                "ours_p99_ms": round(statistics.median(own[1] for own, _ in turns), 2),
                "nginx_p99_ms": round(statistics.median(other[1] for _, other in turns), 2)})
    finally:
        nginx.terminate()
        nginx.wait()
    report["resident_mb"] = round(service.memory() / 1e6, 1)
print(json.dumps(report, indent=1))
raise SystemExit(0 if all(size["ratio"] >= 0.8 for size in report["sizes"]) else 1)
