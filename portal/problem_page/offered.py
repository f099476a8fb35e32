"""What can be told now, what later, and what leads on: rows of the first page, and of the pages
that say why not.

Functions over an Order read by `portal.problem_page.reading`, and `now`; they speak the active
language. What is possible, `returns/problems.py` says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import pgettext

from portal.address_page.places import titles
from portal.forms.problem import Row
from portal.order_page.actions import Action, claim_rows, return_rows
from portal.order_page.steps import ICONS
from returns import addresses, problem_texts
from returns.codes import ProblemKind
from returns.problems import (
    NEVER_TRUE,
    REST,
    Option,
    Verdict,
    Way,
    Why,
    facts_of,
    is_open,
    judge,
)
from returns.texts import Choice
from tracking.milestones import Milestone

if TYPE_CHECKING:
    from returns.models import Order, Shipment

WAY_SYMBOLS: dict[str, str] = {
    Way.STORY: "truck",
    Way.LATE: "clock",
    Way.NOT_HERE: "house",
    Way.SEND_BACK: "back",
    Way.CHANGED_MIND: "cancel",
    Way.WRITE: "ask",
}
# Of a kind, these say no more than another kind says better.
SAID_ELSEWHERE = {
    ProblemKind.UNWANTED: frozenset({Why.NOT_SENT, Why.UNPAID, Why.ARRIVED, Why.TURNED}),
    ProblemKind.LATE: frozenset({Why.NOT_SENT}),
}


@dataclass(frozen=True)
class Offered:
    """now: what can be told. told: what was, and is open. later: what cannot be told (yet)."""

    now: tuple[Action, ...]
    told: tuple[Action, ...]
    later: tuple[Action, ...]


def offered(order: "Order", now: datetime) -> Offered:
    """The rows of the question "What happened?"."""
    options = [one for one in judge(facts_of(order, now), now).values() if _is_listed(one)]
    return Offered(
        now=tuple(_row(order, one) for one in options if one.is_possible),
        told=told_rows(order, now),
        later=tuple(
            _row(order, one)
            for one in options
            if not one.is_possible and one.verdict.problem is None
        ),
    )


def _is_listed(option: Option) -> bool:
    hidden = SAID_ELSEWHERE.get(ProblemKind(option.kind), frozenset())
    return option.can_be_true and option.verdict.why not in hidden


def _row(order: "Order", option: Option) -> Action:
    words = problem_texts.KINDS[option.kind]
    condition = str(words.hint)
    if not option.is_possible:
        condition = problem_texts.briefly(option.kind, option.verdict)
    return Action(
        kind_page(order, option.kind),
        problem_texts.SYMBOLS[option.kind],
        str(words.label),
        condition,
    )


def told_rows(order: "Order", now: datetime) -> tuple[Action, ...]:
    """Of what somebody is at work on; what led to a return or claim stands with those."""
    rows = [row for row in order.problems.all() if is_open(row, now) and not row.authorization_id]
    return tuple(told_row(order, row.pk) for row in rows)


def told_row(order: "Order", pk: int) -> Action:
    """To the page of a problem that was told."""
    problem = next(row for row in order.problems.all() if row.pk == pk)
    words = problem_texts.KINDS[problem.kind]
    return Action(
        addresses.order_page(order, "problem_told", pk=pk),
        problem_texts.SYMBOLS[problem.kind],
        str(words.label),
        str(problem_texts.BRIEFLY[Why.TOLD]),
    )


def kind_page(order: "Order", kind: str) -> str:
    return addresses.order_page(order, "problem_kind", kind=kind)


# --- One kind that cannot be told -----------------------------------------------------------------


@dataclass(frozen=True)
class NotYet:
    """One parcel (or the whole, without a title): why not, and where a reminder makes sense
    the parcel's key and the moment. reminded_at: the moment of a reminder that was asked for."""

    title: str
    why: str
    key: int | None = None
    begins: datetime | None = None
    reminded_at: datetime | None = None


def not_yet(order: "Order", option: Option) -> list[NotYet]:
    """Parcel by parcel, where there are several and they differ."""
    hours = order.store.not_here_hours
    if option.parcels and len(option.parcels) > 1:
        found = [
            _not_yet(order, option.kind, verdict, key, hours=hours, is_one_of_several=True)
            for key, verdict in option.parcels.items()
            if not verdict.is_possible
        ]
        whole = {row.why for row in found}
        if len(whole) > 1 or any(row.begins for row in found):
            return found
    key = next(iter(option.parcels), None)
    return [_not_yet(order, option.kind, option.verdict, key, hours=hours)]


