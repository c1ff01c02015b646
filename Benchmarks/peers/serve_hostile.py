#!/usr/bin/env python3
"""Clients that mean no good, against a real service: every one gets the right status, and memory and answers to others stay bounded.

  serve_hostile.py --atelier .build/release/atelier [--idle 10000] [--only NAME,NAME]

While each attack lasts, another client asks /healthz ten times a second; its slowest answer and the service's resident memory are
reported. Exit 1 when a status is wrong, the service has ended, an answer to /healthz took more than a second, or memory grew by
more than 256 MB. 10 000 idle connections need `ulimit -n` above 20 100 for both programs; it is raised here where that is allowed.
"""
import argparse, http.client, io, json, resource, socket, struct, threading, time, zipfile, zlib, gzip
from serve_process import Service, png

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--atelier", required=True)
parser.add_argument("--idle", type=int, default=10_000)
parser.add_argument("--only", default="")
a = parser.parse_args()
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * a.idle + 1000)), hard))
rows, bad = [], []


class Watch:
    """Asks /healthz ten times a second on a connection each, and looks at the memory."""

    def __init__(self, service):
        self.service, self.slowest, self.failures, self.most, self.runs = service, 0, 0, 0, True
        self.begin = service.memory()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while self.runs:
            start = time.time()
            try:
                if self.service.request("GET", "/healthz", timeout=10)[0] != 200:
                    self.failures += 1
            except OSError:
                self.failures += 1
            self.slowest = max(self.slowest, time.time() - start)
            self.most = max(self.most, self.service.memory() or 0)
            time.sleep(0.1)

    def end(self):
        self.runs = False
        self.thread.join()


def attack(service, name, run):
    if a.only and name not in a.only.split(","):
        return
    watch = Watch(service)
    start = time.time()
    try:
        problems = run()
    except Exception as error:  # a harness that stops at the first attack shows no other
        problems = [f"{type(error).__name__}: {error}"]
    seconds = time.time() - start
    watch.end()
    if not service.is_alive():
        problems.append("the service has ended")
    if watch.failures:
        problems.append(f"/healthz failed {watch.failures} times")
    if watch.slowest > 1:
        problems.append(f"/healthz took {watch.slowest:.2f} s")
    grown = (watch.most - watch.begin) / 1e6
    if grown > 256:
        problems.append(f"memory grew by {grown:.0f} MB")
    rows.append({"attack": name, "ok": not problems, "seconds": round(seconds, 1), "healthz_slowest_ms": round(watch.slowest * 1000, 1),
                 "memory_grown_mb": round(grown, 1), "problems": problems})
    print(("ok    " if not problems else "FAIL  ") + json.dumps(rows[-1]), flush=True)
    bad.extend(problems)


def open_socket(service):
    s = socket.create_connection(("127.0.0.1", service.port), timeout=40)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def status_of(s):
    """The status of an answer; 0 when the connection ends without one."""
    try:
        data = s.recv(4096)
    except OSError:
        return 0
    return int(data.split(b" ", 2)[1]) if data.startswith(b"HTTP/1.1 ") else 0


def still_open(sockets):
    """Sends a byte a second on each for a minute; those that nobody has closed by then."""
    start, left = time.time(), set(sockets)
    while left and time.time() - start < 60:
        time.sleep(1)
        for s in list(left):
            try:
                s.sendall(b"a")
                s.setblocking(False)
                try:
                    if s.recv(4096) == b"":
                        raise OSError
                except BlockingIOError:
                    pass
                s.setblocking(True)
            except OSError:
                s.close()
                left.discard(s)
    for s in left:
        s.close()
    return left


def slow_heads(service):
    """300 connections that send a byte of their head a second: let go in time."""
    sockets = [open_socket(service) for _ in range(300)]
    for s in sockets:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ")
    left = still_open(sockets)
    return [f"{len(left)} slow heads were let in for a minute"] if left else []


def slow_bodies(service):
    """100 uploads of a byte a second: ended, not served for ever."""
    sockets = [open_socket(service) for _ in range(100)]
    for s in sockets:
        s.sendall(b"POST /v1/blobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\n")
    left = still_open(sockets)
    return [f"{len(left)} slow bodies were taken for a minute"] if left else []


def slow_readers(service, path):
    """50 clients that ask for a megabyte ten times over and read nothing."""
    sockets = [open_socket(service) for _ in range(50)]
    for s in sockets:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 10)
    time.sleep(10)
    for s in sockets:
        s.close()
    return []


