"""Ask axe-core what on a page people with disabilities could not use."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

# What pages have in common: the way to other pages, and the search.
SHELL = [".side", ".top", ".dock", "#header", "#nav-sidebar", "#footer"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def faults_of(page: Page, *, without: Sequence[str] = ()) -> list[str]:
    """Return what axe finds, each with the elements it is about; it may leave some elements out."""
    page.wait_for_load_state()
    # Evaluated through the debugger, which the security policy of the page does not forbid.
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"() => {{ {_script()} }}")
    # Nothing to load: no sounds or films, and no styles from elsewhere.
    options = {"runOnly": RULES, "resultTypes": ["violations"], "preload": False}
    violations: list[dict[str, Any]] = page.evaluate(
        "async ([without, options]) => (await axe.run({exclude: without}, options)).violations",
        [[[selector] for selector in without], options],
    )
    return [
        f"{fault['id']}: {fault['help']} at {node['target']}: {node['failureSummary']}"
        for fault in violations
        for node in fault["nodes"]
    ]
