"""A real Chromium, and what axe and the network say about a page in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, sync_playwright

from app.platform.doctor import find_browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: All of WCAG 2.2 A and AA, colour contrast included, and axe's best practices.
OPTIONS: dict[str, Any] = {
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "rules": {"color-contrast": {"enabled": True}, "target-size": {"enabled": True}},
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium as the system has it; nothing is downloaded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page whose every answer is watched: a style sheet that is missing makes axe's verdict worthless.

    Args:
        allowed: statuses at or above 400 that the test provokes on purpose (422 of a refused form is always allowed).
    """

    def __init__(self, page: Page, *, allowed: tuple[int, ...] = ()) -> None:
        self.page = page
        self.failures: list[str] = []
        self._allowed = {422, *allowed}
        page.on("response", self._look)
        page.on(
            "requestfailed",
            lambda request: self.failures.append(f"{request.url}: {request.failure}"),
        )
        page.on("pageerror", lambda error: self.failures.append(f"script error: {error}"))
        page.on("console", self._listen)

    def _look(self, response: Response) -> None:
        document = response.request.resource_type == "document"
        if response.status >= 400 and not (document and response.status in self._allowed):
            self.failures.append(f"{response.url}: {response.status}")

    def _listen(self, message: Any) -> None:
        # A blocked style or script is told on the console only.
        if message.type == "error" and "Content Security Policy" in message.text:
            self.failures.append(message.text)

    def check(self, *, where: str | None = None) -> None:
        """Assert that everything loaded, that nothing overflows sideways, and that axe finds nothing."""
        self.page.wait_for_load_state()
        where = where or self.page.url
        failures = [text for text in self.failures if "net::ERR_ABORTED" not in text]
        assert not failures, f"{where}: {failures}"
        assert not overflows(self.page), f"{where}: scrolls sideways"
        found = violations(self.page)
        assert not found, f"{where}:\n" + "\n".join(found)


def violations(page: Page) -> list[str]:
    """What axe finds on the page, one line per element."""
    # CSP forbids nothing here: the script comes through the debugging protocol. It is large, so once a page.
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    results = page.evaluate("options => axe.run(options)", OPTIONS)
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:200]} ({node.get('failureSummary', '')[:300]})"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]


def overflows(page: Page) -> bool:
    """Whether the page scrolls sideways, which it must not at 320 px."""
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )
