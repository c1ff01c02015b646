"""Controls, presets, palette, undo, and the settings as text."""
import samples
from waiting import until

FAST = True
CONTEXT = {"permissions": ["clipboard-read", "clipboard-write"]}
VALUES = "document.querySelector('atelier-trace').values"


def opened(page, tmp):
    page.set_input_files("#files", samples.file(tmp))
    page.wait_for_selector("#result", state="visible")


def say(page, command):
    page.evaluate(
        "async id => (await import(document.querySelector('link[href$=\"commands.js\"]').href)).perform(id)", command)


def clipboard(page):
    until(page, "document.querySelector('#say').textContent.includes('copied')")
    return page.evaluate("navigator.clipboard.readText()")


def set_value(page, name, value):
    page.evaluate("""([id, value]) => { const e = document.querySelector('#' + id); e.value = value;
      e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); }""", [name, value])


def test_panel_is_that_of_the_schema(page, url, tmp):
    schema = page.evaluate("async () => (await (await fetch('/v1/schema/trace')).json()).properties")
    shown = page.evaluate("[...document.querySelectorAll('.controls :is(input, select)')].map(e => e.id || e.name)")
    for name, option in schema.items():
        hidden = option["group"].startswith("Names of") or option["group"] in ("Limits", "Report")
        if not hidden and name not in ("kind", "quality", "palette", "recolor"):
            assert name in shown, name
    assert page.get_attribute("#corner", "min") == "10" and page.get_attribute("#corner", "max") == "180"


def test_a_dot_takes_a_change_back(page, url, tmp):
    set_value(page, "corner", 77)
    until(page, "document.querySelector('output[for=corner]').textContent === '77°'")
    page.click("[aria-label='Reset Corner angle']")
    until(page, f"!('corner' in {VALUES}) && document.querySelector('#corner').value === '40'")


def test_keys_step_bent_sliders_by_one(page, url, tmp):
    page.locator("#speckle").focus()
    page.keyboard.press("ArrowRight")
    until(page, f"{VALUES}.speckle === 5")


def test_preset_and_saved_preset(page, url, tmp):
    page.click("label:has-text('Poster')")
    until(page, "document.querySelector('output[for=colors]').textContent === '8'")
    assert page.evaluate(VALUES) == {"preset": "poster"}
    set_value(page, "corner", 66)
    page.click("[aria-label='All presets']")
    page.click("text=Save these settings")
    page.fill("#asked", "Mine")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Saved as Mine.")
    page.click(".rh >> text=Reset")
    until(page, f"JSON.stringify({VALUES}) === '{{}}'")
    page.click("[aria-label='All presets']")
    page.click(".menu >> text=Mine")
    until(page, f"{VALUES}.corner === 66 && {VALUES}.preset === 'poster'")


def test_address_carries_the_settings(page, url, tmp):
    set_value(page, "corner", 51)
    until(page, "location.hash === '#/trace?corner=51'")
    page.goto(url + "#/trace?corner=33&layering=cutout")
    until(page, f"{VALUES}.corner === 33 && {VALUES}.layering === 'cutout'")


def test_sixty_steps_back_and_forth(page, url, tmp):
    for value in range(20, 80):
        set_value(page, "corner", value)
    page.locator("#find").focus()
    for _ in range(60):
        page.keyboard.press("Control+z")
    until(page, f"!('corner' in {VALUES})")
    for _ in range(60):
        page.keyboard.press("Control+Shift+z")
    until(page, f"{VALUES}.corner === 79")


def test_a_locked_colour_survives_every_slider(page, url, tmp):
    opened(page, tmp)
    page.wait_for_selector(".pal li[data-color]")
    color = page.locator(".pal li[data-color]").nth(1).get_attribute("data-color")
    page.click(f".pal li[data-color='{color}'] button")
    page.click(".paltools >> text=Lock")
    until(page, f"{VALUES}.recolor === '{color}'")
    for name, value in (("colors", 100), ("color-distance", 25), ("speckle", 300)):
        set_value(page, name, value)
        until(page, "(() => { const t = document.querySelector('atelier-trace'); return !t.asking && t.item.result.isComplete; })()")
        colors = page.evaluate("document.querySelector('atelier-trace').item.result.report.palette.map(c => c.color)")
        assert color in colors, (name, colors)


