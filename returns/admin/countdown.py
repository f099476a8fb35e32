"""Times as the desk reads them: until something falls due, and of what has been."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.timesince import timesince, timeuntil

from returns.models import Store


def countdown(due: datetime, now: datetime) -> str:
    """`in 3 hours`, `2 hours late`."""
    if due > now:
        return f"in {timeuntil(due, now, depth=1)}"
    return f"{timesince(due, now, depth=1)} late"


def moment(at: datetime | None, store: Store) -> str:
    """`24 Nov 18:05` by the clock of the store; '' for never."""
    return f"{at.astimezone(ZoneInfo(store.zone)):%-d %b %H:%M}" if at else ""
