"""Slides: pages, elements, reasons, options, the file."""
import io
import zipfile

import collection
import samples
from harness import add, file, open_view
from waiting import until

FAST = True
SVG = "image/svg+xml"


def deck(page, *files):
    """The slides of some files, all of them chosen."""
    open_view(page, "slides")
    add(page, *files)
    if len(files) > 1:
        page.locator("atelier-library .item").first.click()
        page.locator("atelier-library .item").last.click(modifiers=["Shift"])
    until(page, f"document.querySelectorAll('.film li').length === {len(files)}")


def drawing():
    return file("hill.svg", collection.DRAWING, SVG)


def test_every_page_is_drawn_and_can_be_turned_to(page):
    deck(page, drawing(), file("partly.svg", collection.PARTLY, SVG), file("disc.png", samples.badge(), "image/png"))
    assert page.locator("atelier-slides output").inner_text() == "1 of 3"
    page.get_by_role("button", name="Next slide").click()
    until(page, "document.querySelector('atelier-slides output').textContent === '2 of 3'")
    page.locator(".film button").nth(2).click()
    until(page, "document.querySelector('.film [aria-current]').textContent === '3'")
    page.keyboard.press("PageUp")
    until(page, "document.querySelector('atelier-slides output').textContent === '2 of 3'")


def test_a_drawing_is_shown_with_its_elements_and_nothing_that_runs(page):
    hostile = b"""<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><script>document.title = 'taken'</script>
      <a href="javascript:document.title='taken'"><rect id="box" width="20" height="20" onclick="document.title='taken'" fill="#c33"/></a></svg>"""
    deck(page, file("hostile.svg", hostile, SVG))
    until(page, "!!document.querySelector('.paper svg rect[data-node]')")
    page.locator(".paper rect").click()
    assert page.evaluate("document.querySelectorAll('.paper script, .paper a, .paper [onclick], .paper [href^=javascript]').length") == 0
    assert "taken" not in page.title()


def test_click_on_an_element_selects_it_in_the_report_and_back(page):
    deck(page, drawing())
    page.wait_for_selector(".paper circle[data-node]")
    page.locator(".paper circle").click()
    until(page, "document.querySelector('.el[aria-pressed=true] b').textContent === 'circle#sun'")
    assert page.locator(".hd").is_visible()
    page.locator(".el", has_text="path#hill").click()
    until(page, "document.querySelector('.slide .tag').textContent.startsWith('path#hill')")


def test_the_report_says_what_is_no_shape_and_why(page):
    deck(page, file("partly.svg", collection.PARTLY, SVG))
    page.locator("select[aria-label='Show elements']").select_option("notes")
    row = page.locator(".el", has_text="rect#cloud")
    row.wait_for()
    # Not `inner_text`: of rows out of sight the browser lays nothing out, and says nothing.
    assert row.locator("span").text_content() != "native" and len(row.locator("small").text_content()) > 12, row.inner_html()
    totals = dict(zip(page.locator(".rep th").all_inner_texts(), page.locator(".rep td").all_inner_texts()))
    assert totals["Native shapes"] == "2" and "wn" in page.locator(".deck .wn").get_attribute("class"), totals


def test_options_come_from_the_schema_and_change_the_slides(page):
    deck(page, drawing())
    size = page.locator("#slide-size")
    size.fill("4:3")
    size.press("Enter")
    until(page, "document.querySelector('atelier-slides .tb .muted').textContent.includes('4:3')")
    assert "--slide-size" in page.locator("atelier-slides ~ *, .deck .cli code").last.inner_text() or "--slide-size" in page.locator(".deck .cli code").inner_text()
    page.keyboard.press("Escape")
    page.locator(".desk").click(position={"x": 5, "y": 5})
    page.keyboard.press("Control+z")
    until(page, "!document.querySelector('atelier-slides .tb .muted').textContent.includes('4:3')")


def test_the_deck_is_a_presentation_with_these_slides(page):
    deck(page, drawing(), file("partly.svg", collection.PARTLY, SVG))
    with page.expect_download() as held:
        page.locator("#save-deck").click()
    assert held.value.suggested_filename == "deck.pptx"
    names = zipfile.ZipFile(io.BytesIO(open(held.value.path(), "rb").read())).namelist()
    assert sum(n.startswith("ppt/slides/slide") for n in names) == 2, names


def test_a_deck_is_asked_for_once(page):
    asked = []
    page.on("request", lambda r: asked.append(r.url) if r.url.endswith("/v1/pptx") else None)
    deck(page, drawing())
    page.wait_for_selector(".paper circle[data-node]")
    page.locator(".paper circle").click()
    until(page, "!!document.querySelector('.el[aria-pressed=true]')")
    assert len(asked) == 1, asked
