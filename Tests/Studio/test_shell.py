"""Keys, the command palette, the theme, the address, the scheduler."""
import samples
from waiting import until

FAST = True
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
    page.click("#show-files")
    page.wait_for_selector("atelier-library .item", state="visible")
    page.click("#show-files")
    height = page.evaluate("document.querySelector('.right').offsetHeight")
    page.click("#fold")
    assert page.evaluate("document.querySelector('.right').offsetHeight") < height
