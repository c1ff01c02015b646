"""How files come in, and the list of them."""
import base64

import samples
from waiting import until

FAST = True
# The browser tells of every refused request, and that one is the point.
NOISY = ("test_a_broken_picture_says_so_and_can_be_tried_again",)
PUT = """([name, type, text, how]) => {
  const data = new DataTransfer(), bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  if (how === 'text') data.setData('text/plain', atob(text)); else data.items.add(new File([bytes], name, {type}));
  const event = how === 'drop' ? new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})
    : new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
  document.body.dispatchEvent(event);
}"""


def put(page, name, type, data, how):
    page.evaluate(PUT, [name, type, base64.b64encode(data).decode(), how])


def names(page):
    return page.locator("atelier-library .item b").all_text_contents()


def test_pick_shows_the_drawing(page, url, tmp):
    page.set_input_files("#files", samples.file(tmp))
    page.wait_for_selector("#result", state="visible")
    assert names(page) == ["badge.png"]
    until(page, "document.querySelector('.item small').textContent.includes('paths')")


def test_drop_anywhere(page, url, tmp):
    put(page, "a.png", "image/png", samples.badge(), "drop")
    page.wait_for_selector("#result", state="visible")
    assert names(page) == ["a.png"]


def test_paste_a_picture(page, url, tmp):
    put(page, "b.png", "image/png", samples.badge(), "paste")
    page.wait_for_selector("#result", state="visible")


def test_paste_markup(page, url, tmp):
    put(page, "", "", samples.DRAWING.encode(), "text")
    page.wait_for_selector("atelier-library .item")
    assert names(page) == ["pasted.svg"]


def test_folder(page, url, tmp):
    samples.files(tmp, 3)
    page.set_input_files("#folder", str(tmp))
    until(page, "document.querySelectorAll('atelier-library .item').length === 3")


def test_what_is_no_picture_is_left_out_and_said(page, url, tmp):
    put(page, "notes.txt", "text/plain", b"hello", "drop")
    until(page, "document.querySelector('#say').textContent.includes('neither pictures nor drawings')")
    assert names(page) == []


def test_filter_and_rows_in_sight(page, url, tmp):
    page.set_input_files("#files", samples.files(tmp, 60))
    until(page, "document.querySelector('.lh span').textContent === '60'")
    assert page.locator("atelier-library .item").count() < 40
    page.fill("#flt", "picture-07")
    until(page, "document.querySelectorAll('atelier-library .item').length === 1")


def test_choose_with_shift_and_remove_with_undo(page, url, tmp):
    page.set_input_files("#files", samples.files(tmp, 4))
    rows = page.locator("atelier-library .item")
    rows.nth(0).click()
    rows.nth(2).click(modifiers=["Shift"])
    page.wait_for_selector("text=3 selected")
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('aside .sel'))")
    page.click("aside .sel [aria-label^=Remove]")
    until(page, "document.querySelectorAll('atelier-library .item').length === 1")
    page.locator("#find").focus()
    page.keyboard.press("Control+z")
    until(page, "document.querySelectorAll('atelier-library .item').length === 4")


def test_next_and_previous(page, url, tmp):
    page.set_input_files("#files", samples.files(tmp, 3))
    current = "document.querySelector('.item[aria-current] b').textContent"
    page.wait_for_selector(".item[aria-current]")
    first = page.evaluate(current)
    page.keyboard.press("]")
    until(page, f"{current} !== '{first}'")
    page.keyboard.press("[")
    until(page, f"{current} === '{first}'")


def test_files_are_there_after_a_reload(page, url, tmp):
    page.set_input_files("#files", samples.file(tmp))
    page.wait_for_selector("#result", state="visible")
    page.reload()
    page.wait_for_selector("#result", state="visible")
    assert names(page) == ["badge.png"]


def test_folders_in_folders_are_walked_to_their_end(page, url, tmp):
    names = page.evaluate("""async () => {
      const { dropped } = await import(document.querySelector('link[href$="/library.js"]').href);
      const file = (name, folder = '/') => ({ isFile: true, fullPath: folder + name, file: done => done(new File(['x'], name)) });
      // A reader gives at most a hundred at a time, as browsers do.
      const folder = all => ({ isDirectory: true, createReader: () => ({ readEntries: done => done(all.splice(0, 100)) }) });
      const inner = folder([...Array.from({ length: 230 }, (_, n) => file(`p${n}.png`, '/a/b/')), file('.hidden', '/a/b/')]);
      const items = [folder([inner, file('a.png', '/a/')]), file('b.png')].map(e => ({ kind: 'file', webkitGetAsEntry: () => e }));
      return (await dropped({ items, files: [] })).map(f => f.name); }""")
    assert len(names) == 232 and {"a.png", "b.png", "p229.png"} <= set(names) and names == sorted(names), len(names)


def test_a_broken_picture_says_so_and_can_be_tried_again(page, url, tmp):
    put(page, "broken.png", "image/png", samples.badge()[:60], "drop")
    page.wait_for_selector("#say.bad >> text=Try again")
    until(page, "!!document.querySelector('.item.warn')")
    put(page, "whole.png", "image/png", samples.badge(), "drop")
    page.wait_for_selector("#result", state="visible")
