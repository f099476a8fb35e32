"""What was typed, kept in the session while a code is asked for.

Only the session that typed it gets it back, and only once. Where it goes is not written
anywhere else until it is sent with a fresh code.
"""

import time

from django.http import HttpRequest, QueryDict

KEPT = "typed"  # session: the last form that waited for a code
FOR = 60 * 60  # seconds; whoever comes back later begins anew
MOST_FIELDS = 40
LONGEST = 500  # characters of one field; no part of an address is longer


def keep(request: HttpRequest, path: str) -> None:
    """path: of the page on which it shall stand again."""
    fields = {
        name: value[:LONGEST]
        for name, value in list(request.POST.items())[:MOST_FIELDS]
        if name != "csrfmiddlewaretoken" and isinstance(value, str)
    }
    request.session[KEPT] = {"path": path, "at": int(time.time()), "fields": fields}


def take(request: HttpRequest) -> QueryDict | None:
    """What was typed on this very page; None when nothing was."""
    kept = request.session.get(KEPT)
    if not kept or kept["path"] != request.path:
        return None
    del request.session[KEPT]
    if kept["at"] < time.time() - FOR:
        return None
    data = QueryDict(mutable=True)
    data.update(kept["fields"])
    return data
