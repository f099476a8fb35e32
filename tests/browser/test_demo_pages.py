"""Every page of the demo as it is really served: small, whole, accessible, alone."""

import json
from urllib.parse import urljoin, urlsplit

import pytest

from tests.running_site import RunningSite

pytestmark = pytest.mark.browser

LIMIT_BYTES = 60_000
LIMIT_REQUESTS = 6


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The site under its keeper with the demo in it, static files packed as for real."""
    site = RunningSite(tmp_path_factory.mktemp("demo"), DJANGO_SETTINGS_MODULE="portal.settings")
    site.prepare()
    for words in (("collectstatic", "--noinput"), ("demo", "--json")):
        done = site.manage(*words)
        assert done.returncode == 0, done.stderr
    try:
        site.start()
        yield json.loads(done.stdout)
    finally:
        site.end()


def test_the_first_visit_is_small_and_asks_nobody_else(demo, sit_down):
    heavy = []
    for buyer in demo["buyers"]:
        reader = sit_down()
        sizes = []
        session = reader.context.new_cdp_session(reader.page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda e, s=sizes: s.append(e["encodedDataLength"]))
        answer = reader.page.goto(buyer["url"], wait_until="networkidle")
        assert answer.status == 200, buyer["label"]
        hosts = {urlsplit(url).netloc for url in reader.requests}
        assert hosts == {urlsplit(buyer["url"]).netloc}, buyer["label"]
        # The link itself redirects; what counts are the files that make up the page.
        asked = len(sizes)
        if sum(sizes) > LIMIT_BYTES or asked > LIMIT_REQUESTS:
            heavy.append(f"{buyer['label']}: {sum(sizes)} bytes in {asked} requests")
        reader.leave()
    assert heavy == []


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1400, "light")])
def test_every_page_is_accessible_and_fits(demo, sit_down, width, scheme):
    reader = sit_down(width=width, color_scheme=scheme)
    seen = set()
    for buyer in demo["buyers"]:
        reader.context.clear_cookies()
        reader.page.goto(buyer["url"])
        reader.look()
        # The demo has a return in every state; its page belongs to the order's.
        returns = reader.page.locator("a[href*='/returns/HW-']")
        for path in {link.get_attribute("href") for link in returns.all()}:
            reader.page.goto(urljoin(buyer["url"], path))
            reader.look()
            seen.add(reader.page.locator("h1").inner_text())
    assert len(seen) >= 6, f"returns in these states only: {seen}"
