"""The stage, live settings and the strip of steps."""
import os

import samples
from waiting import comes, until

FAST = True
# The browser tells of every refused request, and that one is the point.
NOISY = ("test_a_service_that_forgot_a_file_is_sent_it_again", "test_a_busy_service_is_asked_again")
STAGE = "document.querySelector('atelier-stage')"


def opened(page, tmp, data=None):
    page.set_input_files("#files", samples.file(tmp, data=data))
    page.wait_for_selector("#result", state="visible")


def test_split_moves_by_keys_and_only_by_transforms(page, url, tmp):
    opened(page, tmp)
    before = page.evaluate(f"{STAGE}.orig.style.transform")
    page.locator("#split").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    until(page, f"{STAGE}.orig.style.transform !== '{before}'")
    assert page.evaluate(f"{STAGE}.orig.getAnimations().length") == 0
    assert "%" in page.get_attribute("#split", "aria-valuetext")


def test_compare_modes(page, url, tmp):
    opened(page, tmp)
    for key, name in enumerate(["split", "side", "overlay", "outline"], 1):
        page.keyboard.press(str(key))
        until(page, f"{STAGE}.classList.contains('{name}')")
    inked = f"{STAGE}.over.getContext('2d').getImageData(0, 0, {STAGE}.over.width, {STAGE}.over.height).data.some(v => v)"
    until(page, inked)


def test_nodes_are_those_of_the_drawing(page, url, tmp):
    opened(page, tmp)
    page.keyboard.press("n")
    until(page, f"{STAGE}.outline?.shapes?.length > 0")
    nodes, segments = page.evaluate(
        "async () => { const {nodesOf} = await import(document.querySelector('script[type=module]').src.replace('main.js', 'nodes.js'));"
        "const arc = nodesOf('M0 0h10v10a5 5 0 1110 0.5c1 2 3-4 5 6z'); return [arc.length / 2, arc.slice(-2)]; }")
    assert nodes == 5 and segments == [25, 16.5]


def test_zoom_to_the_pixel(page, url, tmp):
    opened(page, tmp)
    page.click(".zoom >> text=1:1")
    until(page, "document.querySelector('.zoom output').textContent === '100 %'")
    for percent in ("200 %", "300 %", "400 %"):
        page.keyboard.press("+")
        until(page, f"document.querySelector('.zoom output').textContent === '{percent}'")
    assert page.evaluate(f"{STAGE}.drawing.getBoundingClientRect().width") == 4 * 96
    assert page.evaluate(f"getComputedStyle({STAGE}.original).imageRendering") == "pixelated"
    page.keyboard.press("g")
    until(page, f"!{STAGE}.source.lastChild.hidden")
    page.keyboard.press("0")
    until(page, f"{STAGE}.isFit")


def test_pan_by_arrows_and_by_hand(page, url, tmp):
    opened(page, tmp)
    page.locator("atelier-stage").focus()
    x = page.evaluate(f"{STAGE}.view.x")
    page.keyboard.press("ArrowRight")
    until(page, f"{STAGE}.view.x === {x} - 40")
    box = page.locator("atelier-stage").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 30, steps=3)
    page.mouse.up()
    until(page, f"{STAGE}.view.x === {x} + 20")


def test_space_shows_the_original(page, url, tmp):
    opened(page, tmp)
    page.keyboard.down("Space")
    page.wait_for_selector("atelier-stage.peek")
    page.keyboard.up("Space")
    page.wait_for_selector("atelier-stage:not(.peek)")


def test_steps_say_what_ran(page, url, tmp):
    # A picture that no service has seen yet.
    opened(page, tmp, samples.badge(tint=os.urandom(1)[0], size=90 + os.urandom(1)[0] % 60))
    until(page, "document.querySelectorAll('.pipe li').length >= 5")
    page.locator("#corner").focus()
    page.keyboard.press("ArrowRight")
    until(page, "(() => { const s = [...document.querySelectorAll('.pipe li')].map(l => l.className + l.firstChild.textContent);"
        "return s.includes('hitQuantize') && s.includes('runFit') && s.includes('runWrite'); })()")


def test_figures_of_the_result(page, url, tmp):
    opened(page, tmp)
    until(page, "/^[01]\\.\\d{3} SSIM$/.test(document.querySelectorAll('.facts dd')[3].textContent)")
    assert int(page.locator(".facts dd").nth(0).text_content()) >= 4


def test_dragging_asks_for_the_newest_only(page, url, tmp):
    opened(page, tmp)
    # The first question stays without an answer while the slider goes on.
    drafts, held = [], []

    def ask(route):
        if '"brief"' in (route.request.post_data or ""):
            drafts.append(route.request.post_data)
            if len(drafts) == 1:
                return held.append(route)
        route.continue_()
    page.route("**/v1/trace", ask)
    drag = """([from, to]) => { const s = document.querySelector('#corner');
      for (let v = from; v <= to; v++) { s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); } }"""
    page.evaluate(drag, [10, 10])
    comes(page, held)
    page.evaluate(drag, [11, 110])
    held[0].continue_()
    until(page, "document.querySelector('atelier-trace').item.result.values.corner === 110")
    # A question that takes 700 ms is given up for a newer one.
    assert 2 <= len(drafts) <= 3 and '"corner":110' in drafts[-1], drafts


def test_an_answer_for_settings_that_were_left_is_dropped(page, url, tmp):
    opened(page, tmp)
    held = []
    page.route("**/v1/trace", lambda r: held.append(r) if '"corner":99' in (r.request.post_data or "") else r.continue_())
    for value in (99, 40):
        page.evaluate("v => { const s = document.querySelector('#corner'); s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); }", value)
        until(page, f"document.querySelector('output[for=corner]').textContent === '{value}°'")
    for request in held:
        request.continue_()
    page.wait_for_timeout(500)
    assert page.evaluate("document.querySelector('atelier-trace').item.result.values") == {}


