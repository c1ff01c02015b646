"""Waiting for the page by looks that are counted: the page's policy forbids the polling that playwright would put into it."""


def until(page, expression, looks=600):
    """Looks every 25 ms, longer on a busy machine, until the expression holds."""
    for _ in range(looks):
        if page.evaluate(f"!!({expression})"):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"never held: {expression}")


def comes(page, things, looks=600):
    """Looks as often until a list that the page's requests fill is not empty."""
    for _ in range(looks):
        if things:
            return
        page.wait_for_timeout(25)
    raise AssertionError("nothing came")
