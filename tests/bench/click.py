"""python -m tests.bench.click [ROUNDS]: from the buyer's click to the request at the gateway.

The real site under its real keeper, with its own worker and mail into files, and a server on
loopback that plays Kuaidi100. Each round is another order whose parcel SF has; the form of its
page is filled in and sent, and the stopwatch stops when the request has come in. Between the
two the contact on the order is told, because nothing leaves before that.
"""

import json
import statistics
import sys
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path

import requests

from tests.running_site import RunningSite, wait_until
from tests.tracking.gateway_server import KUAIDI100_KEYS, GatewayServer

SEED = """
import json
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from returns import addresses
from returns.models import InterceptionRule
from tests.people import open_store, place_order, ship
from tracking.models import GatewayAccount
store = open_store(country="CN", currency="CNY")
InterceptionRule.objects.create(store=store, payer="store")
GatewayAccount.objects.create(
    account=store.account, gateway="kuaidi100", base={base!r}, keys={keys!r}
)
home = dict(
    name="周雪", country="CN", region="浙江省", city="杭州市", street="文三路 90 号",
    postcode="310012", phone="+86 13812345678", language="zh-hans",
)
found = []
for number in range({rounds}):
    order = place_order(store, f"JP-{{number}}", shipped=False, **home)
    shipment = ship(order, number=f"SF12345678901{{number:02}}", carrier="sf")
    shipment.parcel.origin = shipment.parcel.destination = "CN"
    shipment.parcel.save()
    session, now = SessionStore(), timezone.now().timestamp()
    session["orders"], session["entries"] = {{str(order.pk): int(now)}}, {{str(order.pk): now}}
    session.create()
    page = addresses.order_page(order, "address_change", shipment=shipment.pk)
    found.append([session.session_key, page])
print("SEEDED" + json.dumps(found))
"""


class Filled(HTMLParser):
    """What the largest form of a page would send as it stands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
        if not self.forms:
            return
        if tag == "input" and at.get("name") and at.get("type") not in ("submit", "checkbox"):
            self.forms[-1][at["name"]] = at.get("value", "")
        elif tag == "select":
            self.select = at.get("name", "")
        elif tag == "option" and self.select and "selected" in at:
            self.forms[-1][self.select] = at.get("value", "")

    @property
    def fields(self) -> dict[str, str]:
        return max(self.forms, key=len)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder, GatewayServer() as server:
        site = RunningSite(Path(folder), HOMEWARD_TICK="20")
        site.prepare()
        seed = SEED.format(base=server.base, keys=KUAIDI100_KEYS, rounds=rounds)
        done = site.manage("shell", "-c", seed)
        assert "SEEDED" in done.stdout, done.stderr
        orders = json.loads(done.stdout.rpartition("SEEDED")[2])
        site.start()
        try:
            site.wait_for_beats()
            took = [one(site, server, *order) for order in orders]
        finally:
            site.end()
    print(
        f"from click to request, {rounds} rounds: median {statistics.median(took):.2f} s, "
        f"longest {max(took):.2f} s, shortest {min(took):.2f} s"
    )


def one(site: RunningSite, server: GatewayServer, session: str, page: str) -> float:
    """Seconds from the press to the request."""
    buyer = requests.Session()
    buyer.cookies.set("homeward", session, domain="127.0.0.1")
    url, before = f"http://127.0.0.1:{site.port}{page}", len(server.asked)
    form = Filled(buyer.get(url, timeout=20).text).fields | {"street": "文二路 391 号"}
    start = time.monotonic()
    answer = buyer.post(url, form, headers={"Referer": url}, timeout=20, allow_redirects=False)
    if answer.status_code == 422:  # a hint was shown; it is kept as it was typed
        form = Filled(answer.text).fields
        start = time.monotonic()
        answer = buyer.post(url, form, headers={"Referer": url}, timeout=20, allow_redirects=False)
    assert answer.status_code == 302, answer.status_code
    wait_until(lambda: len(server.asked) > before, "the carrier is asked", 60)
    return time.monotonic() - start


if __name__ == "__main__":
    main()
