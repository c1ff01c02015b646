"""What the live figures cost the page: time of its main thread while nothing else happens, as a share of one core.

    python3 Tests/Studio/cost.py --program ATELIER [--seconds 20] [--budget 1]

Measured by DevTools: TaskDuration, by the clock and by the thread's own time (which a busy machine does not change), in turns: with
the figures folded away, with the dock, and in the Performance view, while the service has something to do. Status 1 over the budget,
in percent of a core by the thread's own time.
"""
import argparse
import statistics
import sys
import threading
import urllib.request

import harness
import samples


def busy(url, stop):
    """Small traces, some of them the same, several a second."""
    picture = samples.badge(48)
    count = 0
    while not stop.wait(0.2):
        count += 1
        request = urllib.request.Request(f"{url}v1/trace?colors={2 + count % 12}", data=picture, headers={"Content-Type": "image/png"})
        try:
            urllib.request.urlopen(request, timeout=60).read()
        except OSError:
            pass  # a refused request is load too


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--folder")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--budget", type=float, help="most percent of a core")
    said = parser.parse_args()
    with harness.service(said.program, said.folder) as url, harness.browser() as browser:
        stop = threading.Event()
        threading.Thread(target=busy, args=(url, stop), daemon=True).start()
        found = {}
        for domain in ("threadTicks", "timeTicks"):
            page, _ = harness.new_page(browser)
            harness.visit(page, url)
            page.wait_for_selector("atelier-dock section")
            devtools = page.context.new_cdp_session(page)
            devtools.send("Performance.enable", {"timeDomain": domain})

            def spent():
                return {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}

            def folded(is_folded):
                page.evaluate("f => document.querySelector('atelier-dock').setFolded(f)", is_folded)

            def show(what):
                page.click(f"[data-go={'performance' if what == 'performance' else 'trace'}]")
                folded(what == "folded")

            for _ in range(said.rounds):
                for what in ("folded", "dock", "performance"):
                    show(what)
                    page.wait_for_timeout(1500)
                    before = spent()
                    page.wait_for_timeout(said.seconds * 1000)
                    after = spent()
                    row = {k: 100 * (after[k] - before[k]) / said.seconds for k in ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")}
                    found.setdefault((domain, what), []).append(row)
            page.context.close()
        stop.set()
    worst = 0
    for (domain, what), rows in found.items():
        middle = {k: statistics.median(r[k] for r in rows) for k in rows[0]}
        kind = "thread's own time" if domain == "threadTicks" else "by the clock"
        print(f"{what:12} {kind:18} " + "  ".join(f"{k.removesuffix('Duration').lower()} {v:.2f} %" for k, v in middle.items()))
        if domain == "threadTicks":
            worst = max(worst, middle["TaskDuration"])
    return 1 if said.budget and worst > said.budget else 0


if __name__ == "__main__":
    sys.exit(main())
