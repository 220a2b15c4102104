"""Ask axe-core what on a page people with disabilities could not use."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def faults_of(page: Page) -> list[str]:
    """Return what axe finds, each with the elements it is about."""
    # Evaluated through the debugger, which the security policy of the page does not forbid.
    page.evaluate(_script())
    violations: list[dict[str, Any]] = page.evaluate(
        "async (rules) => (await axe.run(document, rules)).violations", RULES
    )
    return [
        f"{fault['id']}: {fault['help']} at {node['target']}: {node['failureSummary']}"
        for fault in violations
        for node in fault["nodes"]
    ]
