"""What one row of the demo's tables holds: an order, its parcels, its returns.

Moments are hours ago (a number) or (days ago, wall clock), by the clocks of whoever acts.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from portal.demo import journeys as by
from portal.demo.goods import Item
from portal.demo.people import Buyer
from returns.codes import Condition, Disposition, PaymentMethod, ResolutionKind, Wish
from tracking.milestones import Milestone as M

Moment = float | tuple[int, str]


def moment(now: datetime, told: Moment, zone: str) -> datetime:
    """What such a moment is in the calendar, aware; zone: of whoever acts."""
    if not isinstance(told, tuple):
        return now - timedelta(hours=told)
    days, clock = told
    day = now.astimezone(ZoneInfo(zone)).date() - timedelta(days=days)
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone))


@dataclass(frozen=True)
class Box:
    """One parcel. carrier '': the shop told no number. upto '': announced, not handed over.
    ended: days since its last scan. lines: positions in the order, None = all of it."""

    carrier: str = ""
    journey: list[by.Step] = field(default_factory=list)
    upto: str = ""
    ended: int = 0
    skip_last: int = 0
    lines: tuple[int, ...] | None = None
    announced: Moment = (1, "14:10")


@dataclass(frozen=True)
class Then:
    """What happened to a return next: a verb of it, or one of `ReturnTale`. at None: when
    it fell due."""

    verb: str
    at: Moment | None
    words: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Trip:
    """What the carrier reports of the way back: like the journey of a Box."""

    journey: list[by.Step]
    upto: str = M.DELIVERED
    ended: int = 1
    skip_last: int = 0


@dataclass(frozen=True)
class Unpacked:
    """What was in the parcel. units: of the thing that was to come. others: things that
    were not, each once. note: for the desk only."""

    units: int
    grams: int | None = None
    others: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Looked:
    """How it is. accepted None: all of it. words: what the buyer reads."""

    condition: str = Condition.AS_NEW
    accepted: int | None = None
    disposition: str = Disposition.RESTOCK
    words: str = ""


@dataclass(frozen=True)
class Gets:
    """What the buyer gets. amount '': all that it is worth, if it is money."""

    kind: str = ResolutionKind.REFUND
    amount: str = ""
    words: str = ""
    method: str = PaymentMethod.ORIGINAL


@dataclass(frozen=True)
class Asked:
    """A return of one line: `position` in the order, why, how many, and what came of it."""

    at: Moment
    position: int
    reason: str
    comment: str = ""
    wish: str = Wish.REFUND
    note: str = ""
    quantity: int = 1
    story: tuple[Then, ...] = ()

    def then(self, verb: str, at: Moment | None = None, *words: Any) -> Self:
        return replace(self, story=(*self.story, Then(verb, at, words)))


@dataclass(frozen=True)
class Case:
    """label: what it shows. placed: days before today. policy: where the rules were others
    when it was sold."""

    label: str
    number: str
    buyer: Buyer
    items: tuple[Item, ...]
    placed: int
    boxes: tuple[Box, ...] = ()
    asked: tuple[Asked, ...] = ()
    paid: bool = True
    cancelled: Moment | None = None
    policy: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)


def britain(upto: str = M.DELIVERED, ended: int = 4, **more: Any) -> Box:
    return Box("royal-mail", by.TO_BRITAIN, upto, ended, **more)


def america(upto: str = M.DELIVERED, ended: int = 4, **more: Any) -> Box:
    return Box("usps", by.TO_AMERICA, upto, ended, **more)


def germany(ended: int) -> Box:
    return Box("dhl-paket", by.TO_GERMANY_AT_HOME, M.DELIVERED, ended)


def france(ended: int, **more: Any) -> Box:
    return Box("la-poste", by.TO_FRANCE_AT_HOME, M.DELIVERED, ended, **more)


def sf(upto: str = M.DELIVERED, ended: int = 2, **more: Any) -> Box:
    return Box("sf", by.BY_SF, upto, ended, **more)


def zto(upto: str = M.DELIVERED, ended: int = 2, **more: Any) -> Box:
    return Box("zto", by.BY_ZTO, upto, ended, **more)
