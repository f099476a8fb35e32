"""How often a parcel is asked for when nobody tells us by himself. Pure functions.

Providers push; asking is the safety net. It is closer where something happens within
hours, and thins out with the silence, because a parcel that was quiet for weeks is not
found by asking more often.
"""

import random
from datetime import datetime, timedelta

from tracking.milestones import FINAL, Milestone

HOURS: dict[str, int] = {
    Milestone.UNKNOWN: 12,
    Milestone.ANNOUNCED: 12,
    Milestone.ACCEPTED: 8,
    Milestone.IN_TRANSIT: 8,
    Milestone.CUSTOMS: 12,
    Milestone.OUT_FOR_DELIVERY: 3,
    Milestone.ATTEMPTED: 6,
    Milestone.READY_FOR_PICKUP: 12,
    Milestone.RETURNING: 12,
}
# Quiet for longer than this → so many times the usual pause.
THINNED = ((timedelta(days=21), 4), (timedelta(days=7), 2))
# Nobody looks any more after so long without a word: it is long lost, or never was.
GIVEN_UP_AFTER = timedelta(days=60)
# So that parcels that were asked for together do not come back together.
SPREAD = (0.9, 1.1)


def is_over(milestone: str, last_word: datetime, now: datetime) -> bool:
    """Whether nobody needs to ask any more. last_word: its newest scan, or, when there is
    none, when we heard of it."""
    return milestone in FINAL or now - last_word > GIVEN_UP_AFTER


def next_check(milestone: str, last_word: datetime, now: datetime) -> datetime | None:
    """When to ask for a parcel that was heard of or asked for just now; None: never again."""
    if is_over(milestone, last_word, now):
        return None
    quiet = now - last_word
    times = next((times for after, times in THINNED if quiet > after), 1)
    pause = timedelta(hours=HOURS.get(milestone, HOURS[Milestone.UNKNOWN])) * times
    return now + pause * random.uniform(*SPREAD)
