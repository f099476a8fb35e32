"""What a buyer may do on the order page, each with its condition: until when, who pays.

Pure functions like those of `portal/story.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal import story_texts
from portal.story_texts import say, say_counted
from returns import addresses, formats, ledger
from returns.codes import OUR_FAULT, Payer, Reason
from returns.ledger import Availability, Obstacle
from returns.policy import Rules
from returns.states import Status
from returns.texts import OBSTACLES
from returns.texts import STATUS as RETURN_STATUS

if TYPE_CHECKING:
    from returns.models import Order, ReturnAuthorization, Store

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


@dataclass(frozen=True)
class Action:
    """One row. Without `url` it is not possible, and `condition` says why."""

    url: str
    symbol: str
    title: str
    condition: str


def actions(order: "Order", now: datetime, *, has_fresh_code: bool) -> tuple[Action, ...]:
    return (send_back(order, now), address(order, has_fresh_code), write(order))


# --- Sending something back -------------------------------------------------------------------


def send_back(order: "Order", now: datetime) -> Action:
    lines = [ledger.availability(line, now) for line in order.lines.all()]
    possible = [line for line in lines if line.limit]
    title = _("Send something back")
    if possible:
        return Action(addresses.order_page(order, "return_items"), "back", title, _terms(possible))
    return Action("", "back", title, _why_not(lines))


def _terms(possible: list[Availability]) -> str:
    """Who pays, and until when. With several answers the earlier day and the dearer one,
    so that nobody is promised too much."""
    asked = [(can, _reason(can)) for can in possible]
    ours = all(can.line.rules.payer(reason) == Payer.STORE for can, reason in asked)
    fault_only = all(OUR_FAULT.issuperset(can.reasons) for can in possible)
    ends = [can.line.window_end(reason) for can, reason in asked if not can.on_the_way]
    if dated := [end for end in ends if end is not None]:
        until = formats.short_day(min(dated))
        words = story_texts.FREE_UNTIL if ours else story_texts.PAID_UNTIL
        return say(story_texts.FAULT_UNTIL if fault_only else words, until=until)
    waits = [
        days
        for can, reason in asked
        if can.on_the_way and (days := window_days(can.line.rules, reason)) is not None
    ]
    if waits:
        words = story_texts.FREE_AFTER if ours else story_texts.PAID_AFTER
        return say_counted(words, days=min(waits))
    if fault_only:
        return str(story_texts.FAULT)
    return str(story_texts.FREE if ours else story_texts.PAID)


def _reason(can: Availability) -> str:
    """The reason whose terms are told: the plainest that is still possible."""
    return Reason.CHANGED_MIND if Reason.CHANGED_MIND in can.reasons else can.reasons[0]


def window_days(rules: Rules, reason: str) -> int | None:
    rule = rules.reasons.get(reason)
    return rules.window_days if rule is None or rule.window_days is None else rule.window_days


def _why_not(lines: list[Availability]) -> str:
    if not lines:
        return str(story_texts.NO_LINES)
    found = {can.obstacle: can for can in reversed(lines)}
    code = next((code for code in MOST_USEFUL if code in found), lines[0].obstacle)
    ends = [can.until for can in lines if can.obstacle == code and can.until]
    until = formats.day(max(ends)) if ends else ""
    return say(OBSTACLES[code], until=until, limit=0)


# --- The rest ---------------------------------------------------------------------------------


def address(order: "Order", has_fresh_code: bool) -> Action:
    url = addresses.order_page(order, "address")
    whom = masked_destination(order)
    if has_fresh_code:
        return Action(
            url, "pin", _("See the full address"), say(story_texts.ADDRESS_OPEN, whom=whom)
        )
    title = _("Show the full address")
    contact = order.contact(sensitive=True)
    if not contact:
        return Action("", "pin", title, say(story_texts.ADDRESS_NO_EMAIL, whom=whom))
    email = formats.mask_email(contact)
    return Action(url, "pin", title, say(story_texts.ADDRESS_NEEDS_CODE, whom=whom, email=email))


def masked_destination(order: "Order") -> str:
    """As much of the address as a forwarded link may show: `Sarah W•••, Bristol, …`."""
    country = formats.babel_locale().territories.get(order.country, order.country)
    parts = [formats.mask_name(order.name), order.city.strip(), country]
    between = pgettext("between the parts of an address", ", ")
    return between.join(part for part in parts if part) or "•••"


def write(order: "Order") -> Action:
    subject = _("Order {number}").format(number=order.number)
    url = f"mailto:{order.store.contact_email}?subject={quote(subject)}"
    return Action(url, "ask", _("Something is wrong"), answered_within(order.store))


def answered_within(store: "Store") -> str:
    calendar = store.calendar
    start, end = (
        timedelta(hours=at.hour, minutes=at.minute) for at in (calendar.opens, calendar.closes)
    )
    if timedelta(hours=store.answer_hours) == end - start:
        return str(story_texts.ANSWERED_IN_A_DAY)
    return say_counted(story_texts.ANSWERED_IN_HOURS, hours=store.answer_hours)


def return_rows(order: "Order") -> tuple[Action, ...]:
    """A row for every return of the order, newest first, with where it stands."""
    return tuple(_return_row(rma) for rma in order.returns.all())


def _return_row(rma: "ReturnAuthorization") -> Action:
    words = str(RETURN_STATUS[rma.status].sentence)
    if rma.status == Status.APPROVED and rma.keeps_goods:
        words = str(story_texts.KEEPS_GOODS.title)
    elif rma.status == Status.APPROVED and rma.post_by:
        words = say(story_texts.RETURN[rma.status].title, post_by=formats.day(rma.post_by))
    return Action(
        addresses.return_page(rma), "back", _("Return {number}").format(number=rma.number), words
    )
