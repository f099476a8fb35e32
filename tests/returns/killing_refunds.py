"""`python -m tests.returns.killing_refunds DATABASE SHOP`: kills a worker at each line on which a
shop is asked to refund and its answer is written down.

DATABASE: a file of SQLite with one refund that is due. SHOP: shopify, rest or woocommerce, which
is played on loopback by this process and keeps a fresh till for each round. As in killing.py,
each line has a copy of its own; then the lease runs out, the shop has had its time, and another
worker ends what the killed one left. One line of JSON for each:
{"number", "place", "killed", "before", "after"}: how the rows stood when it was killed, and at
the end, with what is in the till.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connections
from django.utils import timezone

from tests.returns.killing import Lines, begin, in_a_child  # first: it sets Django up

from returns.models import (  # isort: skip
    Event,
    Notice,
    Promise,
    Resolution,
    ReturnAuthorization,
    ShopAccount,
    ShopRefund,
)
from tests.returns.refund_server import Paid, Till, refunding  # isort: skip
from tracking.work import WorkState  # isort: skip

PATH = (
    "returns/models/shop_refund.py",
    "returns/models/refund_queue.py",
    "returns/models/resolution.py",
    "returns/models/settling.py",
    "returns/models/promise.py",
    "returns/shops",
    "tracking/work.py",
)


def walk() -> list[str]:
    places: list[str] = []
    with Lines(lambda _number, place: places.append(place), PATH):
        ShopRefund.objects.work()
    return places


def chosen(places: list[str], shop: str) -> list[int]:
    """Each line when it runs first, and those that claim and settle also when they run last.
    What is the same for every shop is taken whole for one, of the others each sixth line."""
    first = {place: at for at, place in reversed(list(enumerate(places, 1)))}
    last = {place: at for at, place in enumerate(places, 1)}
    if shop == "shopify":
        again = [at for place, at in last.items() if place.startswith("tracking/work.py")]
        return sorted({*first.values(), *again})
    own = [at for place, at in first.items() if place.startswith("returns/shops")]
    return sorted({*own, *sorted(first.values())[::6]})


def killed_at(number: int) -> None:
    def kill(count: int, _place: str) -> None:
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    with Lines(kill, PATH):
        ShopRefund.objects.work()


def rows(till: Till) -> dict[str, Any]:
    asked = ShopRefund.objects.get()
    return {
        "resolutions": list(Resolution.objects.values_list("state", "reference")),
        "returns": list(ReturnAuthorization.objects.values_list("status", flat=True)),
        "asked": asked.asked_at is not None,
        "refunds": [str(one.amount) for one in till.refunds],
        "events": list(Event.objects.order_by("pk").values_list("kind", flat=True)),
        "notices": list(Notice.objects.order_by("pk").values_list("kind", flat=True)),
        "promises": list(Promise.objects.order_by("pk").values_list("kind", "state")),
    }


def made_good(till: Till) -> dict[str, Any]:
    """Leases run out, the shop has had its time, and other workers come."""
    for _ in range(3):
        now = timezone.now()
        ShopRefund.objects.filter(state=WorkState.CLAIMED).update(lease_until=now)
        ShopRefund.objects.filter(state=WorkState.DUE).update(due_at=now)
        ShopRefund.objects.filter(asked_at__isnull=False).update(
            asked_at=now - timedelta(minutes=10)
        )
        ShopRefund.objects.work()
    return rows(till)


def rounds(database: Path, shop: str, till: Till) -> Iterator[dict[str, Any]]:
    copy = database.with_suffix(".copy")
    payment = till.payments[0].left

    def start(number: int) -> None:
        till.refunds.clear()
        till.payments = [Paid(801, "shopify_payments", payment)]
        begin(copy, database, number)
        access = getattr(till, shop)
        ShopAccount.objects.update(base=access.base, keys=dict(access.keys))
        connections.close_all()  # what is open does not live through a fork

    start(0)
    walk()  # what is read and compiled but once is not part of the way
    start(0)
    places = in_a_child(walk)[1]
    for number in chosen(places, shop):
        start(number)
        killed, _ = in_a_child(partial(killed_at, number))
        told = {"number": number, "place": places[number - 1], "killed": killed}
        yield told | {"before": rows(till), "after": made_good(till)}


def main(database: str, shop: str) -> None:
    with refunding() as till:
        for told in rounds(Path(database), shop, till):
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
