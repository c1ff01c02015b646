"""Runs the browser tests: every function `test_…` of every `test_….py` here, each in a fresh page. Status 1 when one fails.

A test takes, by their names, what it needs of `page` (open at the studio), `url` (of the service), `tmp` (a folder of its own) and
`browser`. Modules with `FAST = True` are those of `--fast`. What the page says on its console is a failure, but in the tests that a
module names in `NOISY`; `CONTEXT` says how a module wants its pages.
"""
import argparse
import importlib
import inspect
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="the command atelier")
    parser.add_argument("--fast", action="store_true", help="only modules that say so")
    parser.add_argument("--only", default="", help="only tests whose name has this in it")
    parser.add_argument("--folder", help="the studio's files, instead of those in the program")
    parser.add_argument("--failures", metavar="FOLDER", help="keeps a picture of the page of every failure")
    said = parser.parse_args()
    import harness

    tests = []
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        if said.fast and not getattr(module, "FAST", False):
            continue
        for name, test in vars(module).items():
            if name.startswith("test_") and callable(test) and said.only in f"{path.stem}.{name}":
                tests.append((f"{path.stem[5:]}: {name[5:].replace('_', ' ')}", test, name in getattr(module, "NOISY", ()), getattr(module, "CONTEXT", {})))
    if not tests:
        parser.error(f"no test has {said.only!r} in its name")
    failed = []
    with harness.service(said.program, said.folder) as url, harness.browser() as browser:
        for title, test, is_noisy, how in tests:
            page, problems = harness.new_page(browser, **how)
            began = time.monotonic()
            try:
                with tempfile.TemporaryDirectory(prefix="atelier-test-") as tmp:
                    harness.visit(page, url)
                    given = {"page": page, "url": url, "tmp": tmp, "browser": browser}
                    test(**{name: given[name] for name in inspect.signature(test).parameters})
                if problems and not is_noisy:
                    raise AssertionError("the page said: " + "; ".join(problems[:5]))
                print(f"ok    {title}  ({time.monotonic() - began:.1f} s)", flush=True)
            except Exception as error:
                failed.append(title)
                print(f"FAIL  {title}\n      {str(error).strip()[:1500]}", flush=True)
                if not isinstance(error, AssertionError):
                    traceback.print_exc(limit=-2)
                if problems:
                    print("      the page said: " + "; ".join(problems[:5]))
                if said.failures:
                    Path(said.failures).mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=f"{said.failures}/{test.__module__}.{test.__name__}.png")
            page.context.close()
    print(f"{len(tests) - len(failed)} of {len(tests)} browser tests passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
