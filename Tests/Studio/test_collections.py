"""Collections: layers in, plan, rules, rarity, gallery, items, the archive."""
import io
import json
import zipfile

import collection
from harness import drop, file, open_view
from waiting import until

FAST = True
# The browser tells of every refused request, and that one is the point.
NOISY = ("test_more_items_than_combinations_are_refused_with_the_number",)


def opened(page, files=None):
    open_view(page, "collections")
    page.set_input_files("input[accept='.zip']", [file("set.zip", collection.archive(files or collection.layers()), "application/zip")])
    page.wait_for_selector(".gal button")


def settle(page, expression):
    until(page, expression)
    until(page, "!document.querySelector('atelier-collections .tb [role=status]').textContent")


def change(page, name, value):
    field = page.locator(f".two input[name={name}]")
    field.fill(str(value))
    field.press("Enter")


def planned(page, count):
    opened(page)
    change(page, "count", count)
    settle(page, f"document.querySelector('atelier-collections .muted').textContent.startsWith('{count} items')")


def test_an_archive_becomes_layers_a_plan_and_pictures(page):
    opened(page)
    assert page.locator("atelier-collections ~ *, #left .item b").all_inner_texts()[-3:] == ["Dot", "Ring", "Ground"]
    until(page, "[...document.querySelectorAll('.gal img')].some(i => i.complete && i.naturalWidth > 0)")
    assert "27 allowed combinations" in page.locator(".okn").last.inner_text() or "rule" in page.locator(".wn").last.inner_text()


def test_a_dropped_folder_keeps_its_paths(page):
    open_view(page, "collections")
    drop(page, "atelier-collections", [("layers.zip", collection.archive({f"mine/{n}": d for n, d in collection.layers().items()}))])
    page.wait_for_selector(".gal button")
    assert page.locator("atelier-collections .tb h2").inner_text() == "mine"


def test_more_items_than_combinations_are_refused_with_the_number(page):
    opened(page)
    change(page, "count", 28)
    until(page, "document.querySelector('#right .wn:last-of-type, #right p.wn')?.textContent.includes('27')")
    assert page.locator("#make-collection").is_disabled()
    change(page, "count", 20)
    until(page, "!document.querySelector('#make-collection').disabled")


def test_asked_and_got_are_told_for_every_trait(page):
    planned(page, 20)
    page.locator("#left .item", has_text="Ground").click()
    rows = page.locator(".rar tbody tr")
    assert rows.count() == 3 and page.locator(".rar tr", has_text="Red").locator(".vh").inner_text() == "asked 50 %"
    assert abs(sum(float(t) for t in page.locator(".rar td:last-child").all_inner_texts()) - 100) < 2


def test_a_weight_changes_what_is_got_and_can_be_taken_back(page):
    planned(page, 9)
    page.locator("#left .item", has_text="Ground").click()
    weight = page.get_by_role("spinbutton", name="Weight of Red")
    weight.fill("0")
    weight.press("Enter")
    settle(page, "document.querySelector('.rar tbody tr td:last-child').parentElement.parentElement.innerText.includes('Red') && [...document.querySelectorAll('.rar tbody tr')].some(r => r.innerText.includes('Red') && r.lastChild.textContent === '0.0')")
    page.locator("atelier-collections .tb h2").click()
    page.keyboard.press("Control+z")
    until(page, "document.querySelector('.rar input[aria-label=\"Weight of Red\"]').value === '50'")


def test_a_rule_is_added_held_and_removed(page):
    planned(page, 15)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("First trait").select_option(label="Red")
    page.get_by_role("button", name="Add rule").click()
    until(page, "document.querySelector('.rules').textContent.includes('never with')")
    until(page, "document.querySelector('.okn')?.textContent.includes('24 allowed')")
    page.get_by_role("button", name="Remove rule 1").click()
    until(page, "document.querySelector('.okn')?.textContent.includes('27 allowed')")


def test_layers_move_by_keys(page):
    opened(page)
    page.locator("#left .item", has_text="Ring").focus()
    page.keyboard.press("Alt+ArrowUp")
    until(page, "[...document.querySelectorAll('#left .item b')].map(b => b.textContent).join() === 'Ring,Dot,Ground'")


def test_the_gallery_of_ten_thousand_holds_only_what_is_seen(page):
    traits = {f"{layer:02} L{layer}/T{trait}.png": collection.png(8, 8, lambda x, y, v=trait: (v * 25, 0, 90, 200)) for layer in range(5) for trait in range(8)}
    opened(page, traits)
    change(page, "count", 10000)
    settle(page, "document.querySelector('atelier-collections .muted').textContent.startsWith('10\\u202f000 items')")
    assert page.locator(".gal li").count() < 120
    page.evaluate("document.querySelector('.room').scrollTop = 1e9")
    until(page, "[...document.querySelectorAll('.gal small')].some(s => s.textContent === '#10000')")
    assert page.locator(".gal li").count() < 120
    page.locator(".gal button").last.focus()
    page.keyboard.press("Home")
    until(page, "document.activeElement.textContent === '#0001'")


def test_items_are_filtered_by_a_trait(page):
    planned(page, 20)
    page.locator("#left .item", has_text="Dot").click()
    page.locator(".rar .lnk", has_text="Blue").click()
    got = page.locator(".rar tr", has_text="Blue").locator("td").nth(1).get_attribute("title")
    shown = page.locator(".filters button").inner_text()
    assert f"{shown.split('·')[1].split()[0]} items" in got, (shown, got)
    page.locator(".filters button").click()
    until(page, "!document.querySelector('.filters button')")


def test_an_item_shows_its_traits_and_gives_its_files(page):
    opened(page)
    page.locator(".gal button").nth(2).click()
    page.wait_for_selector(".item-detail")
    assert page.locator(".attrs dt").all_inner_texts() == ["Ground", "Ring", "Dot"]
    with page.expect_download() as held:
        page.get_by_role("link", name="Metadata").click()
    item = json.load(open(held.value.path()))
    assert {a["trait_type"]: a["value"] for a in item["attributes"]} == dict(
        zip(page.locator(".attrs dt").all_inner_texts(), [t.split(" ")[0] for t in page.locator(".attrs dd").all_inner_texts()])
    )


def test_the_archive_holds_every_item(page):
    planned(page, 12)
    with page.expect_download() as held:
        page.locator("#make-collection").click()
    names = zipfile.ZipFile(io.BytesIO(open(held.value.path(), "rb").read())).namelist()
    assert sum(n.startswith("images/") for n in names) == 12 and sum(n.startswith("metadata/") for n in names) == 12, names
