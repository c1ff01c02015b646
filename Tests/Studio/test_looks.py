"""What holds in every view, in both themes and on a phone: nothing for axe to find, every stop of the Tab key seen and named."""
import collection
import samples
from harness import add, axe, file, new_page, open_view, visit
from waiting import until

FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const name = (e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent || e.title || e.value || '').trim();
  const hit = l => l && (s => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none')(getComputedStyle(l));
  const seen = hit(e) || hit(e.nextElementSibling) || hit(e.parentElement);
  return {what: `${e.localName} ${e.id || e.className} ${name.slice(0, 30)}`, name, seen};
}"""


def filled(page, view):
    """A view with something in it."""
    if view == "collections":
        open_view(page, view)
        page.set_input_files("input[accept='.zip']", [file("set.zip", collection.archive(collection.layers()), "application/zip")])
        page.wait_for_selector(".gal button")
        page.locator(".gal button").first.click()
        page.wait_for_selector(".item-detail img")
        return
    add(page, file("badge.png", samples.badge(), "image/png"), *[file("partly.svg", collection.PARTLY, "image/svg+xml")] * (view == "slides"))
    open_view(page, view)
    if view == "slides":
        page.wait_for_selector(".paper svg")
        page.locator(".el").first.click()
    elif view == "performance":
        until(page, "!!document.querySelector('atelier-performance').dataset.snapshot")
    else:
        page.wait_for_selector("#result", state="visible")


def test_every_view_in_both_themes_and_on_a_phone(browser, url):
    for how in ({}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}):
        for view in ("trace", "slides", "collections", "performance"):
            page, problems = new_page(browser, **how)
            visit(page, url)
            filled(page, view)
            found = axe(page)
            assert not found, f"{view} {how}: {found[:3]}"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{view} {how}: wider than the window"
            assert not problems, f"{view} {how}: {problems[:3]}"
            page.context.close()


def test_tab_stops_are_seen_and_named(browser, url):
    for view in ("trace", "slides", "collections", "performance"):
        page, _ = new_page(browser)
        visit(page, url)
        filled(page, view)
        page.evaluate("document.activeElement.blur()")
        stops = []
        for _ in range(60):
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUS)
            if stop:
                stops.append(stop)
        assert len(stops) > 20, f"{view}: {len(stops)} stops"
        bad = [s["what"] for s in stops if not (s["seen"] and s["name"])]
        assert not bad, f"{view}: {bad[:5]}"
        page.context.close()