def declared(service):
    """A body of 1 TiB is refused before it comes."""
    problems = []
    for path in ("/v1/blobs", "/v1/trace", "/v1/pptx"):
        s = open_socket(service)
        s.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: {1 << 40}\r\n\r\n".encode())
        start = time.time()
        status = status_of(s)
        if status != 413 or time.time() - start > 2:
            problems.append(f"{path} with 1 TiB declared: {status} after {time.time() - start:.1f} s")
        s.close()
    return problems


def endless(service):
    """A chunked body without an end is cut at the limit."""
    s = open_socket(service)
    s.sendall(b"POST /v1/blobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece, sent = b"100000\r\n" + bytes(1 << 20) + b"\r\n", 0
    try:
        while sent < 2 << 30:
            s.sendall(piece)
            sent += 1 << 20
    except OSError:
        pass
    s.close()
    return [] if sent < 1 << 30 else [f"{sent >> 20} MiB were taken"]


def png_of(width, height, data):
    chunk = lambda kind, d: struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def expect(service, name, path, body, kind, statuses, timeout=60):
    status, fields, data = service.request("POST", path, body, {"Content-Type": kind}, timeout=timeout)
    problems = []
    if status not in statuses:
        problems.append(f"{name}: {status} {data[:200]!r}")
    elif not fields.get("content-type", "").startswith("application/problem+json"):
        problems.append(f"{name}: {status} without problem+json")
    return problems


def pixel_bombs(service):
    """Few bytes that would be gigabytes of pixels."""
    refused = (413, 422)
    packed = zlib.compress(bytes(1 << 20), 9) * 1
    problems = expect(service, "PNG of 60000 x 60000", "/v1/trace", png_of(60_000, 60_000, packed), "image/png", refused)
    problems += expect(service, "PNG of 2^31 x 2^31", "/v1/trace", png_of(2**31 - 1, 2**31 - 1, packed), "image/png", refused + (400,))
    # Well-formed, 30000 x 30000 in 2.6 MB.
    deflater, rows = zlib.compressobj(9), []
    line = bytes(1 + 3 * 30_000) * 100
    data = b"".join(deflater.compress(line) for _ in range(300)) + deflater.flush()
    problems += expect(service, "PNG of 30000 x 30000, whole", "/v1/trace", png_of(30_000, 30_000, data), "image/png", refused)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"><filter id="f"><feGaussianBlur stdDeviation="1e8"/></filter><rect width="1e9" height="1e9" filter="url(#f)"/></svg>'
    status, _, data = service.request("POST", "/v1/pptx", svg, {"Content-Type": "image/svg+xml"}, timeout=60)
    if status >= 500:
        problems.append(f"SVG of 10^9: {status} {data[:200]!r}")
    return problems


def entity_bombs(service):
    """XML that grows, XML that is deep, markup packed a thousandfold."""
    lines = ['<!ENTITY a0 "aaaaaaaaaa">'] + [f'<!ENTITY a{n} "{("&a%d;" % (n - 1)) * 10}">' for n in range(1, 12)]
    laughs = f'<!DOCTYPE svg [{"".join(lines)}]><svg xmlns="http://www.w3.org/2000/svg"><text>&a11;</text></svg>'.encode()
    problems = expect(service, "a billion laughs", "/v1/pptx", laughs, "image/svg+xml", (400, 413, 422))
    outside = b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>'
    status, _, data = service.request("POST", "/v1/pptx", outside, {"Content-Type": "image/svg+xml", "Accept": "application/json"}, timeout=60)
    if b"root:" in data or status >= 500:
        problems.append(f"an entity of a file: {status} {data[:200]!r}")
    deep = b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g>" * 200_000 + b"</g>" * 200_000 + b"</svg>"
    problems += expect(service, "200 000 groups in one another", "/v1/pptx", deep, "image/svg+xml", (400, 413, 422))
    packed = gzip.compress(b'<svg xmlns="http://www.w3.org/2000/svg">' + b" " * (2 << 30 >> 2) + b"</svg>", 9)
    status, _, data = service.request("POST", "/v1/pptx", packed, {"Content-Type": "image/svg+xml"}, timeout=60)
    if status >= 500 or status == 200:
        problems.append(f"512 MiB of blanks in {len(packed) >> 10} KiB: {status} {data[:200]!r}")
    return problems


def zip_bombs(service):
    """An archive whose one file would be 4 GB, and one with 60 000 files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with archive.open("layers/background/blue.png", "w", force_zip64=True) as file:
            block = bytes(1 << 20)
            for _ in range(1024):
                file.write(block)
    problems = []
    for path in ("/v1/compose", "/v1/compose/plan"):
        status, fields, data = service.request("POST", path, buffer.getvalue(), {"Content-Type": "application/zip"}, timeout=120)
        if not 400 <= status < 500:
            problems.append(f"{path} with 1 GB in {len(buffer.getvalue()) >> 10} KiB: {status} {data[:200]!r}")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for n in range(60_000):
            archive.writestr(f"layers/a/{n}.png", b"")
    status, _, data = service.request("POST", "/v1/compose", buffer.getvalue(), {"Content-Type": "application/zip"}, timeout=120)
    if not 400 <= status < 500:
        problems.append(f"60 000 files: {status} {data[:200]!r}")
    return problems


def paths(service):
    """Tricks with paths and heads: 4xx, and never a file."""
    problems = []
    for path in (
            "/../../etc/passwd", "/assets/../../etc/passwd", "/assets/..%2f..%2fetc/passwd", "/v1/blobs/..%2f..%2fetc%2fpasswd",
            "/v1/jobs/%2e%2e/%2e%2e/etc/passwd", "/%00", "/v1/blobs/%zz", "/v1/blobs/" + "a" * 8000, "/v1/jobs/\xff", "//etc/passwd",
            "/v1/presets/", "/v1/blobs/" + "0" * 63, "/v1/schema/../../keys.json", "/v1/schema/..%2fkeys"):
        s = open_socket(service)
        s.sendall(b"GET " + path.encode("latin-1") + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        data = b""
        try:
            while piece := s.recv(65536):
                data += piece
        except OSError:
            pass
        s.close()
        status = int(data.split(b" ", 2)[1]) if data.startswith(b"HTTP/1.1 ") else 0
        if not 400 <= status < 500 or b"root:" in data:
            problems.append(f"{path[:60]!r}: {status} {data[:80]!r}")
    for head in (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b"\0" * 1000, b"GET\r\n\r\n",
                 b"POST /v1/trace HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
                 b"POST /v1/trace HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"):
        s = open_socket(service)
        try:
            s.sendall(head)
            s.shutdown(socket.SHUT_WR)
            status = status_of(s)
            if status != 0 and not 400 <= status < 500:
                problems.append(f"head {head[:40]!r}: {status}")
        except OSError:
            pass
        s.close()
    status, _, data = service.request("GET", "/v1/presets", headers={"Host": "evil.example"})
    if status not in (403, 421):
        problems.append(f"another site's host: {status}")
    status, _, data = service.request("POST", "/v1/cache/invalidate", b"{}", {"Origin": "http://evil.example", "Content-Type": "text/plain"})
    if status != 403:
        problems.append(f"a page of another site: {status}")
    return problems


def idle(service):
    """Many connections that say nothing; others are served, and they are let go."""
    sockets, refused = [], 0
    for n in range(a.idle):
        try:
            s = socket.socket()
            s.settimeout(5)
            # A client has some 28 000 ports for each address of the other side.
            s.connect(("127.0.0.1", service.port))
            sockets.append(s)
        except OSError:
            refused += 1
            s.close()
    time.sleep(15)
    closed = 0
    for s in sockets:
        s.setblocking(False)
        try:
            if s.recv(1) == b"":
                closed += 1
        except BlockingIOError:
            pass
        except OSError:
            closed += 1
        s.close()
    print(f"      {len(sockets)} idle connections, {refused} refused, {closed} let go after 15 s", flush=True)
    return [] if closed >= len(sockets) * 0.99 else [f"{len(sockets) - closed} of {len(sockets)} idle connections were kept"]


with Service(a.atelier, "--rate", "off", "--log", "off") as service:
    url, count = service.trace(png(512, 512, cell=8), "?colors=24")
    attack(service, "declared", lambda: declared(service))
    attack(service, "paths", lambda: paths(service))
    attack(service, "pixel-bombs", lambda: pixel_bombs(service))
    attack(service, "entity-bombs", lambda: entity_bombs(service))
    attack(service, "zip-bombs", lambda: zip_bombs(service))
    attack(service, "endless", lambda: endless(service))
    attack(service, "slow-readers", lambda: slow_readers(service, url))
    attack(service, "slow-heads", lambda: slow_heads(service))
    attack(service, "slow-bodies", lambda: slow_bodies(service))
    attack(service, "idle", lambda: idle(service))
    status, _, data = service.request("POST", "/v1/trace", png(128, 128, seed=9), {"Content-Type": "image/png"})
    if status != 200:
        bad.append(f"afterwards a picture is traced with {status}")
print(json.dumps({"schema": "serve-hostile/1", "attacks": rows, "failed": bad}))
raise SystemExit(1 if bad else 0)
