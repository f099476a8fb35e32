"""What a buyer may do on the order page, each with its condition: until when, who pays.

Pure functions like those of `portal/order_page/now.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.order_page import words
from portal.order_page.deliveries import deliveries, delivery_back
from portal.order_page.words import say, say_counted
from portal.return_page.standing import is_to_post
from portal.return_page.tell import head
from returns import address_policy, address_texts, addresses, formats, ledger
from returns.codes import OUR_FAULT, Kind, Payer, ProblemKind, Reason
from returns.ledger import Availability, Obstacle
from returns.problem_texts import KINDS, SYMBOLS
from returns.states import Status
from returns.texts import obstacle
from returns.wording import sentences
from tracking.gateways import Aim
from tracking.incidents import IncidentKind
from tracking.milestones import RANK, TURNED, Milestone

if TYPE_CHECKING:
    from returns.models import Order, ReturnAuthorization, Shipment, Store

# When lines cannot go back for different reasons, the one that helps most is told.
MOST_USEFUL = (
    Obstacle.ORDER_CANCELLED,
    Obstacle.NOT_SHIPPED,
    Obstacle.UNPAID,
    Obstacle.ALL_BACK,
    Obstacle.WINDOW_CLOSED,
    Obstacle.FINAL_SALE,
    Obstacle.NEEDS_NO_PARCEL,
)


# Where it goes no more to the buyer.
ENDS = TURNED | {Milestone.DELIVERED}


@dataclass(frozen=True)
class Action:
    """One row. Without `url` it is not possible, and `condition` says why."""

    url: str
    symbol: str
    title: str
    condition: str


def actions(order: "Order", now: datetime, *, has_fresh_code: bool) -> tuple[Action, ...]:
    """The rows of "What you can do". has_fresh_code: the full address may be shown at once."""
    return (
        something_wrong(order),
        send_back(order, now),
        *not_sent(order, now),
        *not_wanted(order, now),
        address(order, has_fresh_code, now),
        write(order),
    )


def something_wrong(order: "Order") -> Action:
    """To what can be told now, and from when the rest."""
    url = addresses.order_page(order, "problem")
    return Action(url, "ask", _("Something is wrong"), str(words.SOMETHING_WRONG))


# --- Sending something back -------------------------------------------------------------------


def send_back(order: "Order", now: datetime) -> Action:
    """To the first question about a return, while any line may go back."""
    lines = [ledger.availability(line, now) for line in order.lines.all()]
    possible = [line for line in lines if line.limit]
    title = _("Send something back")
    if possible and not _nothing_came(order, now):
        return Action(addresses.order_page(order, "return_items"), "back", title, _terms(possible))
    return Action("", "back", title, _nothing_came(order, now) or _why_not(lines))


def _nothing_came(order: "Order", now: datetime) -> str:
    """Where no parcel reached the buyer and none will, what became of them; else ''."""
    parcels = deliveries(order, now)
    if not parcels or any(line.to_ship for line in order.lines.all()):
        return ""
    if all(parcel.troubles.kind == IncidentKind.LOST for parcel in parcels):
        return str(words.NEVER_CAME)
    back = all(parcel.milestone == Milestone.RETURNED for parcel in parcels)
    return str(words.IS_BACK) if back else ""


def _terms(possible: list[Availability]) -> str:
    """Who pays, and until when. With several answers the earlier day and the dearer one,
    so that nobody is promised too much."""
    asked = [(can, _reason(can)) for can in possible]
    ours = all(can.line.rules.payer(reason) == Payer.STORE for can, reason in asked)
    fault_only = all(OUR_FAULT.issuperset(can.reasons) for can in possible)
    ends = [can.line.window_end(reason) for can, reason in asked if not can.on_the_way]
    if dated := [end for end in ends if end is not None]:
        until = formats.short_day(min(dated))
        usual = words.FREE_UNTIL if ours else words.PAID_UNTIL
        return say(words.FAULT_UNTIL if fault_only else usual, until=until)
    waits = [
        days
        for can, reason in asked
        if can.on_the_way and (days := can.line.rules.window(reason)) is not None
    ]
    if waits:
        return say_counted(words.FREE_AFTER if ours else words.PAID_AFTER, days=min(waits))
    if fault_only:
        return str(words.FAULT)
    return str(words.FREE if ours else words.PAID)


def _reason(can: Availability) -> str:
    """The reason whose terms are told: the plainest that is still possible."""
    return Reason.CHANGED_MIND if Reason.CHANGED_MIND in can.reasons else can.reasons[0]


def _why_not(lines: list[Availability]) -> str:
    if not lines:
        return str(words.NO_LINES)
    found = {can.obstacle: can for can in reversed(lines)}
    code = next((code for code in MOST_USEFUL if code in found), lines[0].obstacle)
    ends = [can.until for can in lines if can.obstacle == code and can.until]
    return obstacle(code, until=max(ends, default=None))


def not_sent(order: "Order", now: datetime) -> tuple[Action, ...]:
    """To cancelling what has not left us, where something has not."""
    url = cancel_page(order, now)
    if not url:
        return ()
    return (Action(url, "cancel", str(words.CANCEL_UNSENT), str(words.CANCEL_UNSENT_TERMS)),)


def cancel_page(order: "Order", now: datetime) -> str:
    """Where the buyer takes back what has not left: the withdrawal, where the law gives it; ''
    where nothing is left to stop."""
    if order.is_cancelled or not any(line.to_ship and line.unsent for line in order.lines.all()):
        return ""
    if order.may_withdraw(now):
        return addresses.order_page(order, "order_withdraw")
    return addresses.order_page(order, "problem_kind", kind=ProblemKind.CHANGED_MIND)


def not_wanted(order: "Order", now: datetime) -> tuple[Action, ...]:
    """To refusing each parcel that is on its way, or to saying what instead of one that has
    turned; named after its parcel where there are several."""
    rows = order.recallable(now)
    several = len(order.outbound) > 1
    return tuple(_not_wanted(order, row, several) for row in rows)


def _not_wanted(order: "Order", row: "Shipment", several: bool) -> Action:
    has_turned = row.parcel is not None and row.parcel.milestone in TURNED
    title = words.TELL_US_WHAT_YOU_LIKE if has_turned else words.NOT_WANTED
    condition = str(words.IT_TURNED if has_turned else words.REFUSE_OR_RECALL)
    if several and row.parcel:
        condition = say(words.WITH_NUMBER, number=row.parcel.number, condition=condition)
    url = addresses.order_page(order, "recall", shipment=row.pk)
    return Action(url, "back", str(title), condition)


# --- The rest ---------------------------------------------------------------------------------


def address(order: "Order", has_fresh_code: bool, now: datetime) -> Action:
    """To the full address, and to changing it; without a fresh code the way there asks for
    one by email."""
    url, shipment = addresses.order_page(order, "address"), farthest(order)
    goes_to = say(words.ADDRESS_GOES_TO, whom=masked_destination(order, shipment))
    told, is_possible = _change(order, shipment, now)
    title = _("Change the address") if is_possible else _("See the address")
    if not (shipment and shipment.parcel and shipment.parcel.milestone in ENDS):
        told = sentences(goes_to, told)
    if has_fresh_code:
        return Action(url, "pin", title, told)
    contact = order.contact(sensitive=True)
    if not contact:
        why = words.ADDRESS_NEW_EMAIL if order.email else words.ADDRESS_NO_EMAIL
        return Action("", "pin", title, sentences(goes_to, str(why)))
    email = formats.mask_email(contact)
    return Action(url, "pin", title, sentences(told, say(words.ADDRESS_NEEDS_CODE, email=email)))


def farthest(order: "Order") -> "Shipment | None":
    """The parcel that is farthest from the door, which can best be turned; None while
    something has yet to leave us."""
    if not order.outbound or any(line.to_ship for line in order.lines.all()):
        return None
    return min(order.outbound, key=_nearness)


def _change(order: "Order", shipment: "Shipment | None", now: datetime) -> tuple[str, bool]:
    """On which terms it may go elsewhere, or why not, and whether it may."""
    if shipment and shipment.delivered_at:  # whatever else is so
        return address_texts.why_not(address_policy.Obstacle.DELIVERED, carrier=""), False
    offer = order.address_offers(shipment, now)[Aim.REDIRECT]
    if offer.is_possible:
        return say(words.ADDRESS_TERMS, terms=address_texts.short_terms(offer)), True
    carrier = shipment.parcel.carrier if shipment and shipment.parcel else ""
    return address_texts.why_not(offer.obstacle, carrier=carrier), False


def _nearness(shipment: "Shipment") -> int:
    """How near to its end it is."""
    return RANK.get(shipment.parcel.milestone, 0) if shipment.parcel else RANK[Milestone.DELIVERED]


def masked_destination(order: "Order", shipment: "Shipment | None" = None) -> str:
    """As much of the address as a forwarded link may show: `Sarah W•••, Bristol, …`."""
    where = order.destination_of(shipment) if order.address_changes.all() else order
    parts = [formats.mask_name(where.name), where.city.strip(), formats.country(where.country)]
    between = pgettext("between the parts of an address", ", ")
    return between.join(part for part in parts if part) or "•••"


def write(order: "Order") -> Action:
    """To the page on which the buyer writes to us about this order."""
    url = addresses.order_page(order, "messages")
    return Action(url, "ask", str(words.WRITE_TO_US), answered_within(order.store))


def answered_within(store: "Store") -> str:
    """What we may be written about, and in how much working time we answer."""
    calendar = store.calendar
    start, end = (
        timedelta(hours=at.hour, minutes=at.minute) for at in (calendar.opens, calendar.closes)
    )
    if timedelta(hours=store.answer_hours) == end - start:
        return str(words.ANSWERED_IN_A_DAY)
    return say_counted(words.ANSWERED_IN_HOURS, hours=store.answer_hours)


def return_rows(order: "Order", now: datetime) -> tuple[Action, ...]:
    """A row for every return of the order, newest first, with where it stands; what was told
    as wrong has rows of its own."""
    return tuple(_return_row(rma, now) for rma in order.returns.all() if rma.kind != Kind.CLAIM)


def claim_rows(order: "Order", now: datetime) -> tuple[Action, ...]:
    """The same for what was told as wrong, called as the buyer told it."""
    claims = [rma for rma in order.returns.all() if rma.kind == Kind.CLAIM]
    # Asked for only where there is something to name.
    problems = order.problems.all() if claims else ()
    told = {row.authorization_id: row.kind for row in problems}
    return tuple(
        replace(
            _return_row(rma, now),
            symbol=SYMBOLS.get(told.get(rma.pk, ""), "ask"),
            title=str(KINDS[told[rma.pk]].label if rma.pk in told else words.FOR_THE_TROUBLE),
        )
        for rma in claims
    )


def _return_row(rma: "ReturnAuthorization", now: datetime) -> Action:
    title = _("Return {number}").format(number=rma.number)
    where = head(rma, delivery_back(rma, now), now).line
    if is_to_post(rma) and rma.post_by:
        where = say(words.RETURN[Status.APPROVED].title, post_by=formats.day(rma.post_by))
    return Action(addresses.return_page(rma), "back", title, where)
