#!/usr/bin/env python3
"""Ten times as much work as can be done, for two minutes: nobody gets a 5xx, health answers at once, memory stays, equal keys have equal shares.

  serve_flood.py --atelier .build/release/atelier [--seconds 120] [--keys 6] [--times 10] [--flags "--queue 64"]

First the capacity: as many clients as processors trace one new picture after the other for ten seconds. Then every key, a process
of its own, sends new pictures at its part of `times` the capacity whether or not answers come (open loop; the first key twice as
many as the others). One more process asks /healthz twenty times a second. Exit 1 when a 5xx or a broken connection was seen, p99 of
/healthz is above 50 ms, memory in the last quarter is more than 64 MB above that of the second, or Jain's index of the pictures
traced for the keys is below 0.95.
"""
import argparse, asyncio, http.client, json, multiprocessing, os, statistics, threading, time
from serve_process import Service, png, salted

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--atelier", required=True)
parser.add_argument("--seconds", type=float, default=120)
parser.add_argument("--keys", type=int, default=6)
parser.add_argument("--times", type=float, default=10)
parser.add_argument("--side", type=int, default=256)
parser.add_argument("--flags", default="")
a = parser.parse_args()

shown = [png(a.side, a.side, seed=m, cell=8) for m in range(50)]


def capacity(service, key, seconds=10):
    done, end = [0] * os.cpu_count(), time.time() + seconds

    def work(n):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        while time.time() < end:
            status, _, data = service.request(
                "POST", "/v1/trace", salted(shown[done[n] % 50], f"c{n}-{done[n]}"), {"Content-Type": "image/png", "Authorization": "Bearer " + key},
                connection=connection)
            if status != 200:
                raise SystemExit(f"capacity: {status} {data[:200]}")
            done[n] += 1
    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(done))]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return sum(done) / seconds


def flood(number, port, key, rate, seconds, pictures, out):
    """Sends pictures at a rate and counts what comes back. Each has an address of its own: one has no more than 28 000 ports a minute."""
    counts, waits, idle, fails, said = {}, [], [], {}, None

    async def one(body):
        nonlocal said
        start = time.time()
        try:
            reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.0.{number + 2}", 0))
            writer.write((f"POST /v1/trace HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: image/png\r\n"
                          f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 120)
            status = int(head.split(b" ", 2)[1])
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answer = await reader.readexactly(length)
            if status >= 500:
                said = said or answer[:300].decode("utf-8", "replace")
            counts[status] = counts.get(status, 0) + 1
            if status == 200:
                waits.append(time.time() - start)
            if b"connection: close" in head.lower() or len(idle) > 200:
                writer.close()
            else:
                idle.append((reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, asyncio.LimitOverrunError) as error:
            name = f"{type(error).__name__} {getattr(error, 'errno', None) or ''}".strip()
            fails[name] = fails.get(name, 0) + 1

    async def work():
        tasks, sent, start = set(), 0, time.time()
        while (now := time.time() - start) < seconds:
            while sent < now * rate:
                task = asyncio.create_task(one(salted(pictures[sent % len(pictures)], f"{number}-{sent}")))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                sent += 1
            await asyncio.sleep(0.01)
        await asyncio.wait(tasks, timeout=120) if tasks else None
        return sent
    sent = asyncio.run(work())
    out.put({"key": number, "sent": sent, "counts": counts, "broken": fails, "said": said,
             "wait_ms": [round(q * 1000) for q in statistics.quantiles(waits, n=100)[49::45]] if len(waits) > 1 else None})


def probe(port, seconds, out):
    times, failures, end = [], 0, time.time() + seconds
    while time.time() < end:
        start = time.time()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/healthz")
            if connection.getresponse().status != 200:
                failures += 1
            connection.close()
        except OSError:
            failures += 1
        times.append((time.time() - start) * 1000)
        time.sleep(0.05)
    out.put((times, failures))


flags = a.flags.split()
with Service(a.atelier, "--rate", "off", "--log", "off", "--memory-limit", "128MiB", *flags) as service:
    keys = [service.key(f"client-{n}") for n in range(a.keys)]
    time.sleep(1.5)
    rate = capacity(service, keys[0])
    offered = rate * a.times
    # Twice the part for the first.
    parts = [offered * (2 if n == 0 else 1) / (a.keys + 1) for n in range(a.keys)]
    pictures = [[png(a.side, a.side, seed=1000 * n + m, cell=8) for m in range(50)] for n in range(a.keys)]
    out, probes = multiprocessing.Queue(), multiprocessing.Queue()
    processes = [multiprocessing.Process(target=flood, args=(n, service.port, keys[n], parts[n], a.seconds, pictures[n], out)) for n in range(a.keys)]
    processes.append(multiprocessing.Process(target=probe, args=(service.port, a.seconds, probes)))
    [p.start() for p in processes]
    memory, start = [], time.time()
    while time.time() - start < a.seconds:
        memory.append(service.memory() / 1e6)
        time.sleep(0.5)
    times, failures = probes.get(timeout=300)
    clients = sorted((out.get(timeout=300) for _ in range(a.keys)), key=lambda c: c["key"])
    [p.join() for p in processes]
    alive = service.is_alive()
done = [c["counts"].get(200, 0) for c in clients]
jain = sum(done) ** 2 / (len(done) * sum(d * d for d in done)) if any(done) else 0
server_errors = sum(n for c in clients for s, n in c["counts"].items() if s >= 500)
broken = sum(n for c in clients for n in c["broken"].values())
p99 = statistics.quantiles(times, n=100)[98]
quarter = len(memory) // 4
growth = max(memory[3 * quarter:]) - max(memory[quarter:2 * quarter])
failed = [text for text, holds in (
    ("a 5xx", server_errors == 0), ("a broken connection", broken == 0), ("healthz p99", p99 <= 50 and failures == 0), ("memory grew", growth <= 64),
    ("shares", jain >= 0.95), ("the service has ended", alive)) if not holds]
print(json.dumps({
    "schema": "serve-flood/1", "capacity_per_second": round(rate, 1), "offered_per_second": round(sum(c["sent"] for c in clients) / a.seconds, 1),
    "done_per_second": round(sum(done) / a.seconds, 1), "done": done, "jain": round(jain, 4), "clients": clients,
    "healthz_ms": {"p50": round(statistics.median(times), 2), "p99": round(p99, 2), "most": round(max(times), 2), "asked": len(times), "failed": failures},
    "memory_mb": {"begin": round(memory[0]), "second_quarter": round(max(memory[quarter:2 * quarter])), "last_quarter": round(max(memory[3 * quarter:]))},
    "failed": failed}, indent=1))
raise SystemExit(1 if failed else 0)
