"""The letter of an order: one sentence about now, what happens next, and what we promised.

Pure functions over an Order loaded by `Order.objects.with_story()`, and `now`. They speak
the active language and tell days in the active time zone. Words: `portal/order_page/words.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from portal import drawings
from portal.journey import Step
from portal.order_page import words
from portal.order_page.actions import mail
from portal.order_page.deliveries import (
    FOR_THE_BUYER,
    NORMAL_WITHOUT_SCAN,
    Delivery,
    Stage,
    deliveries,
    delivery_back,
    meets_customs,
)
from portal.order_page.words import Standing, Told, say, say_counted
from portal.return_page import tell as return_page
from portal.return_page.standing import is_to_post
from returns import formats, ledger, states
from returns.models.promise import PromiseKind
from returns.states import Status
from returns.texts import promise as promise_words
from returns.troubles import IT_LEFT, WITH_PROMISE, attempted_on, where_to_collect
from returns.wording import sentences
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.texts import STEPS

if TYPE_CHECKING:
    from returns.models import Order, OrderLine, ReturnAuthorization

# The end of a return stays the news for so long.
NEWS_FOR = timedelta(days=14)


@dataclass(frozen=True)
class ParcelLine:
    """One parcel of several. key: the id of its leg of the timeline."""

    key: str
    title: str
    icon: str
    line: str


@dataclass(frozen=True)
class Promised:
    """What we said we would do. text: a sentence with {when} in it."""

    due_at: datetime
    text: str
    note: str


@dataclass(frozen=True)
class Item:
    """One line of the order. held: (units, return) for every return that holds some."""

    line: "OrderLine"
    symbol: str
    count: int
    cancelled: int
    price: Decimal
    held: tuple[tuple[int, "ReturnAuthorization"], ...]


@dataclass(frozen=True)
class Now:
    """title: the sentence about now. next: paragraphs of what happens next. scene: the
    drawing. rma: the return that all this is about, None when it is about the order.
    question: what it asks the buyer. button: what the link to it says. call: name and phone
    of the carrier, where the buyer has to settle something there. papers: customs wants some.
    checks_address: the buyer is asked to look at it. writes: address and words of the link to
    write to us, where the words above ask for it.
    """

    title: str
    next: tuple[str, ...]
    scene: str
    steps: tuple[Step, ...] = ()
    parcels: tuple[ParcelLine, ...] = ()
    rma: "ReturnAuthorization | None" = None
    question: str = ""
    button: str = ""
    call: tuple[str, str] = ("", "")
    papers: bool = False
    checks_address: bool = False
    writes: tuple[str, str] = ("", "")


def tell(order: "Order", now: datetime) -> Now:
    """The one thing that is the news of the order: a return, the whole order or its parcel."""
    parcels = deliveries(order, now)
    rma = _return_in_the_news(order, parcels, now)
    if rma is not None:
        return _of_return(order, rma, now)
    standing = _standing(order, parcels)
    if standing:
        return _of_order(order, standing, parcels)
    return _of_parcel(order, parcels[0])


# --- Which of it is the news ------------------------------------------------------------------


def _return_in_the_news(
    order: "Order", parcels: list[Delivery], now: datetime
) -> "ReturnAuthorization | None":
    """A question to the buyer first, then a return that has to be posted (which nobody can
    before the goods have come), then whatever return moved after the parcels did."""
    rows = list(order.returns.all())
    if asked := [rma for rma in rows if rma.waits_for_buyer]:
        return asked[0]
    on_the_road = {
        row.authorization_id
        for line in order.lines.all()
        if line.on_its_way(now)
        for row in line.return_lines.all()
    }
    to_post = [rma for rma in rows if is_to_post(rma) and rma.post_by and rma.pk not in on_the_road]
    if to_post:
        return min(to_post, key=lambda rma: (rma.post_by, rma.pk))
    moved = {rma.pk: rma.requested_at for rma in rows}
    for event in order.events.all():
        if event.authorization_id in moved:
            moved[event.authorization_id] = max(moved[event.authorization_id], event.at)
    last_of_parcels = max((parcel.last_news_at for parcel in parcels), default=order.placed_at)
    news = [
        rma
        for rma in rows
        if rma.status != Status.CANCELLED
        and not (is_to_post(rma) and rma.post_by)
        and moved[rma.pk] >= last_of_parcels
        and (rma.status in states.OPEN or moved[rma.pk] > now - NEWS_FOR)
    ]
    return max(news, key=lambda rma: (moved[rma.pk], rma.pk), default=None)


def _standing(order: "Order", parcels: list[Delivery]) -> str:
    """Where the whole order stands, or '' when its one parcel tells it."""
    lines = list(order.lines.all())
    if order.is_cancelled:
        return Standing.CANCELLED
    if not parcels:
        if lines and all(line.cancelled >= line.quantity for line in lines):
            return Standing.EMPTIED
        if not order.paid_at:
            return Standing.UNPAID
        if lines and not any(line.to_ship for line in lines):
            return Standing.NEEDS_NO_PARCEL
        return Standing.NOT_SHIPPED
    arrived = sum(parcel.has_arrived for parcel in parcels)
    if any(line.to_ship for line in lines):
        return Standing.PART_ARRIVED if arrived == len(parcels) else Standing.PART_SENT
    if len(parcels) == 1:
        return ""
    if arrived == len(parcels):
        today = any(parcel.stage == Stage.DELIVERED_TODAY for parcel in parcels)
        return Standing.ALL_ARRIVED_TODAY if today else Standing.ALL_ARRIVED
    return Standing.SOME_ARRIVED if arrived else Standing.NONE_ARRIVED


# --- Telling it -------------------------------------------------------------------------------


def _of_return(order: "Order", rma: "ReturnAuthorization", now: datetime) -> Now:
    """As its own page tells it; before it is posted with the last day, and where to go."""
    delivery = delivery_back(rma, now)
    head = return_page.head(rma, delivery, now)
    title, following = head.title, head.next
    if head.standing in words.TO_THE_RETURN:
        told, facts = words.RETURN[head.standing], {"post_by": formats.day(rma.post_by or now)}
        title, following = say(told.title, **facts), tuple(say(text, **facts) for text in told.next)
    return Now(
        title,
        following,
        head.scene,
        steps=return_page.way_back(rma, delivery),
        rma=rma,
        question=rma.question if rma.waits_for_buyer else "",
        button=str(words.TO_THE_RETURN.get(head.standing, words.TO_ANY_RETURN)),
        writes=_writes(order, head.writes),
    )


def _of_order(order: "Order", standing: str, parcels: list[Delivery]) -> Now:
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
        writes=_writes(order, not gone and any(p.troubles.asks_to_write for p in parcels)),
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
    if parcel.troubles.lead:
        return parcel.troubles.sentence
    return say(words.PARCEL_LINE[parcel.stage], **_facts(parcel))


def _next_of_each(order: "Order", parcels: list[Delivery]) -> list[str]:
    """What happens next with those with which something is wrong, after kind words."""
    found = list(filter(None, (parcel.troubles.sorry for parcel in parcels)))[:1]
    for number, parcel in enumerate(parcels, start=1):
        troubles = parcel.troubles
        step = _next_step(order, parcel) if troubles.lead else ""
        steps = sentences(step, *troubles.lines)
        if steps and len(parcels) > 1:
            steps = say(words.OF_ONE_PARCEL, number=number, step=steps)
        found += [steps] if steps else []
    return found


def _why_later(parcels: list[Delivery]) -> list[str]:
    return list(dict.fromkeys(why for parcel in parcels if (why := parcel.expected.why)))


def _of_parcel(order: "Order", parcel: Delivery) -> Now:
    """What is wrong with it, else where it stands; then when it comes, and how."""
    if parcel.troubles.lead:
        return _of_trouble(order, parcel)
    told: Told = words.PARCEL[parcel.stage]
    facts = _facts(parcel)
    title, following = say(told.title, **facts), [say(text, **facts) for text in told.next]
    if parcel.stage == Milestone.ATTEMPTED:
        title = attempted_on(parcel.reached_at, parcel.now)
    if parcel.stage == Stage.NOT_SCANNED and writes_again(order, parcel.now):
        following = [say(IT_LEFT, day=facts["sent"]), str(WITH_PROMISE[IncidentKind.SILENT])]
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
    following = [*parcel.troubles.why_it_turned, *following, *parcel.troubles.further_lines]
    flies = customs_ahead and parcel.is_moving and told.scene == "road"
    return Now(
        title,
        tuple(following),
        "plane" if flies else told.scene,
        journey(order, parcel),
        call=parcel.hotline if parcel.stage in AT_THE_DOOR else ("", ""),
        writes=_writes(order, parcel.stage in WRITES or parcel.troubles.asks_to_write),
    )


def _of_trouble(order: "Order", parcel: Delivery) -> Now:
    troubles = parcel.troubles
    waits = troubles.kind == IncidentKind.WAITING_AT_PICKUP
    following = [
        sentences(troubles.fact, _ask_there(parcel) if waits else ""),
        *parcel.expected.sentences,
        _next_step(order, parcel),
        *_how_it_comes(parcel),
        *troubles.lines,
    ]
    return Now(
        troubles.title,
        tuple(following),
        words.TROUBLE_SCENES[troubles.kind],
        journey(order, parcel),
        call=parcel.hotline if troubles.kind in SETTLED_THERE else ("", ""),
        papers=_wants_papers(parcel),
        checks_address=_checks_address(order, parcel),
        writes=_writes(order, troubles.asks_to_write),
    )


def _next_step(order: "Order", parcel: Delivery) -> str:
    again, troubles = writes_again(order, parcel.now), parcel.troubles
    return troubles.next_step_with_promise if again else troubles.next_step


def writes_again(order: "Order", now: datetime) -> bool:
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


def _writes(order: "Order", asks: bool) -> tuple[str, str]:
    email = order.store.contact_email
    return (mail(order), say(words.WRITE_TO_US, email=email)) if asks and email else ("", "")


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
WRITES = frozenset(
    {
        Milestone.RETURNING,
        Milestone.RETURNED,
        Stage.OUT_EARLIER,
        Stage.QUIET,
        Stage.NO_NUMBER,
        Stage.NO_NUMBER_LONG_AGO,
    }
)
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


# --- The journey ------------------------------------------------------------------------------

ICONS: dict[str, str] = {
    Milestone.ANNOUNCED: "box",
    Milestone.CUSTOMS: "stamp",
    Milestone.READY_FOR_PICKUP: "pin",
    Milestone.DELIVERED: "house",
    Milestone.RETURNING: "back",
    Milestone.RETURNED: "back",
}
STEP_OF: dict[str, str] = {
    Milestone.UNKNOWN: "on_the_road",
    Milestone.ANNOUNCED: "packed",
    Milestone.ACCEPTED: "on_the_road",
    Milestone.IN_TRANSIT: "on_the_road",
    Milestone.CUSTOMS: "customs",
    Milestone.OUT_FOR_DELIVERY: "out_for_delivery",
    Milestone.ATTEMPTED: "out_for_delivery",
    Milestone.READY_FOR_PICKUP: "pick_up",
    Milestone.DELIVERED: "your_door",
}
# What is wrong may tell more about where it stands than the milestone does.
STEP_OF_TROUBLE: dict[str, str] = {
    IncidentKind.CUSTOMS_HOLD: "customs",
    IncidentKind.CUSTOMS_DOCUMENTS: "customs",
    IncidentKind.WAITING_AT_PICKUP: "pick_up",
    IncidentKind.WRONG_WAY: "on_the_road",
}
STEP_ICONS = {
    "packed": "box",
    "on_the_road": "truck",
    "customs": "stamp",
    "out_for_delivery": "truck",
    "pick_up": "pin",
    "your_door": "house",
    "collected": "check",
}


def journey(order: "Order", parcel: Delivery | None) -> tuple[Step, ...]:
    """The steps from us to the door; none where we cannot tell them (no number, turned
    back, lost). Without customs within one country or customs union."""
    trouble = parcel.troubles.kind if parcel else ""
    if parcel and (parcel.parcel is None or parcel.has_turned or trouble == IncidentKind.LOST):
        return ()
    names = ["packed", "on_the_road", "customs", "out_for_delivery", "your_door"]
    now = STEP_OF_TROUBLE.get(trouble, STEP_OF[parcel.milestone]) if parcel else ""
    if parcel and parcel.has_left_unscanned:
        now = "on_the_road"
    if now != "customs" and not meets_customs(order, parcel):
        names.remove("customs")
    if now == "pick_up":
        names[-2:] = [now, "collected"]
    at = names.index(now) if now in names else -1
    astray = trouble == IncidentKind.WRONG_WAY
    beyond = parcel is not None and (
        # Arrived; or it was at customs and is on the road again; or nobody knows any more.
        parcel.has_arrived
        or parcel.stage == Stage.QUIET
        or (now == "on_the_road" and parcel.customs_seen and not astray)
    )
    if beyond and parcel and parcel.customs_seen and now == "on_the_road":
        at = names.index("customs")

    def state(index: int) -> str:
        if index == at:
            return "done" if beyond else "now"
        return "done" if index < at else "ahead"

    return tuple(
        Step(STEP_ICONS[name], str(STEPS[name]), state(index)) for index, name in enumerate(names)
    )


# --- The rest of the letter -------------------------------------------------------------------


def promised(order: "Order", now: datetime) -> Promised | None:
    """The nearest thing we said we would do; None when nothing is owed."""
    promise = order.nearest_promise
    if promise is None:
        return None
    about = next((rma for rma in order.returns.all() if rma.pk == promise.authorization_id), None)
    text = words.LATE if promise.due_at < now else promise_words(promise.kind, about)
    city = formats.place(order.where)
    if order.email:
        note = _("By email, to {email}. Times on this page are {city} time.").format(
            email=formats.mask_email(order.email), city=city
        )
    else:
        note = _("You will read it on this page. Times here are {city} time.").format(city=city)
    return Promised(promise.due_at, str(text), note)


def items(order: "Order") -> tuple[Item, ...]:
    """Every line of the order, with what was taken out of it and what returns hold."""
    rows = []
    for line in order.lines.all():
        held = tuple(
            (count, row.authorization)
            for row in line.return_lines.all()
            if (count := ledger.held_by(row))
        )
        rows.append(
            Item(line, drawings.of_line(line), line.kept, line.cancelled, line.paid_for_kept, held)
        )
    return tuple(rows)


def all_in_one_parcel(order: "Order", now: datetime) -> bool:
    """Whether everything that is sent at all left us in a single parcel."""
    return len(deliveries(order, now)) == 1 and not any(line.to_ship for line in order.lines.all())
