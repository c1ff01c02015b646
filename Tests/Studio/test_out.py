"""What leaves the studio."""
from pathlib import Path
import zipfile

import samples
from waiting import comes, until

FAST = False
# A job that is over already refuses to be cancelled, which the browser tells of.
NOISY = ("test_a_job_of_the_grid_is_cancelled",)
CONTEXT = {"permissions": ["clipboard-read", "clipboard-write"]}


def opened(page, tmp):
    page.set_input_files("#files", samples.file(tmp))
    page.wait_for_selector("#result", state="visible")


def saved(page, act):
    with page.expect_download() as waiting:
        act()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_svg(page, url, tmp):
    opened(page, tmp)
    name, data = saved(page, lambda: page.keyboard.press("d"))
    assert name == "badge.svg" and data.startswith(b"<svg")


def test_pptx(page, url, tmp):
    opened(page, tmp)
    name, data = saved(page, lambda: page.click("#save-pptx"))
    assert name == "badge.pptx" and data[:2] == b"PK"


def test_png(page, url, tmp):
    opened(page, tmp)
    page.click("[aria-label='More ways out']")
    name, data = saved(page, lambda: page.click(".menu >> text=Download PNG, 4"))
    assert name == "badge@4x.png" and data[1:4] == b"PNG" and int.from_bytes(data[16:20], "big") == 384


def test_copied_svg(page, url, tmp):
    opened(page, tmp)
    page.locator("atelier-stage").focus()
    page.keyboard.press("Control+c")
    page.wait_for_selector("text=SVG copied.")
    assert page.evaluate("navigator.clipboard.readText()").startswith("<svg")


def test_dragged_out(page, url, tmp):
    opened(page, tmp)
    data = page.evaluate("""() => { const d = new DataTransfer();
      document.querySelector('#save-svg').dispatchEvent(new DragEvent('dragstart', {dataTransfer: d, bubbles: true, cancelable: true}));
      return d.getData('DownloadURL'); }""")
    assert data.startswith("image/svg+xml:badge.svg:blob:")


def test_grid_job_and_archive(page, url, tmp):
    page.set_input_files("#files", samples.files(tmp, 5))
    page.wait_for_selector("#result", state="visible")
    page.keyboard.press("b")
    page.wait_for_selector("text=All 5 files")
    page.click("text=Trace all")
    page.wait_for_selector("text=5 of 5 files traced.", timeout=60000)
    name, data = saved(page, lambda: page.click("atelier-batch >> text=ZIP"))
    path = Path(tmp) / name
    path.write_bytes(data)
    assert len([n for n in zipfile.ZipFile(path).namelist() if n.endswith(".svg")]) == 5


def test_a_file_of_a_job_may_have_settings_of_its_own(page, url, tmp):
    page.set_input_files("#files", [samples.file(tmp, "one.png"), samples.file(tmp, "two.png")])
    page.wait_for_selector("#result", state="visible")
    page.click("label:has-text('This file')")
    page.evaluate("""() => { const e = document.querySelector('#decimals'); e.value = 0;
      e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); }""")
    page.keyboard.press("b")
    page.wait_for_selector("text=1 own setting")
    page.click("text=Trace all")
    page.wait_for_selector("text=2 of 2 files traced.")
    digests = page.evaluate("""async () => (await import(document.querySelector('link[href$="/library.js"]').href))
      .library.items.map(i => i.result.digest)""")
    assert len(set(digests)) == 2


def test_link(page, url, tmp):
    opened(page, tmp)
    page.click("label:has-text('Poster')")
    page.click("[aria-label='Copy in another form, or paste']")
    page.click(".menu >> text=Copy a link")
    page.wait_for_selector("text=Link copied.")
    assert page.evaluate("navigator.clipboard.readText()").endswith("#/trace?preset=poster")


def test_grid_shows_only_rows_in_sight(page, url, tmp):
    page.set_input_files("#files", samples.files(tmp, 120, size=8))
    page.keyboard.press("b")
    page.wait_for_selector("text=All 120 files")
    assert 0 < page.locator("atelier-batch .cells li").count() < 80


def test_copied_picture(page, url, tmp):
    opened(page, tmp)
    page.click("[aria-label='More ways out']")
    page.click(".menu >> text=Copy as a picture")
    page.wait_for_selector("text=Picture copied.")
    size = page.evaluate("""async () => { const [item] = await navigator.clipboard.read(), b = await createImageBitmap(await item.getType('image/png'));
      return [b.width, b.height]; }""")
    assert size == [96, 96]


def test_a_job_of_the_grid_is_cancelled(page, url, tmp):
    page.set_input_files("#files", samples.files(tmp, 12))
    page.keyboard.press("b")
    page.wait_for_selector("text=All 12 files")
    for path in ("**/v1/jobs", "**/v1/jobs/*?wait=*"):
        # Held back, so that there is time to cancel: once before the job has a name, once while it runs.
        held, cancels = [], []
        page.route(path, lambda r: held.append(r), times=1)
        page.on("request", lambda r: cancels.append(r.url) if r.url.endswith("/cancel") else None)
        page.click("text=Trace all")
        comes(page, held)
        page.click("atelier-batch >> text=Cancel")
        held[0].continue_()
        page.wait_for_selector("atelier-batch button:has-text('Trace all')", state="visible")
        until(page, "!document.querySelector('.cells .running, .cells .queued')")
        comes(page, cancels)


def test_what_is_cancelled_while_files_are_sent_becomes_no_job(page, url, tmp):
    page.set_input_files("#files", samples.files(tmp, 6))
    page.keyboard.press("b")
    page.wait_for_selector("text=All 6 files")
    held, jobs = [], []
    page.route("**/v1/blobs", lambda r: held.append(r))
    page.on("request", lambda r: jobs.append(r.url) if r.url.endswith("/v1/jobs") else None)
    page.click("text=Trace all")
    comes(page, held)
    page.click("atelier-batch >> text=Cancel")
    for route in held:
        route.continue_()
    page.wait_for_selector("atelier-batch button:has-text('Trace all')", state="visible")
    page.wait_for_timeout(300)
    assert not jobs, jobs