def test_merge_and_edit(page, url, tmp):
    opened(page, tmp)
    until(page, "document.querySelectorAll('.pal li[data-color]').length === 5")
    one, two = (page.locator(".pal li[data-color]").nth(n).get_attribute("data-color") for n in (1, 2))
    page.click(f".pal li[data-color='{one}'] button")
    page.click(".paltools >> text=Merge")
    page.click(f".pal li[data-color='{two}'] button")
    until(page, "document.querySelectorAll('.pal li[data-color]').length === 4")
    page.evaluate("""() => { const e = document.querySelector('.paltools [type=color]'); e.value = '#123456';
      e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); }""")
    page.wait_for_selector(".pal li[data-color='#123456']")
    page.locator("#find").focus()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    until(page, "document.querySelectorAll('.pal li[data-color]').length === 5")


def test_lines_go_round_unchanged(page, url, tmp):
    settings = {"preset": "poster", "corner": 48, "color-distance": 4.5, "colors": None, "svg-size": False, "invert": True, "layering": "cutout",
                "palette": "#fff,#1e2a38", "recolor": "#fff,#c33=#123456", "decimals": 2, "ink": "#101010", "paper": "none", "lambda": 420}
    page.evaluate("""async v => (await import(document.querySelector('link[href$="state.js"]').href)).state.replace('trace', v)""", settings)
    for command in ("copy.command", "copy.curl", "copy.swift"):
        page.evaluate("document.querySelector('#say').replaceChildren()")
        say(page, command)
        line = clipboard(page)
        page.evaluate("async () => (await import(document.querySelector('link[href$=\"state.js\"]').href)).state.replace('trace', {})")
        page.evaluate("text => { const d = new DataTransfer(); d.setData('text/plain', text);"
                      "document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: d, bubbles: true, cancelable: true})); }", line)
        until(page, f"{VALUES}.corner === 48")
        assert page.evaluate(VALUES) == settings, (command, line)


def test_the_services_own_command_can_be_pasted(page, url, tmp):
    opened(page, tmp)
    set_value(page, "corner", 58)
    until(page, "document.querySelector('atelier-trace').item.result.values.corner === 58")
    line = page.evaluate("document.querySelector('atelier-trace').item.result.command")
    page.click(".rh >> text=Reset")
    until(page, f"JSON.stringify({VALUES}) === '{{}}'")
    page.evaluate("t => document.querySelector('atelier-trace').take(t)", line)
    until(page, f"{VALUES}.corner === 58")


def test_one_file_may_differ(page, url, tmp):
    page.set_input_files("#files", samples.files(tmp, 2))
    page.wait_for_selector("#result", state="visible")
    page.click("label:has-text('This file')")
    set_value(page, "corner", 99)
    until(page, f"{VALUES}.corner === 99")
    page.keyboard.press("]")
    until(page, f"!('corner' in {VALUES})")
    page.keyboard.press("[")
    until(page, f"{VALUES}.corner === 99")


def test_a_line_is_pasted_by_a_question(page, url, tmp):
    page.click("[aria-label='Copy in another form, or paste']")
    page.click(".menu >> text=Paste a command")
    page.fill("#asked", "$ atelier trace x.png --corner 62 --weather fine -o x.svg")
    page.click("dialog >> text=OK")
    page.wait_for_selector("text=Pasted, without weather")
    until(page, f"{VALUES}.corner === 62")


def test_a_menu_opens_closes_and_goes_by_arrows(page, url, tmp):
    more = page.get_by_role("button", name="More ways out")
    more.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".menu:popover-open")
    page.wait_for_selector("[aria-label='More ways out'][aria-expanded=true]")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    until(page, "document.activeElement.textContent.startsWith('Download PNG, 4')")
    page.keyboard.press("Escape")
    page.wait_for_selector("[aria-label='More ways out'][aria-expanded=false]")
    assert not page.evaluate("!!document.querySelector('.menu:popover-open')")


def test_a_colour_is_added_to_the_palette(page, url, tmp):
    opened(page, tmp)
    page.wait_for_selector(".pal li[data-color]")
    page.evaluate("""() => { const e = document.querySelector('.pal .add input'); e.value = '#00ffcc'; e.dispatchEvent(new Event('change', {bubbles: true})); }""")
    until(page, f"{VALUES}.recolor === '#00ffcc'")
    page.wait_for_selector(".pal li[data-color='#00ffcc']")
