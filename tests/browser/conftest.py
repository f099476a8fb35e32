"""A real Chromium, and an eye on everything it meets."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

# The test's own thread speaks to the database while the browser's loop runs beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

AXE_OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


@dataclass
class Reader:
    """One person with one browser; remembers what went wrong on the way."""

    context: BrowserContext
    page: Page
    script: bool = True
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bytes: int = 0

    @classmethod
    def sit_down(cls, browser: Browser, *, width: int = 390, script: bool = True, **options):
        context = browser.new_context(
            viewport={"width": width, "height": 844}, java_script_enabled=script, **options
        )
        context.set_default_timeout(15_000)
        reader = cls(context, context.new_page(), script)
        reader.page.on("console", reader._console)
        reader.page.on("pageerror", lambda error: reader.complaints.append(f"error: {error}"))
        reader.page.on("request", reader._request)
        reader.page.on("requestfailed", reader._failed)
        reader.page.on("response", reader._response)
        return reader

    def _console(self, message) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _failed(self, request: Request) -> None:
        # The browser itself breaks off what a page still loads when the reader goes on.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} ({request.failure})")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status}: {response.url}")

    def look(self) -> None:
        """Looks at the page as it stands: no complaint, accessible, nothing to the side."""
        expect(self.page.locator("h1")).to_have_count(1)  # a page on its way is waited for
        assert self.complaints == []
        if not self.script:
            return
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"
        found = Axe().run(self.page, options=AXE_OPTIONS).response["violations"]
        told = [
            f"{one['id']}: {one['help']} ({'; '.join(node['html'][:160] for node in one['nodes'])})"
            for one in found
        ]
        assert told == [], self.page.url

    def leave(self) -> None:
        self.context.close()


@pytest.fixture
def sit_down(browser: Browser):
    """`sit_down(width=390, script=True, locale="en-GB")` → a Reader with an empty browser."""
    readers: list[Reader] = []

    def sit(**options) -> Reader:
        readers.append(Reader.sit_down(browser, **options))
        return readers[-1]

    yield sit
    for reader in readers:
        reader.leave()
