"""What is told of the parcels of an order: of the whole order, or of its only parcel.

Pure functions over an Order loaded by `Order.objects.with_story()`; they speak the active
language and tell days in the active time zone. Words: `portal/order_page/words.py` and, where
something is wrong, `returns/four_parts.py`.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from portal.order_page import words
from portal.order_page.deliveries import (
    FOR_THE_BUYER,
    NORMAL_WITHOUT_SCAN,
    Delivery,
    Stage,
    meets_customs,
)
from portal.order_page.letter import Now, ParcelLine
from portal.order_page.steps import ICONS, journey
from portal.order_page.words import Standing, Told, say, say_counted
from returns import addresses, formats, investigation_texts, problem_texts
from returns.codes import ProblemKind
from returns.four_parts import FourParts, case_of, told_of, told_once
from returns.models.promise import PromiseKind
from returns.models.signature import SignatureQuestion
from returns.texts import TO_DECIDE
from returns.troubles import CAME_BACK, IT_LEFT, attempted_on, where_to_collect
from returns.wording import sentences
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.texts import INCIDENTS

if TYPE_CHECKING:
    from returns.models import Order

NOTHING_SAID = FourParts("", "", "", "")


def of_order(order: "Order", standing: str, parcels: list[Delivery]) -> Now:
    told = words.ORDER[standing]
    arrived = sum(parcel.has_arrived for parcel in parcels)
    last = max((parcel.reached_at for parcel in parcels), default=order.placed_at)
    facts = {"day": formats.day(last), "arrived": arrived, "total": len(parcels)}
    speak = say_counted if standing == Standing.SOME_ARRIVED else say
    following = [say(text, **facts) for text in told.next]
    open_ones = [parcel for parcel in parcels if not parcel.has_ended]
    if standing in {Standing.SOME_ARRIVED, Standing.NONE_ARRIVED, Standing.PART_SENT} and not any(
        parcel.stage in FOR_THE_BUYER or parcel.has_turned or parcel.troubles
        for parcel in open_ones
    ):
        following.append(str(words.NOTHING_TO_DO))
    gone = standing in {Standing.CANCELLED, Standing.EMPTIED}
    if not gone:
        following += [*_next_of_each(order, parcels), *_why_later(parcels)]
    not_left = standing in {Standing.NOT_SHIPPED, Standing.UNPAID}
    return Now(
        speak(told.title, **facts),
        tuple(following),
        told.scene,
        journey(order, None) if not_left else (),
        () if gone else _each(parcels),
        papers=not gone and any(_wants_papers(parcel) for parcel in parcels),
        checks_address=not gone and any(_checks_address(order, parcel) for parcel in parcels),
        writes=writes(
            order,
            not gone and any(p.troubles.asks_to_write for p in parcels),
            decides=any(_decides(order, parcel) for parcel in parcels),
        ),
        decides=not gone and any(_decides(order, parcel) for parcel in parcels),
        is_wrong=not gone and any(parcel.troubles.kind for parcel in parcels),
    )


def _each(parcels: list[Delivery]) -> tuple[ParcelLine, ...]:
    return tuple(
        ParcelLine(
            parcel.key,
            _("Parcel {number}").format(number=number),
            ICONS.get(parcel.milestone, "truck"),
            sentences(_line(parcel), parcel.expected.when),
        )
        for number, parcel in enumerate(parcels, start=1)
    )


def _line(parcel: Delivery) -> str:
    if parcel.troubles.kind:
        return parcel.troubles.sentence
    return say(words.PARCEL_LINE[parcel.stage], **_facts(parcel))


def _next_of_each(order: "Order", parcels: list[Delivery]) -> list[str]:
    """The four parts of each with which something is wrong, as two paragraphs; what was said
    of one is not said again of another."""
    troubles = [parcel.troubles for parcel in parcels]
    told = iter(told_once(told_of(order, each) for each in troubles if each.kind))
    found = []
    for number, each in enumerate(troubles, start=1):
        parts = next(told) if each.kind else NOTHING_SAID
        paragraphs = _in_short(parts, each.lines)
        if paragraphs and len(parcels) > 1:
            paragraphs[0] = say(words.OF_ONE_PARCEL, number=number, step=paragraphs[0])
        found += paragraphs
    return found


def _in_short(parts: FourParts, lines: tuple[str, ...]) -> list[str]:
    """lines: what else is wrong."""
    first = sentences(parts.empathy, parts.fact, *lines), sentences(parts.done, parts.may)
    told = (*parts.own, sentences(*lines)) if parts.own else first
    return [text for text in told if text]


def _why_later(parcels: list[Delivery]) -> list[str]:
    return list(dict.fromkeys(why for parcel in parcels if (why := parcel.expected.why)))


def of_parcel(order: "Order", parcel: Delivery) -> Now:
    """What is wrong with it, else where it stands; then when it comes, and how."""
    if parcel.troubles.kind:
        return _of_trouble(order, parcel)
    told: Told = words.PARCEL[parcel.stage]
    facts = _facts(parcel)
    title, following = say(told.title, **facts), [say(text, **facts) for text in told.next]
    if parcel.stage == Milestone.ATTEMPTED:
        title = attempted_on(parcel.reached_at, parcel.now)
    if parcel.stage == Stage.NOT_SCANNED and _writes_again(order, parcel.now):
        silent = INCIDENTS[IncidentKind.SILENT]
        following = [say(IT_LEFT, day=facts["sent"]), str(silent.next_step)]
    if parcel.stage == Stage.SENT and parcel.now - parcel.shipped_at < NORMAL_WITHOUT_SCAN:
        following.insert(0, str(words.NO_SCAN_IS_NORMAL))
    if parcel.troubles:
        nothing = {str(words.NOTHING_TO_DO), str(words.UNLESS_CUSTOMS_ASKS)}
        following = [text for text in following if text not in nothing]
    customs_ahead = parcel.stage in BEFORE_CUSTOMS and meets_customs(order, parcel)
    customs_ahead = customs_ahead and not parcel.customs_seen
    if customs_ahead and order.city:
        following.insert(0, say(words.CUSTOMS_AHEAD, city=order.city))
    if parcel.stage == Milestone.READY_FOR_PICKUP:
        following.append(sentences(where_to_collect(parcel.place), _ask_there(parcel)))
    following = [*parcel.expected.sentences, *following, *_how_it_comes(parcel)]
    following += parcel.troubles.lines
    flies = customs_ahead and parcel.is_moving and told.scene == "road"
    return Now(
        title,
        tuple(following),
        "plane" if flies else told.scene,
        journey(order, parcel),
        call=parcel.hotline if parcel.stage in AT_THE_DOOR else ("", ""),
        writes=_tells(order, parcel.stage)
        or writes(order, parcel.stage in WRITES or parcel.troubles.asks_to_write),
    )


def _of_trouble(order: "Order", parcel: Delivery) -> Now:
    """In four parts; by when we write again stands below, in its own place."""
    troubles = parcel.troubles
    waits = troubles.kind == IncidentKind.WAITING_AT_PICKUP
    known = (_ask_there(parcel) if waits else "", *parcel.expected.sentences)
    parts = told_of(order, troubles)
    return Now(
        troubles.title,
        (*parts.paragraphs(*troubles.lines, *known), *_how_it_comes(parcel)),
        words.TROUBLE_SCENES[troubles.kind],
        journey(order, parcel),
        call=parcel.hotline if troubles.kind in SETTLED_THERE else ("", ""),
        papers=_wants_papers(parcel),
        checks_address=_checks_address(order, parcel),
        writes=_searched(order, parcel)
        or _answers(order, parcel)
        or _tells(order, troubles.kind)
        or writes(
            order,
            troubles.asks_to_write,
            decides=_decides(order, parcel),
            turned=_turned(parcel),
        ),
        decides=_decides(order, parcel),
        is_wrong=True,
    )


def _writes_again(order: "Order", now: datetime) -> bool:
    """Whether the page says below by when we write, come what may."""
    promise = order.nearest_promise
    return bool(promise and promise.kind == PromiseKind.UPDATE and promise.due_at >= now)


def _ask_there(parcel: Delivery) -> str:
    phone = parcel.hotline[1]
    return say(words.ASK_THERE, phone=phone) if phone else ""


def _checks_address(order: "Order", parcel: Delivery) -> bool:
    """The full address is behind a code, for which somebody has to have an address."""
    wrong = parcel.troubles.kind == IncidentKind.ADDRESS
    return wrong and bool(order.contact(sensitive=True))


def writes(
    order: "Order", asks: bool, *, decides: bool = False, turned: int = 0
) -> tuple[str, str]:
    """The link to the page on which the buyer writes to us, where the words ask for it; of a
    parcel that `turned` (its shipment's id) to the page that asks what instead."""
    if not asks:
        return "", ""
    if turned:
        url = addresses.order_page(order, "recall", shipment=turned)
        return url, str(words.TELL_US_WHAT_YOU_LIKE)
    label = words.TELL_US_WHAT_YOU_LIKE if decides else words.WRITE_TO_US
    return addresses.order_page(order, "messages"), str(label)


def _tells(order: "Order", code: str) -> tuple[str, str] | None:
    """The same where it is known what would be wrong: to the short path of that."""
    kind = TELLS.get(code)
    if kind is None:
        return None
    url = addresses.order_page(order, "problem_kind", kind=kind)
    return url, str(problem_texts.TELL_US[kind])


def _searched(order: "Order", parcel: Delivery) -> tuple[str, str] | None:
    """While it is searched for, or was made good, what may be done stands with the search."""
    search = investigation_texts.of_trouble(order, parcel.troubles)
    return None if search is None else writes(order, search.is_denied)


def _answers(order: "Order", parcel: Delivery) -> tuple[str, str] | None:
    """To the page on which the buyer says who has it, while that is asked. Asks the database
    only where somebody else took a parcel in."""
    case = case_of(order, parcel.troubles)
    if case is None or case.kind != IncidentKind.UNCLEAR_SIGNATURE:
        return None
    asked = SignatureQuestion.objects.open().filter(case=case).first()
    if asked is None:
        return None
    url = addresses.order_page(order, "signature", pk=asked.pk)
    return url, str(words.SAY_WHO_HAS_IT)


def _turned(parcel: Delivery) -> int:
    return parcel.shipment if parcel.troubles.kind == CAME_BACK else 0


def _decides(order: "Order", parcel: Delivery) -> bool:
    """The money or a new parcel: the buyer may tell us which. While it is searched for, that is
    chosen on a page of its own."""
    searched = investigation_texts.of_trouble(order, parcel.troubles)
    return searched is None and parcel.troubles.kind in TO_DECIDE


def _how_it_comes(parcel: Delivery) -> list[str]:
    """Whether it is signed for, and by appointment, while it is on its way to the door."""
    if parcel.parcel is None or not parcel.comes_to_the_door:
        return []
    told = [words.BY_APPOINTMENT] if parcel.parcel.by_appointment else []
    told += [words.WILL_SIGN] if parcel.parcel.wants_signature else []
    return [str(text) for text in told]


def _wants_papers(parcel: Delivery) -> bool:
    return parcel.troubles.kind == IncidentKind.CUSTOMS_DOCUMENTS


# Where the buyer may have to call the carrier.
AT_THE_DOOR = frozenset({Milestone.ATTEMPTED, Milestone.READY_FOR_PICKUP})
SETTLED_THERE = frozenset(
    {IncidentKind.ATTEMPT_FAILED, IncidentKind.WAITING_AT_PICKUP, IncidentKind.ADDRESS}
)
# Where the words of a stage ask the buyer to write to us.
WRITES = frozenset({Stage.OUT_EARLIER, Stage.QUIET, Stage.NO_NUMBER, Stage.NO_NUMBER_LONG_AGO})
# A stage, or what is wrong → what of it can be told on a page of its own.
TELLS: dict[str, str] = {
    Milestone.DELIVERED: ProblemKind.NOT_HERE,
    Stage.DELIVERED_TODAY: ProblemKind.NOT_HERE,
    Stage.QUIET: ProblemKind.LATE,
    Stage.NO_NUMBER_LONG_AGO: ProblemKind.LATE,
    IncidentKind.OVERDUE: ProblemKind.LATE,
    IncidentKind.UNCLEAR_SIGNATURE: ProblemKind.NOT_HERE,
    IncidentKind.CUSTOMS_HOLD: ProblemKind.CUSTOMS,
    IncidentKind.CUSTOMS_DOCUMENTS: ProblemKind.CUSTOMS,
}
BEFORE_CUSTOMS = frozenset(
    {Stage.SENT, Milestone.ANNOUNCED, Milestone.ACCEPTED, Milestone.IN_TRANSIT, Stage.LAST_SEEN}
)


def _facts(parcel: Delivery) -> dict[str, str]:
    unscanned = not parcel.scans
    return {
        "place": parcel.place,
        "day": formats.day(
            parcel.last_news_at
            if parcel.stage == Stage.QUIET
            else parcel.shipped_at
            if unscanned or parcel.stage == Stage.NOT_SCANNED
            else parcel.reached_at
        ),
        "sent": formats.day(parcel.shipped_at),
    }
