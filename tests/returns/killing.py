"""`python -m tests.returns.killing DATABASE PORT`: kills a worker at each line of its way.

DATABASE: a file of SQLite in which notices are due. PORT: of a mail server on loopback.
For each line that the sending path runs, a worker begins on a copy of the database and
kills itself there; its lease is made to run out, and another worker works to the end.

Taken is every line of the sending proper when it runs first, those that claim and settle
also when they run last (which is in another notice), and each tenth line of the rendering,
which changes nothing.
One line of JSON for each says where it was killed and what the rows say afterwards:
{"number", "place", "killed", "notices", "promises", "events"}.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

django.setup()

from returns import tasks  # noqa: E402
from returns.models import Event, Notice, Order, Promise  # noqa: E402
from tracking.work import WorkState  # noqa: E402

HOUSE = Path(__file__).parent.parent.parent
# The lines at which it is killed: a file, or a folder.
PATH = (
    "returns/tasks.py",
    "returns/routes.py",
    "returns/models/sending.py",
    "returns/models/notice.py",
    "returns/models/promise.py",
    "returns/models/contact_point.py",
    "returns/channels",
    "returns/letters",
    "tracking/work.py",
)
# What only reads and renders, and what says how far the work has come.
RENDERING = "returns/letters/"
CLAIM_AND_SETTLE = ("returns/models/sending.py", "tracking/work.py")
TOOL = 4
LONGEST = 60  # seconds, for one worker


class Lines:
    """Counts the lines of the path as they run. reached: called with each of them."""

    def __init__(self, reached: Callable[[int, str], None], path: tuple[str, ...] = PATH) -> None:
        self.count, self.reached, self.path = 0, reached, path

    def __enter__(self) -> "Lines":
        watch = sys.monitoring
        watch.use_tool_id(TOOL, "killing")
        watch.register_callback(TOOL, watch.events.LINE, self._line)
        watch.set_events(TOOL, watch.events.LINE)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.monitoring.set_events(TOOL, 0)
        sys.monitoring.free_tool_id(TOOL)

    def _line(self, code: Any, line: int) -> object:
        name = code.co_filename.removeprefix(f"{HOUSE}/")
        if not name.startswith(self.path):
            return sys.monitoring.DISABLE
        self.count += 1
        self.reached(self.count, f"{name}:{line} in {code.co_name}")
        return None


def in_a_child(work: Callable[[], Any]) -> tuple[bool, Any]:
    """(whether it was killed, what it gave). A process of its own, as workers are."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(LONGEST)
        os.write(writing, json.dumps(work()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended == -signal.SIGKILL:
        return True, None
    assert ended == 0, f"a worker ended with {ended}"
    return False, json.loads(said)


def walk() -> list[str]:
    """The lines in the order in which they run when nothing goes wrong."""
    places: list[str] = []
    with Lines(lambda _number, place: places.append(place)):
        tasks.deliver_notices()
    return places


def chosen(places: list[str]) -> list[int]:
    """Which of them are taken, counted from 1."""
    first = {place: at for at, place in reversed(list(enumerate(places, 1)))}
    last = {place: at for at, place in enumerate(places, 1)}
    rendered = sorted(at for place, at in first.items() if place.startswith(RENDERING))
    sending = [at for place, at in first.items() if not place.startswith(RENDERING)]
    again = [at for place, at in last.items() if place.startswith(CLAIM_AND_SETTLE)]
    return sorted({*rendered[::10], *sending, *again})


def killed_at(number: int) -> None:
    def kill(count: int, _place: str) -> None:
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    with Lines(kill):
        tasks.deliver_notices()


def make_good() -> dict[str, list]:
    """The lease runs out, and another worker comes. Returns what the rows say then."""
    Notice.objects.filter(state=WorkState.CLAIMED).update(lease_until=timezone.now())
    tasks.deliver_notices()
    return {
        "notices": list(
            Notice.objects.order_by("pk").values_list("recipient", "state", "attempts")
        ),
        "promises": list(Promise.objects.order_by("pk").values_list("kind", "state", "follows")),
        "events": list(Event.objects.order_by("pk").values_list("kind", flat=True)),
    }


def begin(copy: Path, database: Path, number: int) -> None:
    """A fresh copy, whose buyers have addresses of their own: the mails of one round can be
    told from those of others."""
    connections.close_all()
    for end in ("", "-wal", "-shm"):
        Path(f"{copy}{end}").unlink(missing_ok=True)
    shutil.copyfile(database, copy)
    connection.settings_dict["NAME"] = str(copy)
    for model, field in ((Order, "email"), (Notice, "recipient")):
        for row in model.objects.all():
            name, _, domain = getattr(row, field).partition("@")
            model.objects.filter(pk=row.pk).update(**{field: f"{name}+{number}@{domain}"})
    connections.close_all()  # what is open does not live through a fork


def rounds(database: Path) -> Iterator[dict[str, Any]]:
    copy = database.with_suffix(".copy")
    begin(copy, database, 0)
    walk()  # what is read and compiled but once is not part of the way
    begin(copy, database, 0)
    places = in_a_child(walk)[1]
    for number in chosen(places):
        begin(copy, database, number)
        killed, _ = in_a_child(partial(killed_at, number))
        yield {"number": number, "place": places[number - 1], "killed": killed, **make_good()}


def main(database: str, port: str) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": int(port), "timeout": 10},
        }
    }
    for told in rounds(Path(database)):
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
