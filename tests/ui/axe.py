"""Ask axe-core what on a page people with disabilities could not use."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What another theme can change: the rest of a page is the same in the dark.
COLOURS = ["color-contrast", "link-in-text-block"]


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def faults_of(page: Page, *, only: list[str] = RULES) -> list[str]:
    """Return what axe finds by these kinds of rules or single ones, each with the elements it is about."""
    # Evaluated through the debugger, which the security policy of the page does not forbid.
    page.evaluate(f"() => {{ if (!window.axe) {{ {_script()} }} }}")
    # Nothing to load: no sounds or films, and no styles from elsewhere.
    options = {"runOnly": only, "resultTypes": ["violations"], "preload": False}
    violations: list[dict[str, Any]] = page.evaluate(
        "async (options) => (await axe.run(document, options)).violations", options
    )
    return [
        f"{fault['id']}: {fault['help']} at {node['target']}: {node['failureSummary']}"
        for fault in violations
        for node in fault["nodes"]
    ]
