"""Keys, the command palette, the theme, the address, the scheduler."""
import samples
from waiting import comes, until

FAST = True
# The browser tells of every refused request, and that one is the point.
NOISY = ("test_a_service_that_wants_a_key_is_given_one",)
CONTEXT = {"permissions": ["clipboard-read", "clipboard-write"]}
MODULE = "async name => await import(document.querySelector(`link[href$=\"/${name}.js\"]`).href)"


def test_command_palette(page, url, tmp):
    page.set_input_files("#files", samples.file(tmp))
    page.wait_for_selector("#result", state="visible")
    page.keyboard.press("Control+k")
    page.wait_for_selector("dialog.find")
    page.keyboard.type("pixel grid")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#show-grid').getAttribute('aria-pressed') === 'true'")
    page.keyboard.press("Control+k")
    page.wait_for_selector("dialog.find")
    page.keyboard.type("badge")
    page.wait_for_selector("#commands li:has-text('badge.png')")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('dialog')")


def test_letters_can_be_turned_off(page, url, tmp):
    page.keyboard.press("?")
    page.wait_for_selector("dialog.help")
    page.uncheck("#letters")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('dialog')")
    page.keyboard.press("n")
    page.keyboard.press("2")
    page.keyboard.press("Control+k")
    page.wait_for_selector("dialog.find")
    assert page.get_attribute("#show-nodes", "aria-pressed") == "false"
    assert page.evaluate("document.querySelector('atelier-stage').classList.contains('split')")


def test_letters_are_text_in_fields(page, url, tmp):
    page.fill("#flt", "")
    page.type("#flt", "n2?")
    assert page.input_value("#flt") == "n2?"
    assert page.get_attribute("#show-nodes", "aria-pressed") == "false"


def test_theme_follows_and_switches(page, url, tmp):
    paper = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    until(page, "document.documentElement.dataset.theme === 'dark'")
    dark = page.evaluate(paper)
    page.emulate_media(color_scheme="light")
    until(page, "document.documentElement.dataset.theme === 'light'")
    light = page.evaluate(paper)
    assert dark != light
    page.click("#theme")
    assert page.evaluate(paper) == dark
    page.reload()
    assert page.evaluate(paper) == dark
    page.click("#theme")
    assert page.evaluate(paper) == light


def test_views_are_in_the_address(page, url, tmp):
    page.click("nav >> text=Performance")
    until(page, "location.hash.startsWith('#/performance')")
    page.goto(url + "#/trace")
    until(page, "document.querySelector('nav [aria-current]').textContent === 'Trace'")


def test_the_latest_draw_of_a_key_runs_and_telemetry_rests(page, url, tmp):
    page.goto("about:blank")
    page.goto(url)
    page.wait_for_selector("#corner")
    drawn = page.evaluate("""async () => {
      const { frame } = await import(document.querySelector('link[href$="/frames.js"]').href);
      const seen = []; let told = 0;
      for (let i = 0; i < 50; i++) frame('panels', 'test', () => seen.push(i));
      for (let n = 0; n < 60; n++) { frame('telemetry', 'test-told', () => told++); await new Promise(requestAnimationFrame); }
      return [seen, told]; }""")
    assert drawn[0] == [49]
    assert drawn[1] <= 30, drawn[1]


def test_nothing_is_drawn_in_a_hidden_tab(page, url, tmp):
    drawn = page.evaluate("""async () => {
      const { frame } = await import(document.querySelector('link[href$="/frames.js"]').href);
      Object.defineProperty(document, 'hidden', {value: true, configurable: true});
      let n = 0; frame('stage', 'test-hidden', () => n++);
      await new Promise(r => setTimeout(r, 200)); const hidden = n;
      delete document.hidden; document.dispatchEvent(new Event('visibilitychange'));
      await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame); return [hidden, n]; }""")
    assert drawn == [0, 1], drawn


def test_phone(page, url, tmp):
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_input_files("#files", samples.file(tmp))
    page.wait_for_selector("#result", state="visible")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    until(page, "(([a, b]) => b.width > 0 && a.right <= b.left)([...document.querySelectorAll('atelier-stage .tag')].map(t => t.getBoundingClientRect()))")
    page.click("#show-files")
    page.wait_for_selector("atelier-library .item", state="visible")
    page.click("#show-files")
    height = page.evaluate("document.querySelector('.right').offsetHeight")
    page.click("#fold")
    assert page.evaluate("document.querySelector('.right').offsetHeight") < height


def test_every_letter_does_what_the_sheet_of_keys_says(page, url, tmp):
    # Listened for from the beginning: a question for files that nobody listens for yet is lost.
    choosers = []
    page.on("filechooser", lambda c: choosers.append(c.is_multiple()))
    page.set_input_files("#files", samples.file(tmp))
    page.wait_for_selector("#result", state="visible")
    page.locator("atelier-stage").focus()
    for key in ("o", "Shift+O"):
        choosers.clear()
        page.keyboard.press(key)
        comes(page, choosers)
    for key, name in (("d", "badge.svg"), ("e", "badge.pptx")):
        with page.expect_download() as held:
            page.keyboard.press(key)
        assert held.value.suggested_filename == name
    page.keyboard.press("c")
    page.wait_for_selector("text=Command copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "atelier trace badge.png -o badge.svg"
    zoom = "document.querySelector('atelier-stage').view.z"
    for key, holds in (("Shift+)", f"{zoom} === 1"), ("+", f"{zoom} === 2"), ("-", f"{zoom} === 1"), ("b", "!document.querySelector('atelier-batch').hidden"),
                       ("b", "document.querySelector('atelier-batch').hidden"), ("p", "document.querySelector('[aria-current=page]').textContent === 'Performance'")):
        page.keyboard.press(key)
        until(page, holds)
    page.keyboard.press("?")
    page.wait_for_selector("dialog.help")
    keys = set(page.locator("dialog.help kbd").all_text_contents())
    assert len(keys) > 15, keys


def test_a_service_that_wants_a_key_is_given_one(page, url, tmp):
    seen = []

    def guarded(route):
        seen.append(route.request.headers.get("authorization"))
        if seen[-1] == "Bearer secret":
            route.continue_(headers={k: v for k, v in route.request.headers.items() if k != "authorization"})
        else:
            route.fulfill(status=401, content_type="application/problem+json", body='{"title": "a key is needed"}')

    page.route("**/v1/presets", guarded)
    page.reload()
    page.fill("#asked", "secret")
    page.click("dialog.ask >> text=OK")
    page.wait_for_selector("label:has-text('Poster')")
    assert seen[0] is None and seen[-1] == "Bearer secret"
