"""Where more may be sent than a form, how much, by whom, and how many at the same time.

Everywhere else, and for everybody else, DATA_UPLOAD_MAX_MEMORY_SIZE is the end
(portal/middleware.py). Bodies are held in memory, so each entrance has a few places: what
all web threads could hold together would not fit. Whoever hooks up a page here reads
either files of a form or the stream itself: `request.body` keeps to the small limit.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from threading import BoundedSemaphore

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest

from portal.access import granted
from returns import mail_hook

MB = 1024 * 1024
PLACES = 6  # in one process


@dataclass(frozen=True)
class Entrance:
    """limit: bytes of the whole body. patience: seconds that a body in chunks, or one that
    is refused, is read at most."""

    path: re.Pattern[str]
    limit: int
    patience: float
    admits: Callable[[HttpRequest], bool]
    places: BoundedSemaphore


def _files_from(known: Callable[[HttpRequest], bool]) -> Callable[[HttpRequest], bool]:
    """Forms with files, from people we know; their other fields stay small (Django counts)."""

    def admits(request: HttpRequest) -> bool:
        return request.content_type == "multipart/form-data" and known(request)

    return admits


def _is_staff(request: HttpRequest) -> bool:
    return SESSION_KEY in request.session


def _knows_the_key(request: HttpRequest) -> bool:
    return mail_hook.is_key(request.path_info.rstrip("/").rpartition("/")[2])


def _entrance(
    path: str, limit: int, patience: float, admits: Callable[[HttpRequest], bool]
) -> Entrance:
    return Entrance(re.compile(path), limit, patience, admits, BoundedSemaphore(PLACES))


ENTRANCES = [
    # The store falls away on a store's own host (portal/hosts.py).
    _entrance(
        r"(/s/[^/]+)?/o/[^/]+/(returns/[^/]+/photos|papers|messages)/",
        16 * MB,
        60,
        _files_from(lambda r: bool(granted(r))),
    ),
    _entrance(r"/desk/returns/", 16 * MB, 60, _files_from(_is_staff)),
    # A mail with photos, from who knows the key in the address.
    _entrance(r"/hooks/messages/mail/", 20 * MB, 60, _knows_the_key),
    # Anybody may try: only the signature tells, and that is over the whole body.
    _entrance(r"/hooks/", 2 * MB, 10, lambda request: True),
]


def entrance_for(request: HttpRequest) -> Entrance | None:
    """The entrance that this request may use, judged by its headers and its session."""
    if request.method != "POST":
        return None
    for entrance in ENTRANCES:
        if entrance.path.match(request.path_info):
            return entrance if entrance.admits(request) else None
    return None
