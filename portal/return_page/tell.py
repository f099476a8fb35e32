"""The head of a return's page: one sentence about now, what comes next, the way back.

Pure functions over a ReturnAuthorization loaded by `portal/return_page/reading.py` (or an
order's own page), speaking the active language.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.journey import Step
from portal.order_page.deliveries import Delivery, delivery_back, meets_customs
from portal.order_page.words import LATE, TROUBLE_SCENES, say
from portal.return_page import words
from portal.return_page.standing import (
    BESIDE_THE_PARCEL,
    HERE,
    LED_BY_THE_PARCEL,
    ON_THE_WAY,
    standing,
)
from returns.codes import Kind
from returns.four_parts import told_of
from returns.standing import back_to_us
from returns.states import Status
from returns.texts import Standing, promise, words_of
from returns.troubles import AT_CUSTOMS, Troubles
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone

if TYPE_CHECKING:
    from returns.models import ReturnAuthorization


@dataclass(frozen=True)
class Head:
    """title: the heading. next: paragraphs under it. line: short, for a row of a list.
    scene: the drawing that the order's page shows with it. trouble: the kind of incident that
    all this is about, or ''. writes: the words ask the buyer to write to us."""

    standing: str
    title: str
    next: tuple[str, ...]
    line: str
    scene: str
    trouble: str = ""
    writes: bool = False


def head(
    rma: "ReturnAuthorization", delivery: Delivery | None = None, now: datetime | None = None
) -> Head:
    code, troubles = standing(rma, delivery), troubles_of(rma, delivery)
    expected = delivery.expected.sentences if delivery and code in LED_BY_THE_PARCEL else ()
    if troubles.kind:
        parts = told_of(rma.order, troubles)
        return Head(
            code,
            troubles.title,
            parts.paragraphs(*troubles.lines, *expected),
            troubles.sentence,
            TROUBLE_SCENES[troubles.kind],
            troubles.kind,
            troubles.asks_to_write,
        )
    plain = _plain_head(rma, code, delivery, now)
    following = (*troubles.why_it_turned, *expected, *plain.next, *troubles.further_lines)
    return replace(plain, next=following, writes=code == Standing.COMES_BACK)


def troubles_of(rma: "ReturnAuthorization", delivery: Delivery | None) -> Troubles:
    """What is wrong with its parcel, as far as that still matters."""
    code = standing(rma, delivery)
    if delivery is None or code not in LED_BY_THE_PARCEL | BESIDE_THE_PARCEL:
        return Troubles(back=True)
    found = delivery.troubles
    return found if code in LED_BY_THE_PARCEL else found.without_lead()


def _plain_head(
    rma: "ReturnAuthorization", code: str, delivery: Delivery | None, now: datetime | None
) -> Head:
    if told := words.TOLD.get(code):
        facts = {"place": delivery.place if delivery else ""}
        following = tuple(say(text, **facts) for text in told.next)
        return Head(code, say(told.title, **facts), following, say(told.line, **facts), told.scene)
    text = words_of(rma, code)
    if text is None and delivery:  # one of NAMED
        text = back_to_us(code, delivery.reached_at, now or timezone.now())
    assert text is not None
    return Head(
        code,
        str(text.title),
        tuple(_next(rma, str(text.next_step))),
        str(text.sentence),
        words.SCENES.get(code, words.USUAL_SCENE),
    )


def _next(rma: "ReturnAuthorization", step: str) -> list[str]:
    if rma.status == Status.DECLINED and not rma.may_be_appealed:
        return [str(words.LOOKED_TWICE)]
    undecided = rma.status == Status.REQUESTED
    # Of a claim the buyer knows already that nothing has to come back.
    may_post = undecided and not (rma.kind == Kind.CLAIM and rma.keeps_goods)
    return [step, _("Please do not post anything yet.")][: 1 + may_post]


# --- The way back -------------------------------------------------------------------------------


def way_back(rma: "ReturnAuthorization", delivery: Delivery | None = None) -> tuple[Step, ...]:
    """The steps from the counter until everything is settled; none before it is posted,
    where nothing comes back, and where the way has ended, turned or lost its trace."""
    trouble = troubles_of(rma, delivery).kind
    if trouble == IncidentKind.LOST:
        return ()
    now = _step_of_trouble(trouble) or _step(rma, standing(rma, delivery))
    if not now:
        return ()
    names = list(words.WAY_BACK)
    if now != "customs" and not meets_customs(rma.order, delivery):
        names.remove("customs")
    at = (
        len(names)
        if rma.status == Status.CLOSED
        else names.index(now if now in names else "on_the_road")
    )
    state = {-1: "done", 0: "now", 1: "ahead"}
    return tuple(
        Step(words.WAY_BACK[name][0], str(words.WAY_BACK[name][1]), state[_sign(index - at)])
        for index, name in enumerate(names)
    )


def _step_of_trouble(kind: str) -> str:
    """Where what is wrong says more than the carrier's last report."""
    if kind in AT_CUSTOMS:
        return "customs"
    return "on_the_road" if kind in NOT_WITH_US else ""


# Whatever the carrier says, nobody here has it.
NOT_WITH_US = frozenset(
    {
        IncidentKind.DELIVERED_NOT_RECEIVED,
        IncidentKind.UNCLEAR_SIGNATURE,
        IncidentKind.REFUSED,
        IncidentKind.WRONG_WAY,
    }
)


def _step(rma: "ReturnAuthorization", code: str) -> str:
    if rma.keeps_goods:
        return ""
    if code == Milestone.CUSTOMS:
        return "customs"
    if code in ON_THE_WAY:
        return "on_the_road" if rma.status == Status.IN_TRANSIT else "posted"
    if code in HERE:
        return "with_us"
    return "settled" if rma.status in {Status.RESOLVED, Status.CLOSED} else ""


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def still_travels(delivery: Delivery | None) -> bool:
    return delivery is not None and delivery.milestone != Milestone.DELIVERED


# --- The promise --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Promised:
    """What we said we would do. text: a sentence with {when} in it."""

    due_at: datetime
    text: str


def promised(rma: "ReturnAuthorization", now: datetime) -> Promised | None:
    """The return's own nearest promise, else that of its order, none of other returns."""
    open_ones = [
        row
        for row in rma.order.promises.all()
        if row.is_open and row.authorization_id in (rma.pk, None)
    ]
    nearest = min(
        open_ones, key=lambda row: (row.authorization_id is None, row.due_at), default=None
    )
    if nearest is None:
        return None
    about = rma if nearest.authorization_id else None
    kinds = {troubles_of(rma, delivery_back(rma, now)).kind} if about else ()
    text = LATE if nearest.due_at < now else promise(nearest.kind, about, troubles=kinds)
    return Promised(nearest.due_at, str(text))
