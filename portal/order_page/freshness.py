"""Whether what we know of a parcel is old because nobody could be asked."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tracking import polling

if TYPE_CHECKING:
    from tracking.models import Parcel

# What is younger is fresh, however often its carrier is asked.
FRESH_FOR = timedelta(hours=24)
# So long a call may take to be made and to fail before that is told.
WHILE_ASKING = timedelta(hours=1)


def is_stale(parcel: "Parcel", now: datetime) -> bool:
    """It should have been asked for since it was checked last, and we keep trying. A parcel
    that was quiet for weeks is rarely asked for; that is no failure."""
    checked = parcel.checked_at
    if checked is None or parcel.next_check_at is None:  # nobody asks (any more)
        return False
    return now > checked + max(FRESH_FOR, _pause(parcel, checked) + WHILE_ASKING)


def _pause(parcel: "Parcel", checked: datetime) -> timedelta:
    """The longest that `polling.next_check` waits after a check."""
    quiet = checked - parcel.last_word
    times = next((times for after, times in polling.THINNED if quiet > after), 1)
    hours = polling.HOURS.get(parcel.milestone, max(polling.HOURS.values()))
    return timedelta(hours=hours * times * polling.SPREAD[1])
