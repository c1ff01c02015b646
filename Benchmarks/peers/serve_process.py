"""A service of our own for the harnesses beside this file: started on a free port, watched, stopped. No program by itself."""
import http.client, json, os, socket, struct, subprocess, tempfile, time, urllib.parse, zlib


def png(width, height, seed=1, colors=6, cell=16):
    """A picture of coloured cells; no two seeds give the same."""
    state, rows, line = seed * 2654435761 % 2**32 or 1, [], b""
    for y in range(height):
        if y % cell == 0:
            line = b""
            for x in range(0, width, cell):
                state = (state * 1664525 + 1013904223) % 2**32
                c = state >> 16
                line += bytes(((c % colors) * 255 // colors, (c // 7 % colors) * 255 // colors, (c // 49 % 3) * 100)) * min(cell, width - x)
        rows.append(b"\0" + line)
    return encoded(width, height, b"".join(rows), 6)


def encoded(width, height, rows, level):
    """A PNG of rows of RGB, each behind the byte 0."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, level)) + chunk(b"IEND", b"")


def salted(picture, word):
    """A PNG that looks the same and was never seen before: results are found by the bytes of their sources."""
    data = b"tEXt" + b"salt\0" + word.encode()
    return picture[:33] + struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data)) + picture[33:]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Service:
    """`atelier serve` in a folder of its own. Use as a context."""

    def __init__(self, program, *flags, environment=None):
        self.folder = tempfile.TemporaryDirectory(prefix="atelier-serve-")
        self.port = free_port()
        self.state = self.folder.name + "/state"
        os.makedirs(self.state, mode=0o700)
        self.words = [program, "serve", "--port", str(self.port), "--data", self.state, "--cache-dir", self.folder.name + "/cache", *flags]
        self.environment = {**os.environ, **(environment or {})}
        self.program, self.log = program, self.folder.name + "/log"

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stderr=open(self.log, "wb"), stdout=subprocess.DEVNULL, env=self.environment)
        end = time.time() + 30
        while time.time() < end:
            if self.process.poll() is not None:
                break
            try:
                if self.request("GET", "/healthz")[0] == 200:
                    return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the service did not start: " + open(self.log, errors="replace").read()[-2000:])

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.folder.cleanup()

    def key(self, name, scopes="read,convert"):
        """Adds a key and gives its text."""
        out = subprocess.run(
            [self.program, "keys", "add", name, "--scopes", scopes, "--data", self.state], check=True, capture_output=True,
            text=True, env=self.environment)
        return out.stdout.strip()

    def request(self, method, path, body=None, headers=None, timeout=30, connection=None):
        c = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        c.request(method, path, body, headers or {})
        answer = c.getresponse()
        data = answer.read()
        fields = {k.lower(): v for k, v in answer.getheaders()}
        if connection is None:
            c.close()
        return answer.status, fields, data

    def trace(self, picture, query=""):
        """Traces a picture; the digest of the result and its length."""
        status, _, data = self.request(
            "POST", "/v1/trace" + query, picture, {"Content-Type": "image/png", "Accept": "application/json"}, timeout=120)
        if status != 200:
            raise SystemExit(f"tracing failed: {status} {data[:300]}")
        result = json.loads(data)["result"]
        return result["url"], result["bytes"]

    def memory(self):
        """Resident bytes."""
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024

    def is_alive(self):
        return self.process.poll() is None
