"""The live monitor: figures, charts, tables, lanes, flame, jobs; the same numbers as /metrics; nothing while nobody looks."""
import re
import urllib.request

import samples
from harness import add, file, open_view
from waiting import until

FAST = True
SHOWN = "document.querySelector('atelier-performance')"


def traced(page, count=3):
    add(page, *[file(f"badge-{n}.png", samples.badge(48, tint=20 * n), "image/png") for n in range(count)])
    page.wait_for_selector("#result", state="visible")


def opened(page):
    open_view(page, "performance")
    until(page, f"!!{SHOWN}.dataset.snapshot")


def metrics(text, name, **labels):
    """The sum of the samples of a name in Prometheus' text that have these labels."""
    values = []
    for line in text.splitlines():
        found = re.match(rf"{name}(?:\{{(.*)\}})? (\S+)$", line)
        if found and all(f'{k}="{v}"' in (found.group(1) or "") for k, v in labels.items()):
            values.append(float(found.group(2)))
    assert values, f"no sample {name} {labels}"
    return sum(values)


def test_figures_charts_and_tables_show_what_the_service_does(page):
    traced(page)
    opened(page)
    until(page, "[...document.querySelectorAll('.kp dd span')].every(e => e.textContent)")
    until(page, "document.querySelectorAll('.card table tbody tr').length > 4")
    assert page.locator("atelier-chart canvas").count() >= 5
    # Something is drawn: not every pixel of a chart is the same.
    until(page, "(() => { const c = document.querySelector('.pg atelier-chart canvas'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; return new Set(d).size > 4; })()")
    until(page, "[...document.querySelectorAll('.card table')].some(t => t.textContent.includes('tracing.'))")


def test_the_panel_and_metrics_say_the_same_under_one_number(page, url):
    traced(page)
    opened(page)
    for _ in range(200):
        # What the panel shows, and what /metrics says, at one moment.
        number, cells, text = page.evaluate(
            """async () => {
              const table = document.querySelector('table[aria-label="Cache by level"]');
              const text = await (await fetch('/metrics')).text(), e = document.querySelector('atelier-performance');
              return [e.dataset.snapshot, [...table.tBodies[0].rows].map(r => [...r.cells].map(c => c.textContent)), text];
            }"""
        )
        if metrics(text, "atelier_snapshot_number") == float(number) and number == page.evaluate(f"{SHOWN}.dataset.told"):
            break
        page.wait_for_timeout(50)
    else:
        raise AssertionError("the panel never showed the snapshot that /metrics spoke of")
    for name, _, hits, misses, *_ in cells:
        for shown, kind in ((hits, "hits"), (misses, "misses")):
            said = metrics(text, f"atelier_cache_level_{kind}_total", level=name)
            assert float(shown.replace("\u202f", "")) == said, (number, name, kind, shown, said)


def test_a_table_tells_readers_what_a_chart_shows(page):
    opened(page)
    until(page, "[...document.querySelectorAll('atelier-chart table td')].some(t => /[0-9]/.test(t.textContent))")


def test_pointing_at_a_chart_reads_it_out(page):
    opened(page)
    chart = page.locator(".pg atelier-chart").first
    until(page, "document.querySelector('.pg atelier-chart').what.ring.count > 1")
    for _ in range(100):
        box = chart.bounding_box()
        page.mouse.move(box["x"] + box["width"] - 12, box["y"] + 30)
        page.wait_for_timeout(100)
        if chart.locator(".tip").is_visible():
            break
    assert "p95" in chart.locator(".tip").inner_text()


def test_a_job_is_listed_and_can_be_cancelled(page, url):
    opened(page)
    page.evaluate(
        """async bytes => {
          const held = await (await fetch('/v1/blobs', {method: 'POST', body: new Uint8Array(bytes)})).json();
          const inputs = Array.from({length: 60}, (_, n) => ({digest: held.digest, name: `${n}.png`}));
          await fetch('/v1/jobs', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({kind: 'trace', inputs, settings: {colors: 7, auto: true}})});
        }""",
        list(samples.badge(160)),
    )
    until(page, "document.querySelectorAll('.jobs tbody tr').length >= 1")
    cancel = page.get_by_role("button", name=re.compile("^Cancel "))
    for _ in range(400):
        state = page.locator(".jobs tbody td").nth(1).inner_text()
        if state in ("cancelled", "done"):
            break
        if cancel.count():
            cancel.first.click()
        page.wait_for_timeout(100)
    assert state in ("cancelled", "done"), state


def test_a_recording_becomes_a_file(page):
    opened(page)
    with page.expect_download() as held:
        page.get_by_role("button", name="Record 10 s").click()
    assert open(held.value.path(), "rb").read().lstrip().startswith(b"<svg") or open(held.value.path(), "rb").read().startswith(b"<?xml")


def test_nothing_is_asked_or_drawn_after_leaving(page):
    page.wait_for_selector("atelier-dock")
    opened(page)
    page.click('[data-go="collections"]')
    page.wait_for_selector("atelier-collections")
    page.evaluate("document.querySelector('atelier-dock').hide()")
    page.evaluate("(e => { e.drawn = 0; const see = e.see; e.see = s => { e.drawn++; see.call(e, s); }; })(document.querySelector('atelier-performance'))")
    asked = []
    page.on("request", lambda r: asked.append(r.url))
    page.wait_for_timeout(2500)
    assert page.evaluate(f"{SHOWN}.drawn") == 0
    assert not [u for u in asked if "threads" in u or "history" in u or "jobs?" in u], asked


def test_the_dock_folds_and_stays_folded(page, url):
    page.wait_for_selector("atelier-dock section")
    until(page, "!!document.querySelector('atelier-dock').dataset.snapshot")
    page.get_by_role("button", name="Fold the figures").click()
    until(page, "document.querySelector('atelier-dock').clientHeight < 60")
    page.reload()
    page.wait_for_selector("atelier-dock[folded]")
    page.get_by_role("button", name="Unfold the figures").click()
    until(page, "document.querySelector('atelier-dock').clientHeight > 100")


def test_a_flame_of_many_boxes_is_a_canvas_and_of_few_can_be_read(page):
    opened(page)
    for count, kind in ((300, "svg"), (2400, "canvas")):
        page.evaluate(
            """n => { const e = document.createElement('atelier-flame'); e.id = 'flame' + n; document.querySelector('.pw').append(e);
              e.show({seconds: 1, frames: [{name: 'all', depth: 0, start: 0, width: 1}, ...Array.from({length: n - 1}, (_, i) => ({name: 'tracing.fit', depth: 1, start: i / n, width: 1 / n}))]}); }""",
            count,
        )
        until(page, f"document.querySelector('#flame{count}').children.length > 1")
        visible = page.evaluate(f"[...document.querySelector('#flame{count}').children].filter(e => getComputedStyle(e).display !== 'none' && !e.classList.contains('vh')).map(e => e.localName).join()")
        assert visible == kind, (count, visible)
    assert "all" in page.locator("#flame300 text").first.text_content()