def test_more_than_two_thousand_nodes_are_a_bitmap(page, url, tmp):
    opened(page, tmp)
    page.evaluate("""() => { const d = Array.from({length: 3000}, (_, i) => `L${i % 96} ${(i * 7) % 96}`).join('');
      return document.querySelector('atelier-stage').setDrawing(
        `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><path d="M0 0${d}Z"/></svg>`, 'many nodes', 3000); }""")
    page.wait_for_selector("#result canvas", state="visible")


def test_markup_of_the_service_never_enters_the_page(page, url, tmp):
    opened(page, tmp)
    page.evaluate("""() => document.querySelector('atelier-stage').setDrawing(
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>window.struck = 1</script><rect width="9" height="9"/></svg>', 'x', 1)""")
    page.keyboard.press("4")
    page.wait_for_timeout(100)
    assert page.evaluate("window.struck === undefined && !document.querySelector('main svg script, main svg rect')")


def test_the_split_is_dragged_by_hand(page, url, tmp):
    opened(page, tmp)
    box = page.locator("#split").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - box["width"] / 4, middle[1], steps=4)
    page.mouse.up()
    until(page, f"Math.abs({STAGE}.share - 0.25) < 0.05")


def test_an_overlay_fades(page, url, tmp):
    opened(page, tmp)
    page.keyboard.press("3")
    page.evaluate("(e => { e.value = 0.25; e.dispatchEvent(new Event('input', {bubbles: true})); })(document.querySelector('#opacity'))")
    until(page, f"{STAGE}.result.style.opacity === '0.25'")
    page.keyboard.press("1")
    until(page, f"{STAGE}.result.style.opacity === '1' && document.querySelector('#opacity').hidden")


def test_the_wheel_zooms_about_the_pointer_and_pans_with_shift(page, url, tmp):
    opened(page, tmp)
    box = page.locator("atelier-stage").bounding_box()
    at = f"(v => [(200 - v.x) / v.z, (150 - v.y) / v.z])({STAGE}.view)"
    # The border of the stage is a pixel wide.
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    before, zoom = page.evaluate(at), page.evaluate(f"{STAGE}.view.z")
    page.mouse.wheel(0, -200)
    until(page, f"{STAGE}.view.z > {zoom} * 1.2")
    after = page.evaluate(at)
    assert all(abs(a - b) < 0.5 for a, b in zip(before, after)), (before, after)
    x = page.evaluate(f"{STAGE}.view.x")
    page.keyboard.down("Shift")
    page.mouse.wheel(0, 60)
    page.keyboard.up("Shift")
    until(page, f"{STAGE}.view.x < {x}")


def test_the_first_drawing_takes_one_request(page, url, tmp):
    asked = []
    page.on("request", lambda r: asked.append(r.url.split("/v1/")[1]) if r.method == "POST" else None)
    opened(page, tmp, samples.badge(72))
    until(page, "document.querySelector('atelier-trace').item.result.isComplete")
    # The other is for the likeness, and names the file that is there by now.
    assert asked == ["trace", "trace"], asked
    assert page.evaluate("document.querySelector('atelier-trace').item.digest").isalnum()


def test_a_service_that_forgot_a_file_is_sent_it_again(page, url, tmp):
    opened(page, tmp)
    until(page, "document.querySelector('atelier-trace').item.result.isComplete")
    sent, refused = [], []

    def forget(route):
        refused.append(1)
        route.fulfill(status=404, content_type="application/problem+json", body='{"title": "gone", "code": "no-such-blob"}')

    page.route("**/v1/trace", forget, times=1)
    page.on("request", lambda r: sent.append(r.url) if r.url.endswith("/v1/blobs") else None)
    page.locator("#corner").focus()
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelector('atelier-trace').item.result.values.corner === 41")
    assert len(sent) == len(refused) == 1, (sent, refused)


def test_a_busy_service_is_asked_again(page, url, tmp):
    page.route(
        "**/v1/trace",
        lambda r: r.fulfill(status=429, headers={"Retry-After": "1"}, content_type="application/problem+json", body='{"title": "busy"}'),
        times=1,
    )
    page.set_input_files("#files", samples.file(tmp))
    page.wait_for_selector("text=The service is busy; the drawing follows.")
    page.wait_for_selector("#result", state="visible")


def test_settings_that_were_seen_before_come_from_the_cache(page, url, tmp):
    opened(page, tmp)
    page.locator("#corner").focus()
    for key, value in (("ArrowRight", "{corner: 41}"), ("ArrowLeft", "{}")):
        page.keyboard.press(key)
        until(page, f"JSON.stringify(document.querySelector('atelier-trace').item.result.values) === JSON.stringify({value})")
    until(page, "document.querySelectorAll('.facts dd')[4].textContent.includes('from cache')")
    until(page, "[...document.querySelectorAll('.pipe li')].every(l => l.className === 'hit')")


def test_a_file_left_before_its_drawing_came_is_not_said_to_run(page, url, tmp):
    held = []
    page.route("**/v1/trace", lambda r: held.append(r), times=1)
    page.set_input_files("#files", samples.files(tmp, 2))
    comes(page, held)
    until(page, "!!document.querySelector('.item.run[aria-current]')")
    page.keyboard.press("]")
    page.wait_for_selector("#result", state="visible")
    until(page, "document.querySelectorAll('.item.ok').length === 1 && !document.querySelector('.item.run')")
    page.keyboard.press("[")
    until(page, "document.querySelectorAll('.item.ok').length === 2")
