"""`python -m tests.returns.killing_addresses DATABASE PORT [FILE…]`: kills a worker at each line on
which a change of address is told, started, and its end is told.

DATABASE: a file of SQLite with one change that is ready for its next step. PORT: of a mail
server on loopback. As in killing.py, each line has a copy of its own, and another worker ends
what the killed one left. FILE: of which only each fifth line is taken. One line of JSON for
each:
{"number", "place", "killed", "before", "after"}: how the rows stood when it was killed, and at
the end.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from tests.returns.killing import Lines, begin, in_a_child  # first: it sets Django up

from returns import tasks  # isort: skip
from returns.models import AddressChange, Event, Notice, Promise  # isort: skip
from tracking.models import Interception  # isort: skip
from tracking.work import WorkState  # isort: skip

PATH = (
    "returns/tasks.py",
    "returns/address_news.py",
    "returns/models/address_change.py",
    "returns/models/sending.py",
    "returns/models/promise.py",
)


def work() -> None:
    tasks.deliver_codes()
    tasks.follow_addresses()
    tasks.deliver_notices()


def walk() -> list[str]:
    places: list[str] = []
    with Lines(lambda _number, place: places.append(place), PATH):
        work()
    return places


def chosen(places: list[str], files: tuple[str, ...]) -> list[int]:
    """Which of them are taken, counted from 1."""
    first = {place: at for at, place in reversed(list(enumerate(places, 1)))}
    beside = sorted(at for place, at in first.items() if place.startswith(files))
    return sorted({*first.values()} - {*beside} | {*beside[::5]})


def killed_at(number: int) -> None:
    def kill(count: int, _place: str) -> None:
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    with Lines(kill, PATH):
        work()


def rows() -> dict[str, list]:
    return {
        "changes": list(AddressChange.objects.order_by("pk").values_list("status", flat=True)),
        "requests": list(Interception.objects.order_by("pk").values_list("status", flat=True)),
        "notices": list(Notice.objects.order_by("pk").values_list("kind", "state")),
        "promises": list(Promise.objects.order_by("pk").values_list("kind", "state")),
        "events": list(Event.objects.order_by("pk").values_list("kind", flat=True)),
        "recipients": list(Notice.objects.order_by("pk").values_list("recipient", flat=True)),
    }


def made_good() -> dict[str, list]:
    """The lease runs out, and another worker comes."""
    Notice.objects.filter(state=WorkState.CLAIMED).update(lease_until=timezone.now())
    work()
    return rows()


def rounds(database: Path, files: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    copy = database.with_suffix(".copy")
    begin(copy, database, 0)
    walk()  # what is read and compiled but once is not part of the way
    begin(copy, database, 0)
    places = in_a_child(walk)[1]
    for number in chosen(places, files):
        begin(copy, database, number)
        killed, _ = in_a_child(partial(killed_at, number))
        told = {"number": number, "place": places[number - 1], "killed": killed}
        yield told | {"before": rows(), "after": made_good()}


def main(database: str, port: str, *files: str) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": int(port), "timeout": 10},
        }
    }
    for told in rounds(Path(database), files):
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