def _not_yet(
    order: "Order",
    kind: str,
    verdict: Verdict,
    key: int | None,
    *,
    hours: int,
    is_one_of_several: bool = False,
) -> NotYet:
    is_rest = key == REST
    why = problem_texts.why_not(kind, verdict, is_rest=is_rest, hours=hours)
    if verdict.why == Why.TOLD:
        why = str(problem_texts.BRIEFLY[Why.TOLD])
    begins = verdict.begins if verdict.why == Why.TOO_EARLY else None
    return NotYet(
        title=str(parcel_words(order, key).label) if is_one_of_several and key is not None else "",
        why=why,
        key=key or REST,
        begins=begins,
        reminded_at=_reminded(order, kind, key) if begins else None,
    )


def _reminded(order: "Order", kind: str, key: int | None) -> datetime | None:
    """The moment of the reminder that is waiting for it."""
    mine = {row.pk for row in order.outbound if _key(order, row) == key} if key else {None}
    waiting = (
        row.remind_at
        for row in order.problem_reminders.all()
        if row.kind == kind and row.shipment_id in mine and row.done_at is None
    )
    return min(waiting, default=None)


def _key(order: "Order", shipment: "Shipment") -> int:
    """Of the parcel that it travels in."""
    same = (row.pk for row in order.outbound if row.parcel_id == shipment.parcel_id)
    return next(same) if shipment.parcel_id else shipment.pk


def ways(order: "Order", option: Option, now: datetime) -> tuple[Action, ...]:
    """What may be done instead."""
    rows: list[Action] = []
    for way in option.ways:
        rows += _way(order, option, way, now)
    return tuple(rows)


def _way(order: "Order", option: Option, way: str, now: datetime) -> Iterable[Action]:
    words = problem_texts.WAYS[way]
    symbol = WAY_SYMBOLS.get(way, "ask")
    match way:
        case Way.RETURNS:
            return [*claim_rows(order, now), *return_rows(order, now)]
        case Way.STORY:
            url = addresses.order_page(order)
        case Way.SEARCH:
            return [_search_row(url) for url in search_pages(order, option)]
        case Way.SEND_BACK:
            url = addresses.order_page(order, "return_items")
        case Way.WRITE:
            url = addresses.order_page(order, "messages")
        case _:
            if not judge(facts_of(order, now), now)[way].can_be_true:
                return ()
            url = kind_page(order, way)
    return (Action(url, symbol, str(words.label), str(words.hint)),)


def closed_rows(order: "Order", option: Option) -> list[Row]:
    """The things of which it cannot be told, each with why."""
    lines = {line.pk: line for line in order.lines.all()}
    return [
        Row(lines[key], why_not=problem_texts.briefly(option.kind, verdict))
        for key, verdict in option.things.items()
        if not verdict.is_possible and verdict.why not in NEVER_TRUE
    ]


def search_pages(order: "Order", option: Option) -> list[str]:
    """Of the searches that stand in its way."""
    keys = {key for key, one in option.parcels.items() if one.why == Why.SEARCHED}
    mine = {row.parcel_id for row in order.outbound if row.pk in keys}
    return [
        addresses.order_page(order, "investigation", pk=row.pk)
        for row in order.investigations.all()
        if row.parcel_id in mine and (row.is_open or row.waits_for_choice)
    ]


def _search_row(url: str) -> Action:
    words = problem_texts.WAYS[Way.SEARCH]
    return Action(url, "clock", str(words.label), str(words.hint))


# --- Which parcel ---------------------------------------------------------------------------------


def parcel_choices(order: "Order", keys: Iterable[int]) -> dict[int, Choice]:
    """Key → how the parcel is called and what is in it."""
    return {key: parcel_words(order, key) for key in keys}


def parcel_words(order: "Order", key: int) -> Choice:
    if key == REST:
        left = [(line.to_ship, line.title) for line in order.lines.all()]
        return Choice(problem_texts.THE_REST, _contents(left))
    first = next(row for row in order.outbound if row.pk == key)
    together = [row for row in order.outbound if _key(order, row) == key]
    names = {line.pk: line.title for line in order.lines.all()}
    parts = [part for row in together for part in row.lines.all()]
    inside = [(part.quantity, names.get(part.line_id, "")) for part in parts]
    return Choice(titles(order)[first.pk], _contents(inside))


def _contents(units: "list[tuple[int, str]]") -> str:
    comma = pgettext("between the things of a list", ", ")
    return comma.join(f"{many} × {title}" for many, title in units if many and title)


def parcel_icon(shipment: "Shipment | None") -> str:
    milestone = shipment.parcel.milestone if shipment and shipment.parcel else ""
    return ICONS.get(milestone, "box" if milestone == Milestone.ANNOUNCED else "truck")
