"""What the browser tests share: a service on a free port with a state of its own, a browser, and what they do again and again."""
import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from waiting import until

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Long, because a machine may be busy: a test that waits for something fails only when it does not come at all.
PATIENCE = int(os.environ.get("STUDIO_PATIENCE", 180_000))


def browser_path():
    return os.environ.get("CHROMIUM") or next((path for path in map(shutil.which, BROWSERS) if path), None)


@contextmanager
def service(program, folder=None, *flags):
    """Runs the service; gives its address. `folder` is the studio's files, where those in the program are not wanted."""
    with tempfile.TemporaryDirectory(prefix="atelier-studio-") as state:
        process, url = start(program, state, 0, folder, flags)
        # A machine full of connections gives no port away by itself.
        for port in range(18_000, 18_200, 7):
            if url is None:
                process, url = start(program, state, port, folder, flags)
        if url is None:
            raise RuntimeError("the service did not start: " + Path(f"{state}/log").read_text().strip())
        try:
            yield url
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def start(program, state, port, folder, flags):
    """A process and the address it says, or no address when it has ended."""
    command = [program, "serve", "--port", str(port), "--data", f"{state}/data", "--cache-dir", f"{state}/cache", *flags]
    if folder:
        command += ["--studio", str(folder)]
    log = Path(f"{state}/log")
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "XDG_STATE_HOME": state})
    while process.poll() is None:
        found = re.search(r"http://\S+", log.read_text())
        if found:
            return process, found.group(0)
        time.sleep(0.02)
    return process, None


@contextmanager
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--disable-dev-shm-usage"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
        running = playwright.chromium.launch(executable_path=browser_path(), args=flags)
        try:
            yield running
        finally:
            running.close()


def new_page(running, **how):
    """A page with nothing kept from others, and a list of what went wrong in it."""
    context = running.new_context(**{"viewport": {"width": 1440, "height": 900}, "accept_downloads": True, **how})
    context.set_default_timeout(PATIENCE)
    page, problems = context.new_page(), []
    # Tests read canvases back, which the page does not; of that the browser has an opinion.
    page.on(
        "console",
        lambda m: problems.append(f"console: {m.text[:300]}")
        if m.type in ("error", "warning") and "willReadFrequently" not in m.text
        else None,
    )
    page.on("pageerror", lambda e: problems.append(f"error: {str(e)[:300]}"))
    return page, problems


# What tests do again and again.


def visit(page, url):
    """Opens the studio; comes back when all of its first view stands, which is made piece by piece."""
    page.goto(url)
    page.wait_for_selector("main > atelier-trace")
    page.wait_for_selector("#right .controls", state="attached")
    page.evaluate("document.querySelector('#right .controls').ready.then(() => 0)")


def file(name, data, type="application/octet-stream"):
    """A file as `set_input_files` takes it."""
    return {"name": name, "mimeType": type, "buffer": data}


def open_view(page, view):
    page.click(f'nav [data-go="{view}"]')
    page.wait_for_selector(f'nav [data-go="{view}"][aria-current]')
    page.wait_for_selector(f"atelier-{view}")


def add(page, *files):
    """Puts files into the library."""
    page.set_input_files("#files", list(files))
    until(page, f"Number(document.querySelector('atelier-library .n2').textContent) >= {len(files)}")


def drop(page, selector, files, type="application/octet-stream"):
    """Drops files on an element; `files` are names and bytes."""
    page.evaluate(
        """([selector, files, type]) => {
          const data = new DataTransfer(), e = document.querySelector(selector);
          for (const [name, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
          const box = e.getBoundingClientRect(), how = { bubbles: true, cancelable: true, composed: true, dataTransfer: data, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
          for (const kind of ['dragenter', 'dragover', 'drop']) e.dispatchEvent(new DragEvent(kind, how));
        }""",
        [selector, [[name, list(data)] for name, data in files], type],
    )


def axe(page):
    """What axe finds, where the package that carries it is there; else nothing."""
    import importlib.util

    found = importlib.util.find_spec("axe_playwright_python")
    if not found:
        return None
    page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
    page.evaluate(Path(found.origin).with_name("axe.min.js").read_text() + "\n;undefined")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    result = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", tags)
    return [f"{v['id']}: {v['help']} ({v['nodes'][0]['target']}, {v['nodes'][0].get('failureSummary', '')[:200]})" for v in result["violations"]]
